import type { FileEntry } from "../../../bundle/entry.ts";
import type { LogQuery } from "./log_limits.ts";

// A line longer than this is passed on in pieces instead of being held back.
const MAX_HELD_BYTES = 1_048_576;
const NEWLINE = 10;

/** A log on its way into the bundle: marked where a limit was reached, and kept when its stream breaks.
 *
 * @param onBreak told when the stream ended with an error; the entry keeps what had come until then
 * @returns the entry; what `onBreak` returns names the limit in its `truncated` */
export function logEntry(
  file: Omit<FileEntry, "type" | "truncated">,
  query: LogQuery,
  onBreak: (error: unknown) => string,
): FileEntry {
  const reader = file.body.getReader();
  let bytes = 0;
  let lines = 0;
  // The last line, until its end has come: a cut in the middle of a line might leave half a secret unrecognizable.
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  const entry: FileEntry = {
    ...file,
    type: "file",
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        while (true) {
          let chunk: Uint8Array | undefined;
          try {
            chunk = (await reader.read()).value;
          } catch (error) {
            entry.truncated = { limit: onBreak(error) };
            return controller.close();
          }
          if (chunk === undefined) {
            const cut = query.limitBytes !== undefined && bytes >= query.limitBytes;
            if (cut) entry.truncated = { limit: `${query.limitBytes} bytes` };
            else if (query.tailLines !== undefined && lines >= query.tailLines) {
              entry.truncated = { limit: `${query.tailLines} lines` };
            }
            if (!cut || lines === 0) { for (const part of held) controller.enqueue(part); }
            return controller.close();
          }
          bytes += chunk.length;
          for (const byte of chunk) if (byte === NEWLINE) lines++;
          const end = chunk.lastIndexOf(NEWLINE) + 1;
          let sent = false;
          if (end > 0) {
            for (const part of held) controller.enqueue(part);
            controller.enqueue(chunk.subarray(0, end));
            held = [];
            heldBytes = 0;
            sent = true;
          }
          if (end < chunk.length) {
            held.push(chunk.subarray(end));
            heldBytes += chunk.length - end;
          }
          if (heldBytes > MAX_HELD_BYTES) {
            for (const part of held) controller.enqueue(part);
            held = [];
            heldBytes = 0;
            sent = true;
          }
          if (sent) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
  return entry;
}
