/** The other end of `block_compressor.ts`: compresses blocks on a core of its own, and gives them back to be filled again. */
import { gzipSync } from "node:zlib";
import { freeGarbage } from "../core/free_garbage.ts";
import { BLOCKS_BETWEEN_SWEEPS, type GzipAnswer, type GzipRequest } from "./block_compressor.ts";

const scope = self as unknown as {
  onmessage: (event: MessageEvent<GzipRequest>) => void;
  postMessage(answer: GzipAnswer, transfer: ArrayBuffer[]): void;
};

let blocks = 0;

scope.onmessage = ({ data: { block, length } }) => {
  // A copy: what zlib returns may lie in a larger buffer, all of which would be sent.
  const packed = new Uint8Array(gzipSync(block.subarray(0, length)));
  scope.postMessage({ block, packed }, [block.buffer, packed.buffer]);
  if (++blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
};
