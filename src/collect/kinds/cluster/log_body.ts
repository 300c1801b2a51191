import { bytesEntry, type FileEntry, type Truncation } from "../../../bundle/entry.ts";
import { concatBytes } from "../../../core/concat_bytes.ts";
import type { LogQuery } from "./log_limits.ts";

// A line longer than this is passed on in pieces instead of being held back.
const MAX_HELD_BYTES = 1_048_576;
/** A log up to this size is read at once: while entries wait for their turn, its connection is free again. */
const READ_AHEAD_BYTES = 262_144;
const NEWLINE = 10;

/** A log on its way into the bundle: marked where a limit was reached, and kept when its stream breaks. Reads the first
 * {@linkcode READ_AHEAD_BYTES} bytes before it returns.
 *
 * @param onBreak told when the stream ended with an error; the entry keeps what had come until then
 * @returns the entry; what `onBreak` returns names the limit in its `truncated` */
export async function logEntry(
  file: Omit<FileEntry, "type" | "truncated" | "bytes">,
  query: LogQuery,
  onBreak: (error: unknown) => string,
): Promise<FileEntry> {
  const lines = new LogLines(query);
  const reader = file.body.getReader();
  /** Undefined at the end. */
  const read = async (): Promise<Uint8Array[] | undefined> => {
    let chunk: Uint8Array | undefined;
    try {
      chunk = (await reader.read()).value;
    } catch (error) {
      lines.truncated = { limit: onBreak(error) };
      return undefined;
    }
    return chunk === undefined ? undefined : lines.push(chunk);
  };

  const ahead: Uint8Array[] = [];
  while (lines.bytes < READ_AHEAD_BYTES) {
    const pieces = await read();
    if (pieces !== undefined) ahead.push(...pieces);
    else return wholeEntry(file, concatBytes([...ahead, ...lines.end()]), lines.truncated);
  }
  const entry: FileEntry = {
    ...file,
    type: "file",
    bothEnds: true,
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        let pieces: Uint8Array[] | undefined = ahead.splice(0);
        while (pieces !== undefined && pieces.length === 0) pieces = await read();
        for (const piece of pieces ?? lines.end()) controller.enqueue(piece);
        if (pieces !== undefined) return;
        if (lines.truncated !== undefined) entry.truncated = lines.truncated;
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
  return entry;
}

function wholeEntry(
  file: Omit<FileEntry, "type" | "truncated" | "bytes">,
  bytes: Uint8Array,
  truncated: Truncation | undefined,
): FileEntry {
  return Object.assign(bytesEntry(file.path, bytes, file.source), { bothEnds: true, truncated });
}

/** Counts lines, and holds the last one back until its end has come: a cut in the middle of a line might leave half a
 * secret unrecognizable. */
class LogLines {
  bytes = 0;
  /** Set when the stream broke, or has ended at a limit. */
  truncated?: Truncation;
  readonly #query: LogQuery;
  #lines = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(query: LogQuery) {
    this.#query = query;
  }

  /** @returns what can be passed on */
  push(chunk: Uint8Array): Uint8Array[] {
    this.bytes += chunk.length;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) this.#lines++;
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    const pieces = end > 0 ? [...this.#take(), chunk.subarray(0, end)] : [];
    if (end < chunk.length) {
      this.#held.push(chunk.subarray(end));
      this.#heldBytes += chunk.length - end;
    }
    return this.#heldBytes > MAX_HELD_BYTES ? [...pieces, ...this.#take()] : pieces;
  }

  /** @returns what is left when nothing more comes */
  end(): Uint8Array[] {
    const { limitBytes, tailLines } = this.#query;
    if (this.truncated !== undefined) return [];
    const cut = limitBytes !== undefined && this.bytes >= limitBytes;
    if (cut) this.truncated = { limit: `${limitBytes} bytes` };
    else if (tailLines !== undefined && this.#lines >= tailLines) this.truncated = { limit: `${tailLines} lines` };
    return !cut || this.#lines === 0 ? this.#take() : [];
  }

  #take(): Uint8Array[] {
    this.#heldBytes = 0;
    return this.#held.splice(0);
  }
}
