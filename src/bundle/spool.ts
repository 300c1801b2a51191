import { diskError } from "./work_folder.ts";

const IN_MEMORY_BYTES = 1024 * 1024;
const PIECE_BYTES = 256 * 1024;

/** Bytes that are held until it is known how many they are: in memory, or when they are many in a temporary file, which has
 * no name by then and ends with the process. Only what was redacted may come here. */
export class Spool implements Disposable {
  /** All of them. */
  size = 0;
  readonly #pieces: Uint8Array[] = [];
  #file?: Deno.FsFile;
  #path?: string;

  /** @throws {DiskError} when the temporary folder is full */
  static async of(pieces: AsyncIterable<Uint8Array>): Promise<Spool> {
    const spool = new Spool();
    try {
      for await (const piece of pieces) spool.#add(piece);
      return spool;
    } catch (error) {
      spool[Symbol.dispose]();
      throw error;
    }
  }

  *read(): Generator<Uint8Array> {
    yield* this.#pieces;
    if (this.#file === undefined) return;
    this.#file.seekSync(0, Deno.SeekMode.Start);
    while (true) {
      const buffer = new Uint8Array(PIECE_BYTES);
      const read = this.#file.readSync(buffer);
      if (read === null) return;
      yield buffer.subarray(0, read);
    }
  }

  #add(piece: Uint8Array): void {
    this.size += piece.length;
    if (this.#file === undefined && this.size <= IN_MEMORY_BYTES) return void this.#pieces.push(piece);
    try {
      this.#file ??= this.#open();
      for (const held of this.#pieces.splice(0)) this.#write(held);
      this.#write(piece);
    } catch (cause) {
      throw diskError("Cannot write a temporary file", cause);
    }
  }

  #open(): Deno.FsFile {
    this.#path = Deno.makeTempFileSync({ prefix: "support-bundle-" });
    const file = Deno.openSync(this.#path, { read: true, write: true });
    // Windows does not let go of a file that is open.
    if (Deno.build.os !== "windows") Deno.removeSync(this.#path);
    return file;
  }

  #write(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(this.#file!.writeSync(rest));
  }

  [Symbol.dispose](): void {
    this.#file?.close();
    this.#file = undefined;
    if (this.#path !== undefined && Deno.build.os === "windows") Deno.removeSync(this.#path);
    this.#path = undefined;
  }
}
