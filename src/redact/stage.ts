import type { Redaction } from "./redactor.ts";

/** One step on the way of a file's bytes through redaction. */
export interface Stage {
  /** Undefined when it has nothing to do with the file. */
  start(path: string, report: Report): TransformStream<Uint8Array, Uint8Array> | undefined;
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
