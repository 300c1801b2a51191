import type { Carried } from "./line_pass.ts";

/** A line that no rule changes. */
export interface KnownLine {
  /** Where a rule looked at the line before: what that was, and must be again. */
  previous?: string;
  /** What it leaves for the next line. */
  carried: Carried;
}

/** Lines that no rule changes, whatever stands around them. In lists of objects the same few lines come again and again; in
 * logs hardly any does, and asking is given up.
 *
 * One for all files whose lines are judged alike, so that a file profits from the ones before. */
export class KnownLines {
  readonly #known = new Map<string, KnownLine>();

  /** @param previous tells the line before; undefined on the first */
  find(line: string, previous: () => string | undefined): KnownLine | undefined {
    const known = this.#known.get(line);
    return known?.previous === undefined || known.previous === previous() ? known : undefined;
  }

  add(line: string, known: KnownLine): void {
    if (this.#known.size >= MAX_LINES) this.#known.clear();
    this.#known.set(line, known);
  }
}

const MAX_LINES = 4096;
/** Longer lines do not come again. */
export const MAX_KNOWN_CHARACTERS = 256;
