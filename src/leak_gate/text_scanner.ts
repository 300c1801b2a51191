import { contentOf, decodeRun, isDigit, MIN_RUN, nextRun } from "./base64_runs.ts";
import { LOOK_AHEAD, LOOK_BEHIND } from "./detector.ts";
import type { DetectorSet } from "./detector_set.ts";
import type { KnownValues } from "./known_values.ts";
import { LineCount } from "./line_count.ts";
import { PROBE_MARGIN } from "./word_probe.ts";

/** A stretch of a file. */
export interface Place {
  /** From 1. */
  line: number;
  /** From 1, in bytes. */
  column: number;
  length: number;
}

export interface Found extends Place {
  what: string;
}

/** Takes what a run of base64 stands for. */
export interface LayerSink {
  push(bytes: Uint8Array): void;
  /** @param place of the run */
  end(place: Place): void;
}

export interface TextScannerOptions {
  detectors: DetectorSet;
  known?: KnownValues;
  /** Whether lines are told right in files larger than the window, too: counting takes as long as looking. */
  countLines: boolean;
  /** What to do with a run of base64 that holds this; undefined: nothing. */
  layer(content: "text" | "gzip"): LayerSink | undefined;
}

interface Ranked extends Found {
  /** The surer, the lower. */
  rank: number;
  /** Offset in the file. */
  start: number;
}

/** Bytes that are looked at together. */
const WINDOW_BYTES = 256 * 1024;
const CARRIED = LOOK_BEHIND + LOOK_AHEAD;
/** Of one file. More say nothing that these do not. */
const MAX_FOUND = 1000;

// One byte, one character: what this decoder makes of 0x80 to 0x9f are other characters, and none that matters here.
const latin1 = new TextDecoder("latin1");

/** Looks for secrets in one file after the other, each as it comes, in a window that moves over it. */
export class TextScanner {
  readonly #options: TextScannerOptions;
  readonly #bytes = new Uint8Array(PROBE_MARGIN + CARRIED + WINDOW_BYTES + PROBE_MARGIN);
  /** The window's bytes begin behind the margin, and end here. */
  #end = PROBE_MARGIN;
  /** Before these, everything has been looked at: for secrets, and for runs of base64. */
  #looked = PROBE_MARGIN;
  #lookedForRuns = PROBE_MARGIN;
  /** Of the file, before the window. */
  #before = 0;
  /** A run of base64 that goes on beyond the window. */
  #run: { sink: LayerSink; line: number; column: number; offset: number } | undefined;
  #found: Ranked[] = [];
  readonly #lines = new LineCount();

  constructor(options: TextScannerOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    const limit = this.#bytes.length - PROBE_MARGIN;
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + limit - this.#end);
      this.#bytes.set(piece, this.#end);
      this.#end += piece.length;
      at += piece.length;
      if (this.#end < limit) return;
      this.#look(this.#end - LOOK_AHEAD);
      this.#lookForRuns(false);
      this.#move();
    }
  }

  /** Ends the file. Another one may follow.
   * @returns what was found in it, by place; of what overlaps, the surest */
  end(): Found[] {
    if (this.#end > PROBE_MARGIN) {
      this.#look(this.#end);
      this.#lookForRuns(true);
    }
    const found = surest(this.#found);
    this.#found = [];
    this.#end = this.#looked = this.#lookedForRuns = PROBE_MARGIN;
    this.#before = 0;
    this.#lines.reset();
    return found.map(({ what, line, column, length }) => ({ what, line, column, length }));
  }

  #look(to: number): void {
    const bytes = this.#bytes;
    bytes.fill(0, this.#end, this.#end + PROBE_MARGIN);
    let text: string | undefined;
    const textOf = () => text ??= latin1.decode(bytes.subarray(0, this.#end));
    const { detectors, known } = this.#options;
    known?.find(bytes, this.#looked, to, this.#end, (start, end) => this.#report("known-value", -1, start, end));
    detectors.find(bytes, this.#looked, to, textOf, (what, rank, { start, end }) => {
      this.#report(what, rank, start, end);
    });
    this.#looked = to;
  }

  #report(what: string, rank: number, start: number, end: number): void {
    if (this.#found.length >= MAX_FOUND) return;
    const place = this.#lines.position(this.#bytes, start);
    this.#found.push({ what, rank, ...place, length: end - start, start: this.#before + start });
  }

  #lookForRuns(final: boolean): void {
    const bytes = this.#bytes, limit = this.#end;
    let at = this.#lookedForRuns;
    for (;;) {
      if (this.#run === undefined) {
        const run = nextRun(bytes, at, limit);
        if (run === undefined) break;
        at = run.start;
        const content = contentOf(bytes, run.start, run.end);
        const sink = content === undefined ? undefined : this.#options.layer(content);
        if (sink === undefined) {
          at = run.end;
          continue;
        }
        this.#run = { sink, ...this.#lines.position(bytes, at), offset: this.#before + at };
      }
      const { sink, line, column, offset } = this.#run;
      let end = at;
      while (end < limit && isDigit(bytes[end]!)) end++;
      const goesOn = end === limit && !final;
      if (goesOn) end -= (end - at) % 4;
      if (end > at) sink.push(decodeRun(bytes, at, end));
      at = end;
      if (goesOn) break;
      this.#run = undefined;
      sink.end({ line, column, length: this.#before + at - offset });
    }
    // What begins here may become long enough.
    this.#lookedForRuns = this.#run === undefined ? Math.max(at, limit - MIN_RUN + 1) : at;
  }

  /** Makes room: keeps what the next look has to see again. */
  #move(): void {
    const from = this.#end - CARRIED;
    if (this.#options.countLines) this.#lines.forget(this.#bytes, from);
    else this.#lines.reset();
    const shift = from - PROBE_MARGIN;
    this.#bytes.copyWithin(PROBE_MARGIN, from, this.#end);
    this.#before += shift;
    this.#end -= shift;
    this.#looked -= shift;
    this.#lookedForRuns -= shift;
  }
}

/** Of what overlaps, the surest, in the order of the file. */
function surest(found: readonly Ranked[]): Ranked[] {
  const kept: Ranked[] = [];
  for (const one of found.toSorted((a, b) => a.rank - b.rank || a.start - b.start)) {
    if (kept.every(({ start, length }) => one.start >= start + length || start >= one.start + one.length)) {
      kept.push(one);
    }
  }
  return kept.sort((a, b) => a.start - b.start);
}
