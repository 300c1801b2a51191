import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { gzipSync } from "node:zlib";
import type { TarHeader } from "modern-tar";
import { concatBytes } from "../core/concat_bytes.ts";
import { BlockCompressor } from "./block_compressor.ts";
import { BLOCK_BYTES, gzipBlock } from "./gzip_block.ts";
import { giveName } from "./give_name.ts";
import { readSmall } from "./read_small.ts";
import { headerBlocks, padding, setSize, TAR_END } from "./tar_blocks.ts";
import { diskError } from "./work_folder.ts";

/** What a file came to. */
export interface WrittenContent {
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** A place in the archive whose content is known at the end only. */
export interface Gap {
  /** In the part file. */
  readonly offset: number;
  /** The whole member, compressed. */
  packed?: Uint8Array;
}

export interface ArchiveWriterOptions {
  /** Threads that compress; 1: none but this. Default: one more, where there are several cores. */
  threads?: number;
}

/** A file up to this size is written in one go. */
const AT_ONCE_BYTES = BLOCK_BYTES;

/** Writes a tar.gz whose files come as streams of unknown size, in one pass, in memory and in one file on the disk: none is
 * held back until its size is known. The header of a large file is a gzip member of its own, not compressed, and is written
 * again once its body has ended. A file whose stream fails is taken back.
 *
 * The archive is `NAME.*.part`, readable by its owner only, until it is finished. */
export class ArchiveWriter implements AsyncDisposable {
  readonly #path: string;
  #part: string;
  readonly #file: Deno.FsFile;
  readonly #compressor: BlockCompressor;
  readonly #gaps: Gap[] = [];
  /** What is not compressed yet. */
  #block: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  /** Bytes of the part file. Right once `#queue` is done. */
  #size = 0;
  /** Writing, in order. */
  #queue: Promise<void> = Promise.resolve();
  #failed = false;
  #open = true;

  private constructor(path: string, part: string, file: Deno.FsFile, threads?: number) {
    this.#path = path;
    this.#part = part;
    this.#file = file;
    this.#compressor = new BlockCompressor(threads);
  }

  /** @param path where the archive is to be. Its folder exists
   * @throws {DiskError} when it cannot be written there */
  static async create(path: string, options: ArchiveWriterOptions = {}): Promise<ArchiveWriter> {
    try {
      const dir = dirname(path);
      const part = await Deno.makeTempFile({ dir, prefix: `${basename(path)}.`, suffix: ".part" });
      return new ArchiveWriter(path, part, await Deno.open(part, { read: true, write: true }), options.threads);
    } catch (cause) {
      throw diskError(`Cannot write the archive "${path}"`, cause);
    }
  }

  /** Adds a file. When its stream fails, nothing of it stays, the failure is passed on, and another file may follow.
   * @throws {DiskError} when no more can be written */
  async addFile(header: TarHeader, body: ReadableStream<Uint8Array>): Promise<WrittenContent> {
    return await readSmall(
      body,
      AT_ONCE_BYTES,
      (bytes) => this.addBytes(header, bytes),
      (head, reader) => this.#addLarge(header, head, reader),
    );
  }

