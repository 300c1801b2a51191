import { gzipSync } from "node:zlib";
import { freeGarbage } from "../core/free_garbage.ts";

/** Larger ones compress no better than by 1 %. */
export const BLOCK_BYTES = 1024 * 1024;
export const BLOCKS_BETWEEN_SWEEPS = 4;

/** Blocks in flight to the worker: one it works on, one that waits, one that is filled. */
const WORKER_BLOCKS = 3;
/** A worker takes 30 ms and 15 MB: not for bundles of a few blocks. */
const BLOCKS_BEFORE_WORKER = 4;

export interface GzipRequest {
  block: Uint8Array<ArrayBuffer>;
  length: number;
}

export interface GzipAnswer {
  block: Uint8Array<ArrayBuffer>;
  packed: Uint8Array<ArrayBuffer>;
}

/** Compresses blocks, each into a gzip member of its own: members may simply follow each other, and a block in one call
 * takes a quarter of the time that a stream takes. Where there is a second core, it does the work.
 * @see https://www.rfc-editor.org/rfc/rfc1952#section-2.2 */
export class BlockCompressor implements Disposable {
  /** Blocks that nobody uses at the moment. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [new Uint8Array(BLOCK_BYTES)];
  readonly #threads: number;
  #worker?: Worker;
  #blocks = 0;
  /** What the worker is at, oldest first. */
  readonly #jobs: { resolve(packed: Uint8Array): void; reject(error: unknown): void }[] = [];
  #wake?: () => void;
  #failure?: unknown;

  /** @param threads 1: no worker */
  constructor(threads = navigator.hardwareConcurrency) {
    this.#threads = threads;
  }

  /** A block to fill. Waits while the worker has all of them. */
  async lend(): Promise<Uint8Array<ArrayBuffer>> {
    while (true) {
      if (this.#failure !== undefined) throw this.#failure;
      const block = this.#free.pop();
      if (block !== undefined) return block;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Takes a block back. Those of several calls are done in their order.
   * @param length how much of it is filled
   * @returns a gzip member */
  compress(block: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array> {
    this.#blocks++;
    if (this.#threads > 1 && this.#blocks > BLOCKS_BEFORE_WORKER) return this.#send(block, length);
    const packed = gzipSync(block.subarray(0, length));
    this.#giveBack(block);
    if (this.#blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
    return Promise.resolve(packed);
  }

  #send(block: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array> {
    this.#worker ??= this.#start();
    if (this.#blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
    return new Promise((resolve, reject) => {
      this.#jobs.push({ resolve, reject });
      this.#worker!.postMessage({ block, length } satisfies GzipRequest, [block.buffer]);
    });
  }

  #start(): Worker {
    for (let n = 1; n < WORKER_BLOCKS; n++) this.#free.push(new Uint8Array(BLOCK_BYTES));
    const worker = new Worker(workerUrl(), { type: "module", name: "gzip" });
    worker.onmessage = ({ data: { block, packed } }: MessageEvent<GzipAnswer>) => {
      this.#giveBack(block);
      this.#jobs.shift()!.resolve(packed);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#failure = new Error(`The thread that compresses failed: ${event.message}`);
      for (const job of this.#jobs.splice(0)) job.reject(this.#failure);
      this.#wake?.();
    };
    return worker;
  }

  #giveBack(block: Uint8Array<ArrayBuffer>): void {
    this.#free.push(block);
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }
}

/** Beside this file, or where the binary has it: the bundler keeps the path of an entry point, and joins all else. */
function workerUrl(): URL {
  return Deno.build.standalone
    ? new URL("src/bundle/gzip_worker.js", Deno.mainModule)
    : new URL("./gzip_worker.ts", import.meta.url);
}
