import { concatBytes } from "../core/concat_bytes.ts";

/** Reads a stream, all of it where it is small. When something fails, the stream is cancelled, and the failure passed on.
 * @param limit of what is small, in bytes
 * @param small takes the whole stream
 * @param large takes what has been read of a larger one, and the reader of the rest */
export async function readSmall<Result>(
  body: ReadableStream<Uint8Array>,
  limit: number,
  small: (bytes: Uint8Array) => Result | Promise<Result>,
  large: (head: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>) => Promise<Result>,
): Promise<Result> {
  const reader = body.getReader();
  let whole = false;
  try {
    const head: Uint8Array[] = [];
    let held = 0;
    let next = await reader.read();
    for (; !next.done && held + next.value.length <= limit; next = await reader.read()) {
      head.push(next.value);
      held += next.value.length;
    }
    const result = next.done ? await small(concatBytes(head)) : await large([...head, next.value], reader);
    whole = true;
    return result;
  } finally {
    if (!whole) await reader.cancel().catch(() => {});
  }
}