  /** As {@linkcode addFile}, for bytes at hand. */
  async addBytes(header: TarHeader, bytes: Uint8Array): Promise<WrittenContent> {
    await this.#put(await headerBlocks(header, bytes.length));
    await this.#put(bytes);
    await this.#put(padding(bytes.length));
    return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  /** Adds a folder or a link. */
  async addEmpty(header: TarHeader): Promise<void> {
    await this.#put(await headerBlocks(header, 0));
  }

  /** Leaves room for a file that is known later, by {@linkcode fill}; without that, for nothing. */
  async leaveGap(): Promise<Gap> {
    this.#flush();
    await this.#queue;
    const gap: Gap = { offset: this.#size };
    this.#gaps.push(gap);
    return gap;
  }

  async fill(gap: Gap, header: TarHeader, bytes: Uint8Array): Promise<WrittenContent> {
    const blocks = [await headerBlocks(header, bytes.length), bytes, padding(bytes.length)];
    gap.packed = gzipBlock(concatBytes(blocks));
    return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }

  /** Makes the archive whole, under its name. What has that name by now is not replaced.
   * @returns bytes of the archive, and where it is */
  async finish(): Promise<{ path: string; bytes: number }> {
    const { bytes } = await this.seal();
    return { path: await this.giveName(), bytes };
  }

  /** Makes the archive whole, without a name: it goes with this writer, unless {@linkcode giveName} follows.
   * @returns bytes of the archive, and where it is until then */
  async seal(): Promise<{ path: string; bytes: number }> {
    await this.#put(TAR_END);
    this.#flush();
    await this.#queue;
    this.#compressor[Symbol.dispose]();
    try {
      if (this.#gaps.some(({ packed }) => packed !== undefined)) {
        const whole = await this.#withGapsFilled();
        removeQuietly(this.#part);
        this.#part = whole;
      } else await this.#file.sync();
      this.#close();
      return { path: this.#part, bytes: (await Deno.stat(this.#part)).size };
    } catch (cause) {
      throw diskError(`Cannot write the archive "${this.#path}"`, cause);
    }
  }

  /** Names an archive that is sealed. What has its name by now is not replaced.
   * @param inFull makes its name from that of an archive
   * @returns where it is */
  async giveName(inFull?: (archive: string) => string): Promise<string> {
    try {
      return await giveName(this.#part, this.#path, inFull);
    } catch (cause) {
      throw diskError(`Cannot write the archive "${this.#path}"`, cause);
    }
  }

  /** Ends the threads, and removes what is not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#compressor[Symbol.dispose]();
    await this.#queue.catch(() => {});
    this.#close();
    removeQuietly(this.#part);
  }

  #close(): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }

  async #addLarge(
    header: TarHeader,
    head: Uint8Array[],
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<WrittenContent> {
    this.#flush();
    await this.#queue;
    const offset = this.#size;
    const blocks = await headerBlocks(header, 0);
    this.#enqueue(() => this.#append(stored(blocks)));
    const hash = createHash("sha256");
    let bytes = 0;
    const add = async (chunk: Uint8Array) => {
      hash.update(chunk);
      bytes += chunk.length;
      await this.#put(chunk);
    };
    try {
      for (const chunk of head) await add(chunk);
      for (let next = await reader.read(); !next.done; next = await reader.read()) await add(next.value);
    } catch (error) {
      if (!this.#failed) await this.#cutBack(offset);
      throw error;
    }
    await this.#put(padding(bytes));
    await this.#queue;
    setSize(blocks, bytes);
    this.#write(stored(blocks), offset);
    return { bytes, sha256: hash.digest("hex") };
  }

  /** Takes bytes of the tar archive. */
  async #put(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      this.#block ??= await this.#compressor.lend();
      const taken = rest.subarray(0, BLOCK_BYTES - this.#filled);
      this.#block.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === BLOCK_BYTES) this.#flush();
    }
    if (this.#failed) await this.#queue;
  }

  /** Ends the gzip member. */
  #flush(): void {
    if (this.#block === undefined || this.#filled === 0) return;
    const compressing = this.#compressor.compress(this.#block, this.#filled);
    compressing.catch(() => {}); // it is awaited once it is its turn
    this.#block = undefined;
    this.#filled = 0;
    this.#enqueue(async () => {
      const { packed, block } = await compressing;
      try {
        this.#append(packed);
      } finally {
        this.#compressor.giveBack(block);
      }
    });
  }

  #enqueue(action: () => void | Promise<void>): void {
    this.#queue = this.#queue.then(action);
    this.#queue.catch(() => this.#failed = true);
  }

  #append(packed: Uint8Array): void {
    this.#write(packed, this.#size);
    this.#size += packed.length;
  }

  /** Takes back what was written from here on. */
  async #cutBack(offset: number): Promise<void> {
    this.#filled = 0;
    await this.#queue;
    this.#file.truncateSync(offset);
    this.#size = offset;
  }

  #write(bytes: Uint8Array, offset: number): void {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (cause) {
      throw diskError(`Cannot write the archive "${this.#path}"`, cause);
    }
  }

  /** @returns path of a second part file, with what the gaps were left for */
  async #withGapsFilled(): Promise<string> {
    const part = await Deno.makeTempFile({
      dir: dirname(this.#path),
      prefix: `${basename(this.#path)}.`,
      suffix: ".part",
    });
    try {
      using whole = await Deno.open(part, { write: true });
      let from = 0;
      for (const { offset, packed } of this.#gaps) {
        copy(this.#file, from, offset, whole);
        if (packed !== undefined) {
          for (let rest = packed; rest.length > 0;) rest = rest.subarray(whole.writeSync(rest));
        }
        from = offset;
      }
      copy(this.#file, from, this.#size, whole);
      await whole.sync();
    } catch (error) {
      removeQuietly(part);
      throw error;
    }
    return part;
  }
}

function copy(source: Deno.FsFile, from: number, to: number, target: Deno.FsFile): void {
  const buffer = new Uint8Array(Math.min(BLOCK_BYTES, to - from));
  source.seekSync(from, Deno.SeekMode.Start);
  while (from < to) {
    const read = source.readSync(buffer.subarray(0, Math.min(buffer.length, to - from)));
    if (read === null) throw new Error("the part file is shorter than what was written to it");
    for (let rest = buffer.subarray(0, read); rest.length > 0;) rest = rest.subarray(target.writeSync(rest));
    from += read;
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It has its own name by now.
  }
}

/** A gzip member whose length depends on that of its content alone. */
function stored(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 0 });
}
