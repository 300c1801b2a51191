/** Lines that no rule does anything with, whatever stands around them. In lists of objects the same few lines come again
 * and again; in logs hardly any does, and asking is given up.
 *
 * One for all files whose lines are judged alike, so that a file profits from the ones before. */
export class HarmlessLines {
  readonly #known = new Set<string>();

  has(line: string): boolean {
    return this.#known.has(line);
  }

  add(line: string): void {
    if (this.#known.size >= MAX_LINES) this.#known.clear();
    this.#known.add(line);
  }
}

const MAX_LINES = 4096;
/** Longer lines do not come again. */
export const MAX_HARMLESS_CHARACTERS = 256;
