import { createHash } from "node:crypto";
import { join } from "node:path";
import { EXIT } from "../core/exit_codes.ts";
import { SupportBundleError } from "../core/errors.ts";
import { bundlePath } from "./bundle_path.ts";
import { bytesEntry } from "./entry.ts";
import { readSmall } from "./read_small.ts";

/** What was written of a file. */
export interface WrittenFile {
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** A file up to this size goes into the spool. */
const SPOOLED_BYTES = 1024 * 1024;
/** What of the spool waits for its way to the disk: a call for each file would cost more than its bytes. */
const WAITING_BYTES = 256 * 1024;

/** Where the bytes of a file lie: a stretch of the spool, or a file of its own. */
type Place = { offset: number } | { file: string };

/** The folder in which a bundle comes into being: redacted files on disk, links by name only.
 *
 * A bundle has thousands of small files, and making a file costs more than filling it: they lie one after the other in one
 * spool. Large ones, which grow side by side, have files of their own. A file is there when it is whole; a later one of the
 * same path replaces it. Readable by its owner only. */
export class WorkFolder {
  readonly root: string;
  readonly #spool: Deno.FsFile;
  #spooled = 0;
  /** The last bytes of the spool, which are not on the disk yet. */
  readonly #waiting = new Uint8Array(WAITING_BYTES);
  #waitingBytes = 0;
  readonly #files = new Map<string, WrittenFile & { place: Place }>();
  readonly #links = new Map<string, string>();
  #parts = 0;

  private constructor(root: string, spool: Deno.FsFile) {
    this.root = root;
    this.#spool = spool;
  }

  /** Makes a fresh folder in `parent`, which is made too when it is missing.
   * @throws {DiskError} when it cannot be made */
  static async create(parent: string): Promise<WorkFolder> {
    try {
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      const root = await Deno.makeTempDir({ dir: parent, prefix: "bundle-" });
      const options = { read: true, write: true, createNew: true, mode: 0o600 };
      return new WorkFolder(root, await Deno.open(join(root, "spool"), options));
    } catch (cause) {
      throw diskError(`Cannot make a work folder in "${parent}"`, cause);
    }
  }

  /** Writes a file from a stream. When the stream fails, nothing of it stays, and the failure is passed on.
   * @throws {DiskError} when the disk is full or the folder cannot be written */
  async write(path: string, body: ReadableStream<Uint8Array>): Promise<WrittenFile> {
    const canonical = bundlePath(path);
    return await readSmall(
      body,
      SPOOLED_BYTES,
      (bytes) => this.writeBytes(canonical, bytes),
      (head, reader) => this.#writeAlone(canonical, head, reader),
    );
  }

  /** As `write`, for bytes at hand. */
  writeBytes(path: string, bytes: Uint8Array): WrittenFile {
    const canonical = bundlePath(path);
    const offset = this.#spooled;
    if (bytes.length > WAITING_BYTES - this.#waitingBytes) this.#flush();
    if (bytes.length > WAITING_BYTES) this.#append(bytes);
    else {
      this.#waiting.set(bytes, this.#waitingBytes);
      this.#waitingBytes += bytes.length;
    }
    this.#spooled += bytes.length;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return this.#add({ path: canonical, bytes: bytes.length, sha256, place: { offset } });
  }

  #flush(): void {
    this.#append(this.#waiting.subarray(0, this.#waitingBytes));
    this.#waitingBytes = 0;
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    onDisk(join(this.root, "spool"), () => {
      this.#spool.seekSync(0, Deno.SeekMode.End);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(this.#spool.writeSync(rest));
    });
  }

