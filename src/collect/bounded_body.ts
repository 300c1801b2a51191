import type { FileEntry } from "../bundle/entry.ts";

/** Passes a body through and cuts it at `maxBytes`, with a note in the entry's `truncated`.
 *
 * @param drain reads on and drops what lies beyond, for a writer that must not be blocked or broken off */
export function boundBody(entry: FileEntry, maxBytes: number, options: { drain?: boolean } = {}): FileEntry {
  const reader = entry.body.getReader();
  let left = maxBytes;
  const bounded: FileEntry = {
    ...entry,
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        while (true) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          if (value.length <= left) {
            left -= value.length;
            if (value.length === 0) continue;
            return controller.enqueue(value);
          }
          bounded.truncated ??= { limit: `${maxBytes} bytes` };
          const rest = value.subarray(0, left);
          left = 0;
          if (rest.length > 0) controller.enqueue(rest);
          if (!options.drain) {
            await reader.cancel();
            return controller.close();
          }
          if (rest.length > 0) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
  return bounded;
}

/** Reads a stream into memory up to `maxBytes`; what lies beyond is read and dropped. */
export async function readBounded(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  options: { drain?: boolean } = {},
): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  for await (const chunk of stream) {
    const rest = chunk.subarray(0, maxBytes - size);
    if (rest.length > 0) chunks.push(rest);
    size += rest.length;
    if (rest.length < chunk.length) {
      truncated = true;
      if (!options.drain) break;
    }
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return { bytes, truncated };
}
