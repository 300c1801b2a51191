import { freeGarbage, freeOldGarbage } from "../core/free_garbage.ts";
import { BLOCK_BYTES, BLOCKS_BETWEEN_SWEEPS, gzipBlock } from "./gzip_block.ts";

/** Room for what gzip makes of bytes that cannot be compressed. */
const SLACK_BYTES = 4096;
/** Of the worker: one that it is at, one that waits, one that is filled. */
const WORKER_BLOCKS = 3;
/** A worker takes 30 ms and 15 MB: not for small bundles. */
const BLOCKS_BEFORE_WORKER = 16;

/** 20 ms, and then some for code that V8 has to compile again. */
const BLOCKS_BETWEEN_OLD_SWEEPS = 96;

/** A block on its way to the worker, or back. Its buffer goes with it: none is made for each of them. */
export interface GzipMessage {
  block: Uint8Array<ArrayBuffer>;
  /** Bytes in it that count. */
  length: number;
}

/** What a block became. */
export interface PackedBlock {
  /** A gzip member. It may lie in the block. */
  packed: Uint8Array;
  /** To be given back. */
  block: Uint8Array<ArrayBuffer>;
}

/** Compresses blocks, each into a gzip member of its own. Where there is a second core, it does the work. */
export class BlockCompressor implements Disposable {
  /** Blocks that nobody uses at the moment. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [newBlock()];
  readonly #threads: number;
  #worker?: Worker;
  #blocks = 0;
  /** What the worker is at, oldest first. */
  readonly #jobs: PromiseWithResolvers<PackedBlock>[] = [];
  #wake?: () => void;
  #failure?: unknown;

  /** @param threads 1: no worker */
  constructor(threads = navigator.hardwareConcurrency) {
    this.#threads = threads;
  }

  /** A block, to be filled up to {@linkcode BLOCK_BYTES}. Waits until one is given back. */
  async lend(): Promise<Uint8Array<ArrayBuffer>> {
    while (true) {
      if (this.#failure !== undefined) throw this.#failure;
      const block = this.#free.pop();
      if (block !== undefined) return block;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Those of several calls are done in their order.
   * @param length how much of the block is filled */
  compress(block: Uint8Array<ArrayBuffer>, length: number): Promise<PackedBlock> {
    if (++this.#blocks % BLOCKS_BETWEEN_OLD_SWEEPS === 0) freeOldGarbage();
    else if (this.#blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
    if (this.#threads > 1 && this.#blocks > BLOCKS_BEFORE_WORKER) return this.#send(block, length);
    return Promise.resolve({ packed: gzipBlock(block.subarray(0, length)), block });
  }

  giveBack(block: Uint8Array<ArrayBuffer>): void {
    this.#free.push(block);
    this.#wake?.();
  }

  #send(block: Uint8Array<ArrayBuffer>, length: number): Promise<PackedBlock> {
    this.#worker ??= this.#start();
    const job = Promise.withResolvers<PackedBlock>();
    this.#jobs.push(job);
    this.#worker.postMessage({ block, length } satisfies GzipMessage, [block.buffer]);
    return job.promise;
  }

  #start(): Worker {
    for (let n = 1; n < WORKER_BLOCKS; n++) this.#free.push(newBlock());
    const worker = new Worker(workerUrl(), { type: "module", name: "gzip" });
    worker.onmessage = ({ data: { block, length } }: MessageEvent<GzipMessage>) => {
      this.#jobs.shift()!.resolve({ packed: block.subarray(0, length), block });
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end(new Error(`The thread that compresses failed: ${event.message}`));
    };
    return worker;
  }

  /** Whoever waits for a block is told, and whoever wants another one. */
  #end(failure: Error): void {
    this.#failure = failure;
    for (const job of this.#jobs.splice(0)) job.reject(failure);
    this.#wake?.();
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#end(new Error("The thread that compresses was ended"));
  }
}

function newBlock(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(BLOCK_BYTES + SLACK_BYTES);
}

/** Beside this file, or where the binary has it: the bundler keeps the path of an entry point, and joins all else. */
function workerUrl(): URL {
  return Deno.build.standalone
    ? new URL("src/bundle/gzip_worker.js", Deno.mainModule)
    : new URL("./gzip_worker.ts", import.meta.url);
}
