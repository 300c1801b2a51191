import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
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
    const part = join(this.root, "parts", String(this.#parts++));
    const hash = createHash("sha256");
    let bytes = 0;
    const reader = body.getReader();
    let whole = false;
    try {
      using file = await this.#onDisk(part, () => Deno.open(part, { write: true, createNew: true, mode: 0o600 }));
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        hash.update(chunk.value);
        bytes += chunk.value.length;
        for (let rest = chunk.value; rest.length > 0;) {
          const view = rest;
          rest = rest.subarray(await this.#onDisk(part, () => file.write(view)));
        }
      }
      whole = true;
    } finally {
      if (!whole) {
        await reader.cancel().catch(() => {});
        await Deno.remove(part).catch(() => {});
      }
    }
    const target = this.#diskPath(canonical);
    await this.#onDisk(target, async () => {
      const folder = dirname(target);
      if (!this.#madeFolders.has(folder)) {
        await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
        this.#madeFolders.add(folder);
      }
      await Deno.rename(part, target);
    });
    const written = { path: canonical, bytes, sha256: hash.digest("hex") };
    this.#files.set(canonical, written);
    this.#links.delete(canonical);
    return written;
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

  async #onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (cause) {
      throw diskError(`Cannot write "${path}"`, cause);
    }
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
