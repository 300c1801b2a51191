import { concatBytes } from "../core/concat_bytes.ts";

/** The first bytes of a stream, and a stream that still has them.
 * @param bytes how many are wanted; there are fewer when it ends before */
export async function peek(
  body: ReadableStream<Uint8Array>,
  bytes: number,
): Promise<{ head: Uint8Array; body: ReadableStream<Uint8Array> }> {
  const reader = body.getReader();
  const held: Uint8Array[] = [];
  let size = 0;
  while (size < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    held.push(value);
    size += value.length;
  }
  const all = concatBytes(held);
  let begun = all.length === 0;
  return {
    head: all.subarray(0, bytes),
    body: new ReadableStream<Uint8Array>({
      async pull(controller) {
        if (!begun) {
          begun = true;
          return controller.enqueue(all);
        }
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
}
