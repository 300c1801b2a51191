import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { UnpackBudget } from "./unpack_budget.ts";

/** One piece of output. */
const PIECE_BYTES = 64 * 1024;

/** Unpacks gzip, all members of it.
 * @throws into the stream: what the budget throws, or zlib's own error for what is damaged or ends too early */
export function gunzip(body: ReadableStream<Uint8Array>, budget: UnpackBudget): ReadableStream<Uint8Array> {
  const unpacking = createGunzip({ chunkSize: PIECE_BYTES });
  pipeline(Readable.from(body), unpacking, () => {}); // its errors come out of the iterator
  return ReadableStream.from(counted(unpacking, budget));
}

async function* counted(unpacking: AsyncIterable<Uint8Array>, budget: UnpackBudget): AsyncGenerator<Uint8Array> {
  for await (const piece of unpacking) {
    budget.unpacked(piece.length);
    yield piece;
  }
}
