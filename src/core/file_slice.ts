import { countSent } from "./traffic.ts";

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

  /** @throws what reading throws, and `UnexpectedEof` when the file has become shorter */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { path, start, bytes, beforePiece } = this.#options;
    let file: Deno.FsFile | undefined;
    let left = bytes;
    const close = () => {
      file?.close();
      file = undefined;
    };
    return new ReadableStream({
      async pull(controller) {
        try {
          const piece = new Uint8Array(Math.min(left, PIECE_BYTES));
          if (piece.length > 0) {
            await beforePiece?.(piece.length);
            file ??= await openAt(path, start);
            for (let filled = 0; filled < piece.length;) {
              const count = await file.read(piece.subarray(filled));
              if (count === null) throw new Deno.errors.UnexpectedEof(`"${path}" has become shorter`);
              filled += count;
            }
            left -= piece.length;
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

  override arrayBuffer(): Promise<ArrayBuffer> {
    return new Response(this.stream()).arrayBuffer();
  }

  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Response(this.stream()).bytes();
  }

  override text(): Promise<string> {
    return new Response(this.stream()).text();
  }

  override slice(from = 0, to = this.size): Blob {
    const at = (offset: number) => Math.min(Math.max(offset < 0 ? this.size + offset : offset, 0), this.size);
    const start = at(from);
    const bytes = Math.max(at(to) - start, 0);
    return new FileSlice({ ...this.#options, start: this.#options.start + start, bytes });
  }
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
