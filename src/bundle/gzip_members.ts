import { freeGarbage } from "../core/free_garbage.ts";
import { BLOCK_BYTES, BLOCKS_BETWEEN_SWEEPS, gzipBlock } from "./gzip_block.ts";

/** Compresses a stream in blocks, as {@linkcode BlockCompressor} does, one after the other. */
export async function* gzipMembers(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(BLOCK_BYTES);
  let held = 0, blocks = 0;
  for await (const piece of pieces) {
    for (let rest = piece; rest.length > 0;) {
      const taken = rest.subarray(0, block.length - held);
      block.set(taken, held);
      held += taken.length;
      rest = rest.subarray(taken.length);
      if (held < block.length) continue;
      yield gzipBlock(block);
      held = 0;
      if (++blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
    }
  }
  if (held > 0 || blocks === 0) yield gzipBlock(block.subarray(0, held));
}