  async #writeAlone(
    path: string,
    head: Uint8Array[],
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<WrittenFile> {
    const part = join(this.root, String(this.#parts++));
    const hash = createHash("sha256");
    let bytes = 0;
    let whole = false;
    try {
      using file = onDisk(part, () => Deno.openSync(part, { write: true, createNew: true, mode: 0o600 }));
      const put = async (chunk: Uint8Array) => {
        hash.update(chunk);
        bytes += chunk.length;
        for (let rest = chunk; rest.length > 0;) {
          const view = rest;
          rest = rest.subarray(await onDiskAsync(part, () => file.write(view)));
        }
      };
      for (const chunk of head) await put(chunk);
      for (let next = await reader.read(); !next.done; next = await reader.read()) await put(next.value);
      whole = true;
    } finally {
      if (!whole) removeQuietly(part);
    }
    return this.#add({ path, bytes, sha256: hash.digest("hex"), place: { file: part } });
  }

  #add(file: WrittenFile & { place: Place }): WrittenFile {
    const before = this.#files.get(file.path)?.place;
    if (before !== undefined && "file" in before) removeQuietly(before.file);
    this.#files.set(file.path, file);
    this.#links.delete(file.path);
    return file;
  }

  /** Adds a second name for a file of the bundle, unless something has that name already.
   * @returns false when the name is taken */
  link(path: string, target: string): boolean {
    const from = bundlePath(path);
    if (this.#files.has(from) || this.#links.has(from)) return false;
    this.#links.set(from, bundlePath(target));
    return true;
  }

  /** What it takes on the disk. */
  get diskBytes(): number {
    let bytes = this.#spooled;
    for (const file of this.#files.values()) if ("file" in file.place) bytes += file.bytes;
    return bytes;
  }

  /** Files by path, as last written. */
  files(): WrittenFile[] {
    return [...this.#files.values()].sort(byPath);
  }

  /** Links whose target is a file of the bundle. */
  links(): { path: string; target: string }[] {
    return [...this.#links].filter(([, target]) => this.#files.has(target))
      .map(([path, target]) => ({ path, target })).sort(byPath);
  }

  /** Paths of files, and of links whose target is one, that begin like this, in no order. */
  paths(prefix: string): string[] {
    const paths: string[] = [];
    for (const path of this.#files.keys()) if (path.startsWith(prefix)) paths.push(path);
    for (const [path, target] of this.#links) {
      if (path.startsWith(prefix) && this.#files.has(target)) paths.push(path);
    }
    return paths;
  }

  has(path: string): boolean {
    return this.#files.has(path) || this.#links.has(path);
  }

  /** Of a file or of what a link leads to, in bytes. */
  size(path: string): number | undefined {
    return this.#files.get(this.#links.get(path) ?? path)?.bytes;
  }

  /** The bytes of a file or of what a link leads to, undefined when the bundle has no such file. */
  read(path: string): Uint8Array | undefined {
    const file = this.#files.get(this.#links.get(path) ?? path);
    if (file === undefined) return undefined;
    if ("file" in file.place) return Deno.readFileSync(file.place.file);
    this.#flush();
    const bytes = new Uint8Array(file.bytes);
    this.#spool.seekSync(file.place.offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes.length;) {
      const read = this.#spool.readSync(bytes.subarray(at));
      if (read === null) throw new DiskError(`The spool in "${this.root}" is shorter than what was written to it`);
      at += read;
    }
    return bytes;
  }

  /** As `read`, as a stream in bounded memory where the file is large. */
  async stream(path: string): Promise<ReadableStream<Uint8Array> | undefined> {
    const place = this.#files.get(this.#links.get(path) ?? path)?.place;
    if (place !== undefined && "file" in place) return (await Deno.open(place.file, { read: true })).readable;
    const bytes = this.read(path);
    return bytes === undefined ? undefined : bytesEntry(path, bytes).body;
  }

  /** Removes everything. Twice is harmless. */
  async remove(): Promise<void> {
    try {
      this.#spool.close();
    } catch {
      // It is closed already.
    }
    await Deno.remove(this.root, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

function onDisk<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw diskError(`Cannot write "${path}"`, cause);
  }
}

async function onDiskAsync<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw diskError(`Cannot write "${path}"`, cause);
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there, or goes with the folder.
  }
}

/** The disk is full, or a folder cannot be written: gathering more makes no sense. */
export class DiskError extends SupportBundleError {}

export function diskError(what: string, cause: unknown): DiskError {
  const full = (cause as { code?: string }).code === "ENOSPC" || /no space left|quota exceeded/i.test(String(cause));
  return new DiskError(`${what}: ${full ? "the disk is full" : describe(cause)}`, {
    cause,
    code: full ? "DISK_FULL" : "DISK_WRITE",
    exitCode: EXIT.disk,
    hint: full
      ? "Free some space, or point TMPDIR or --output at another disk"
      : "Check that the folder exists and is yours to write",
  });
}

function describe(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (cause instanceof Deno.errors.NotFound) return "there is no such folder";
  return cause instanceof Error ? cause.message : String(cause);
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
