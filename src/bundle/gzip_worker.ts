/** The other end of `block_compressor.ts`: compresses blocks on a core of its own, each within its own buffer. */
import { freeGarbage } from "../core/free_garbage.ts";
import type { GzipMessage } from "./block_compressor.ts";
import { BLOCKS_BETWEEN_SWEEPS, gzipBlock } from "./gzip_block.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<GzipMessage>) => void;
  postMessage(answer: GzipMessage, transfer: ArrayBuffer[]): void;
};

let blocks = 0;

scope.onmessage = ({ data: { block, length } }) => {
  const packed = gzipBlock(block.subarray(0, length));
  block.set(packed);
  scope.postMessage({ block, length: packed.length }, [block.buffer]);
  if (++blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
};
