import { concatBytes } from "../core/concat_bytes.ts";
import type { FileMasks } from "./mask.ts";
import type { Redaction } from "./redactor.ts";

/** One step on the way of a file's bytes through redaction. */
export interface Stage {
  /** Undefined when it has nothing to do with the file.
   * @param masks what stands in place of hidden text; by default `***HIDDEN***` */
  start(path: string, report: Report, masks?: FileMasks): Step | undefined;
  /** False when it would pass on a file that is these bytes, all of them. Absent: it has to be tried. */
  concerns?(whole: Uint8Array): boolean;
}

/** What a stage does to one file, a piece at a time. May throw: the file is then left out. */
export interface Step {
  push(chunk: Uint8Array, emit: Emit): void;
  end(emit: Emit): void;
}

export type Emit = (out: Uint8Array) => void;

/** Steps in a row, as one. */
export function chain(steps: readonly Step[]): Step {
  if (steps.length === 0) return PASS_ON;
  const whole = steps.reduceRight((next, step) => ({
    push: (chunk, emit) => gather((out) => step.push(chunk, out), (piece) => next.push(piece, emit)),
    end(emit) {
      gather((out) => step.end(out), (piece) => next.push(piece, emit));
      next.end(emit);
    },
  }));
  return {
    // Many sources give Buffers. Their methods, and those of their parts, cost a hundred times as much under Deno.
    push: (chunk, emit) => whole.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length), emit),
    end: (emit) => whole.end(emit),
  };
}

const PASS_ON: Step = { push: (chunk, emit) => emit(chunk), end: () => {} };

export function asStream(step: Step): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => gather((out) => step.push(chunk, out), (piece) => controller.enqueue(piece)),
    flush: (controller) => gather((out) => step.end(out), (piece) => controller.enqueue(piece)),
  });
}

/** Smaller pieces are put together, to no more than the other size: each costs whoever takes it more than a copy. */
const SMALL_BYTES = 16 << 10, GATHERED_BYTES = 64 << 10;

function gather(make: (emit: Emit) => void, take: Emit): void {
  let small: Uint8Array[] = [], bytes = 0;
  const takeSmall = () => {
    if (bytes > 0) take(concatBytes(small));
    small = [];
    bytes = 0;
  };
  make((piece) => {
    if (bytes + piece.length > GATHERED_BYTES) takeSmall();
    if (piece.length >= SMALL_BYTES) {
      takeSmall();
      return take(piece);
    }
    small.push(piece);
    bytes += piece.length;
  });
  takeSmall();
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
