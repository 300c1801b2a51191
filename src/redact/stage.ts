import type { Redaction } from "./redactor.ts";

/** One step on the way of a file's bytes through redaction. */
export interface Stage {
  /** Undefined when it has nothing to do with the file. */
  start(path: string, report: Report): Step | undefined;
}

/** What a stage does to one file, a piece at a time. May throw: the file is then left out. */
export interface Step {
  push(chunk: Uint8Array, emit: Emit): void;
  end(emit: Emit): void;
}

export type Emit = (out: Uint8Array) => void;

/** Steps in a row, as one. */
export function chain(steps: readonly Step[]): Step {
  return steps.reduceRight((next, step) => ({
    push: (chunk, emit) => step.push(chunk, (out) => next.push(out, emit)),
    end(emit) {
      step.end((out) => next.push(out, emit));
      next.end(emit);
    },
  }), PASS_ON);
}

const PASS_ON: Step = { push: (chunk, emit) => emit(chunk), end: () => {} };

export function asStream(step: Step): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => step.push(chunk, (out) => controller.enqueue(out)),
    flush: (controller) => step.end((out) => controller.enqueue(out)),
  });
}

/** Adds what was hidden to what is known so far. */
export type Report = (redaction: Redaction) => void;

/** Adds up redactions by rule, in the order in which the rules ran. */
export class RedactionTotals {
  readonly #byRule = new Map<string, Redaction>();

  readonly add = (redaction: Redaction): void => {
    if (redaction.count === 0) return;
    const known = this.#byRule.get(redaction.rule);
    if (known === undefined) this.#byRule.set(redaction.rule, { ...redaction });
    else {
      known.count += redaction.count;
      known.bytesHidden += redaction.bytesHidden;
    }
  };

  list(): Redaction[] {
    return [...this.#byRule.values()];
  }
}
