import { pipeline, Readable } from "node:stream";
import { constants, createGunzip } from "node:zlib";
import type { UnpackBudget } from "./unpack_budget.ts";

/** One piece of output. */
const PIECE_BYTES = 64 * 1024;

/** Unpacks gzip, all members of it.
 * @param careful gives all that is there of what ends too early, and no error
 * @throws into the stream: what the budget throws, or zlib's own error for what is damaged or ends too early */
export function gunzip(
  body: ReadableStream<Uint8Array>,
  budget: UnpackBudget,
  careful = false,
): ReadableStream<Uint8Array> {
  const finishFlush = careful ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  const unpacking = createGunzip({ chunkSize: PIECE_BYTES, finishFlush });
  pipeline(Readable.from(body), unpacking, () => {}); // its errors come out of the iterator
  return ReadableStream.from(counted(unpacking, budget));
}

async function* counted(unpacking: AsyncIterable<Uint8Array>, budget: UnpackBudget): AsyncGenerator<Uint8Array> {
  for await (const piece of unpacking) {
    budget.unpacked(piece.length);
    yield piece;
  }
}
