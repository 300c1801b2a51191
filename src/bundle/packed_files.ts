import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { freeBytes, freeGarbage } from "../core/free_garbage.ts";
import type { TempFile } from "./temp_file.ts";

/** Where a file lies: its stretches in a temporary file, in order. */
export type PackedFile = readonly { offset: number; packed: number; bytes: number }[];

const BLOCK_BYTES = 1024 * 1024;
const BLOCKS_BETWEEN_SWEEPS = 16;
/** Of node's buffers. */
const POOL_BYTES = 8 * 1024;
const FASTEST = { level: constants.Z_BEST_SPEED };

/** Files one behind the other in a temporary file, compressed: a bundle takes about as much room as its archive does, and
 * nothing of it lies on the disk in plain. */
export class PackedFiles {
  readonly #file: TempFile;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blocks = 0;

  constructor(file: TempFile) {
    this.#file = file;
  }

  /** Takes the file of a stream. When the stream fails, the failure is passed on. */
  async add(body: ReadableStream<Uint8Array>): Promise<PackedFile> {
    const stretches: { offset: number; packed: number; bytes: number }[] = [];
    let held = 0;
    const flush = () => {
      // Room for all of it, in one buffer.
      const packed = deflateRawSync(this.#block.subarray(0, held), { ...FASTEST, chunkSize: held + 1024 });
      stretches.push({ offset: this.#file.append(packed), packed: packed.length, bytes: held });
      free(packed);
      held = 0;
      if (++this.#blocks % BLOCKS_BETWEEN_SWEEPS === 0) freeGarbage();
    };
    for await (const piece of body) {
      for (let rest = piece; rest.length > 0;) {
        const taken = rest.subarray(0, BLOCK_BYTES - held);
        this.#block.set(taken, held);
        held += taken.length;
        rest = rest.subarray(taken.length);
        if (held === BLOCK_BYTES) flush();
      }
    }
    if (held > 0) flush();
    return stretches;
  }

  read(file: PackedFile): Uint8Array {
    if (file.length === 1) return this.#unpack(file[0]!);
    const bytes = new Uint8Array(file.reduce((sum, stretch) => sum + stretch.bytes, 0));
    let at = 0;
    for (const stretch of file) {
      const piece = this.#unpack(stretch);
      bytes.set(piece, at);
      free(piece);
      at += stretch.bytes;
    }
    return bytes;
  }

  stream(file: PackedFile): AsyncIterable<Uint8Array> {
    const unpack = (stretch: PackedFile[number]) => this.#unpack(stretch);
    return ReadableStream.from(function* () {
      for (const stretch of file) yield unpack(stretch);
    }());
  }

  #unpack({ offset, packed, bytes }: PackedFile[number]): Uint8Array {
    const from = this.#file.read(offset, packed);
    const unpacked = inflateRawSync(from, { maxOutputLength: Math.max(bytes, 1) });
    free(from);
    return unpacked;
  }
}

/** Frees what zlib or we have made, unless it is small: that shares the buffer of others. */
function free(bytes: Uint8Array): void {
  if (bytes.buffer.byteLength > POOL_BYTES) freeBytes(bytes);
}
