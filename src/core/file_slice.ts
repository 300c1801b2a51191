import { countSent } from "./traffic.ts";
import { readFull } from "./read_full.ts";

const PIECE_BYTES = 256 * 1024;

export interface FileSliceOptions {
  path: string;
  /** Offset of its first byte. */
  start: number;
  bytes: number;
  /** Waited for before each piece of at most 256 KiB is sent. */
  beforePiece?(bytes: number): Promise<void> | undefined;
}

/** A stretch of a file as the body of a request: it is read while it is sent, so that it costs no memory, and has a
 * `Content-Length` unless it is empty; a stream has none. What is read counts as sent. */
export class FileSlice extends Blob {
  readonly #options: FileSliceOptions;

  constructor(options: FileSliceOptions) {
    super();
    this.#options = options;
  }

  override get size(): number {
    return this.#options.bytes;
  }

  /** For a consumer that has done with a piece when it asks for the next but one, as `fetch` has: the memory of a piece is
   * given back then. Left to the collector, which runs once for each 20 MB of it, it doubles the cost of an upload.
   * @throws what reading throws, and `UnexpectedEof` when the file has become shorter */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { path, start, bytes, beforePiece } = this.#options;
    const handedOn: ArrayBuffer[] = [];
    let file: Deno.FsFile | undefined;
    let left = bytes;
    const close = () => {
      file?.close();
      file = undefined;
    };
    return new ReadableStream({
      async pull(controller) {
        try {
          if (left > 0) {
            const size = Math.min(left, PIECE_BYTES);
            await beforePiece?.(size);
            if (handedOn.length > 1) handedOn.shift()!.transfer(0);
            const piece = new Uint8Array(size);
            handedOn.push(piece.buffer);
            file ??= await openAt(path, start);
            await fill(file, piece, path);
            left -= size;
            countSent(piece);
            controller.enqueue(piece);
          }
          if (left > 0) return;
          close();
          controller.close();
        } catch (error) {
          close();
          throw error;
        }
      },
      cancel: close,
    }, { highWaterMark: 0 });
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const { path, start, bytes } = this.#options;
    using file = await openAt(path, start);
    return await fill(file, new Uint8Array(bytes), path);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  override slice(from = 0, to = this.size): Blob {
    const at = (offset: number) => Math.min(Math.max(offset < 0 ? this.size + offset : offset, 0), this.size);
    const start = at(from);
    const bytes = Math.max(at(to) - start, 0);
    return new FileSlice({ ...this.#options, start: this.#options.start + start, bytes });
  }
}

async function fill(
  file: Deno.FsFile,
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (await readFull(file, bytes) < bytes.length) throw new Deno.errors.UnexpectedEof(`"${path}" has become shorter`);
  return bytes;
}

async function openAt(path: string, offset: number): Promise<Deno.FsFile> {
  const file = await Deno.open(path);
  try {
    await file.seek(offset, Deno.SeekMode.Start);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}
