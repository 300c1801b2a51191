import { RedactionError } from "../redaction_error.ts";

/** Shorter lines take no time to speak of. */
const MIN_LINE = 64 << 10;
const PROBED = 1 << 10;
/** What a line of so many characters, and all long lines of a run together, may take. A longer one comes in parts, each of
 * which must be as fast. */
const LINE = 1 << 20;
const MAX_LINE_MS = 5_000;
const MAX_TOTAL_MS = 60_000;
/** A machine that is busy makes any pattern slow, but not each time. */
const TRIES = 5;

/** Refuses lines on which a user's pattern would take too long. RE2 patterns take a time that is linear in the line, but
 * some take a thousand times as long as others, and nothing can stop them on their way: how long a line would take is
 * told by small parts of it. */
export class PatternPace {
  #totalMs = 0;

  /** @param run the pattern, on a text */
  constructor(readonly pattern: string, readonly run: (text: string) => void) {}

  /** @throws {RedactionError} REDACTION_SLOW_PATTERN */
  check(text: string): void {
    if (text.length < MIN_LINE) return;
    const parts = text.length / PROBED;
    const mostMs = Math.min(MAX_LINE_MS / Math.max(parts, LINE / PROBED), (MAX_TOTAL_MS - this.#totalMs) / parts);
    let slowest = 0;
    for (const at of [0, (text.length - PROBED) >> 1, text.length - PROBED]) {
      slowest = Math.max(slowest, this.#time(text.slice(at, at + PROBED), mostMs));
      if (slowest > mostMs) throw RedactionError.slowPattern(this.pattern, text.length);
    }
    this.#totalMs += slowest * parts;
  }

  /** @param enoughMs what is no longer need not be told more precisely */
  #time(text: string, enoughMs: number): number {
    let least = Infinity;
    for (let tries = 0; tries < 2 || (tries < TRIES && least > enoughMs); tries++) {
      const started = performance.now();
      this.run(text);
      least = Math.min(least, performance.now() - started);
    }
    return least;
  }
}
