import { join } from "node:path";
import { diskError } from "./work_folder.ts";

const PIECE_BYTES = 256 * 1024;

/** A temporary file that only this process can read, at any place. It has no name once it is open, so that it ends with the
 * process, whatever ends that. (Windows does not let go of a name while the file is open: there it is removed at the end.) */
export class TempFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  #size = 0;

  /** @throws {DiskError} when there can be none in this folder */
  constructor(folder: string) {
    try {
      this.#path = join(folder, `support-bundle-${crypto.randomUUID()}`);
      this.#file = Deno.openSync(this.#path, { read: true, write: true, createNew: true, mode: 0o600 });
      if (Deno.build.os !== "windows") Deno.removeSync(this.#path);
    } catch (cause) {
      throw diskError(`Cannot make a temporary file in "${folder}"`, cause);
    }
  }

  get size(): number {
    return this.#size;
  }

  /** @returns where the bytes begin
   * @throws {DiskError} */
  append(bytes: Uint8Array): number {
    const offset = this.#size;
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(this.#file.writeSync(rest));
    } catch (cause) {
      throw diskError("Cannot write a temporary file", cause);
    }
    this.#size += bytes.length;
    return offset;
  }

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < length;) {
      const read = this.#file.readSync(bytes.subarray(at));
      if (read === null) throw new Error("a temporary file is shorter than what was written to it");
      at += read;
    }
    return bytes;
  }

  /** All of it, as it is now. */
  stream(): ReadableStream<Uint8Array> {
    let offset = 0;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const length = Math.min(PIECE_BYTES, this.#size - offset);
        if (length <= 0) return controller.close();
        controller.enqueue(this.read(offset, length));
        offset += length;
      },
    }, { highWaterMark: 0 });
  }

  /** Twice is harmless. */
  [Symbol.dispose](): void {
    try {
      this.#file.close();
      if (Deno.build.os === "windows") Deno.removeSync(this.#path);
    } catch {
      // It is closed already.
    }
  }
}
