import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { concatBytes } from "../core/concat_bytes.ts";
import { EXIT } from "../core/exit_codes.ts";
import { SupportBundleError } from "../core/errors.ts";
import { bundlePath } from "./bundle_path.ts";

/** What was written of a file. */
export interface WrittenFile {
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

/** A file up to this size is written in one go. */
const AT_ONCE_BYTES = 1024 * 1024;

/** The folder in which a bundle comes into being: redacted files on disk, links by name only.
 *
 * A file appears under its name when it is whole; a later file of the same path replaces it. Readable by its owner only. */
export class WorkFolder {
  readonly #files = new Map<string, WrittenFile>();
  readonly #links = new Map<string, string>();
  readonly #madeFolders = new Set<string>();
  #parts = 0;

  private constructor(readonly root: string) {}

  /** Makes a fresh folder in `parent`, which is made too when it is missing.
   * @throws {DiskError} when it cannot be made */
  static async create(parent: string): Promise<WorkFolder> {
    try {
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      const root = await Deno.makeTempDir({ dir: parent, prefix: "bundle-" });
      await Deno.mkdir(join(root, "files"), { mode: 0o700 });
      await Deno.mkdir(join(root, "parts"), { mode: 0o700 });
      return new WorkFolder(root);
    } catch (cause) {
      throw diskError(`Cannot make a work folder in "${parent}"`, cause);
    }
  }

  /** Writes a file from a stream. When the stream fails, nothing of it stays, and the failure is passed on.
   * @throws {DiskError} when the disk is full or the folder cannot be written */
  async write(path: string, body: ReadableStream<Uint8Array>): Promise<WrittenFile> {
    const canonical = bundlePath(path);
    const reader = body.getReader();
    let whole = false;
    try {
      const head: Uint8Array[] = [];
      let held = 0;
      let next = await reader.read();
      for (; !next.done && held + next.value.length <= AT_ONCE_BYTES; next = await reader.read()) {
        head.push(next.value);
        held += next.value.length;
      }
      const written = next.done
        ? this.#writeAtOnce(canonical, concatBytes(head))
        : await this.#writeInPieces(canonical, [...head, next.value], reader);
      whole = true;
      return written;
    } finally {
      if (!whole) await reader.cancel().catch(() => {});
    }
  }

  /** As `write`, for bytes at hand. */
  writeBytes(path: string, bytes: Uint8Array): WrittenFile {
    return this.#writeAtOnce(bundlePath(path), bytes);
  }

  /** Most files are small: for them, waiting for a thread would take longer than writing. */
  #writeAtOnce(path: string, bytes: Uint8Array): WrittenFile {
    const target = this.#diskPath(path);
    onDisk(target, () => {
      this.#makeFolder(dirname(target));
      try {
        Deno.writeFileSync(target, bytes, { mode: 0o600 });
      } catch (error) {
        removeQuietly(target);
        throw error;
      }
    });
    return this.#add(path, bytes.length, createHash("sha256").update(bytes).digest("hex"));
  }

  async #writeInPieces(
    path: string,
    head: Uint8Array[],
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<WrittenFile> {
    const part = join(this.root, "parts", String(this.#parts++));
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
    const target = this.#diskPath(path);
    onDisk(target, () => {
      this.#makeFolder(dirname(target));
      Deno.renameSync(part, target);
    });
    return this.#add(path, bytes, hash.digest("hex"));
  }

  #add(path: string, bytes: number, sha256: string): WrittenFile {
    const written = { path, bytes, sha256 };
    this.#files.set(path, written);
    this.#links.delete(path);
    return written;
  }

  #makeFolder(folder: string): void {
    if (this.#madeFolders.has(folder)) return;
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#madeFolders.add(folder);
  }

  /** Adds a second name for a file of the bundle, unless something has that name already.
   * @returns false when the name is taken */
  link(path: string, target: string): boolean {
    const from = bundlePath(path);
    if (this.#files.has(from) || this.#links.has(from)) return false;
    this.#links.set(from, bundlePath(target));
    return true;
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

  has(path: string): boolean {
    return this.#files.has(path) || this.#links.has(path);
  }

  /** The file on disk behind a bundle path or link, or undefined when the bundle has no such file. */
  resolve(path: string): string | undefined {
    const target = this.#links.get(path) ?? path;
    return this.#files.has(target) ? this.#diskPath(target) : undefined;
  }

  async remove(): Promise<void> {
    await Deno.remove(this.root, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  #diskPath(path: string): string {
    return join(this.root, "files", ...path.split("/"));
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

function diskError(what: string, cause: unknown): DiskError {
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
