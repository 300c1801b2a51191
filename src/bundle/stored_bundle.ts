import { join } from "node:path";
import { freeBytes, freeGarbage, freeOldGarbage } from "../core/free_garbage.ts";
import { isAbort } from "../core/errors.ts";
import { ArchiveError } from "./archive_error.ts";
import { bundlePath } from "./bundle_path.ts";
import type { BundleReader } from "./bundle_reader.ts";
import { FileIndex } from "./file_index.ts";
import { FileTooLargeError, MAX_READ_BYTES } from "./file_too_large_error.ts";
import { type PackedFile, PackedFiles } from "./packed_files.ts";
import type { Bundle, BundleMember } from "./read_bundle.ts";
import { TempFile } from "./temp_file.ts";

export interface StoredBundleOptions {
  /** Files that are likely to be read. Others cost another pass over the archive, once somebody asks for them. */
  wanted(path: string): boolean;
  /** Where temporary files are. */
  tempFolder: string;
  signal: AbortSignal;
}

/** Where a file of a bundle is. */
interface Place {
  bytes: number;
  /** In a folder it is where it is; of an archive it is kept once it was asked for. */
  at?: { file: string } | { packed: PackedFile };
}

/** A file up to this size comes along with the first one that is asked for and is not at hand. */
const SMALL_BYTES = 1024 * 1024;
const MEMBERS_BETWEEN_SWEEPS = 64;
const TEXT_BETWEEN_SWEEPS = 32 * 1024 * 1024;

/** A bundle that exists, opened for analyzers. Memory does not depend on its size: an archive is read once for its names and
 * for what is wanted of it, which is kept compressed in a temporary file without a name. What is asked for beyond that is had
 * in a second pass, with all small files, or in a third one, with everything: there are never more. */
export class StoredBundle implements BundleReader, Disposable {
  /** Why not all of it could be read; what came before that is there. */
  damage?: ArchiveError;
  /** Members that lead out of the bundle, or are no files: nobody reads them. */
  refused = 0;
  readonly root: string;
  readonly #bundle: Bundle;
  readonly #options: StoredBundleOptions;
  readonly #index = new FileIndex<Place>();
  /** Bytes of texts since the last sweep. */
  #decoded = 0;
  #temp?: TempFile;
  #packed?: PackedFiles;
  #small?: Promise<void>;
  #all?: Promise<void>;

  private constructor(bundle: Bundle, options: StoredBundleOptions) {
    this.root = bundle.root;
    this.#bundle = bundle;
    this.#options = options;
  }

  /** @throws {ArchiveError} when not one file of it can be read
   * @throws {DiskError} when the temporary folder is full */
  static async open(bundle: Bundle, options: StoredBundleOptions): Promise<StoredBundle> {
    const stored = new StoredBundle(bundle, options);
    try {
      stored.damage = await stored.#pass((path) => options.wanted(path), "names");
      if (stored.damage?.code === "ARCHIVE_DAMAGED") {
        stored.refused = 0;
        stored.damage = await stored.#pass((path) => options.wanted(path), "careful") ?? stored.damage;
      }
      if (stored.damage !== undefined && stored.files === 0) throw stored.damage;
      return stored;
    } catch (error) {
      stored[Symbol.dispose]();
      throw error;
    }
  }

  /** How many there are. */
  get files(): number {
    return this.#index.size;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const place = await this.#place(path, true);
    if (place === undefined) return undefined;
    return "file" in place.at ? await Deno.readFile(place.at.file) : this.#packed!.read(place.at.packed);
  }

  async readText(path: string): Promise<string | undefined> {
    const bytes = await this.read(path);
    if (bytes === undefined) return undefined;
    const text = new TextDecoder().decode(bytes);
    this.#decoded += bytes.byteLength;
    if (bytes.byteLength === bytes.buffer.byteLength) freeBytes(bytes);
    if (this.#decoded > TEXT_BETWEEN_SWEEPS) {
      this.#decoded = 0;
      freeOldGarbage();
    }
    return text;
  }

  find(glob: string): Promise<string[]> {
    return Promise.resolve(this.#index.find(glob));
  }

  size(path: string): Promise<number | undefined> {
    const canonical = canonicalPath(path);
    return Promise.resolve(canonical === undefined ? undefined : this.#index.get(canonical)?.bytes);
  }

  async stream(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const place = await this.#place(path, false);
    if (place === undefined) return undefined;
    return "file" in place.at ? (await Deno.open(place.at.file)).readable : this.#packed!.stream(place.at.packed);
  }

  [Symbol.dispose](): void {
    this.#temp?.[Symbol.dispose]();
  }

  /** @param whole it shall be read at once */
  async #place(path: string, whole: boolean): Promise<Required<Place> | undefined> {
    this.#options.signal.throwIfAborted();
    const canonical = canonicalPath(path);
    const file = canonical === undefined ? undefined : this.#index.resolve(canonical);
    if (file === undefined) return undefined;
    let place = this.#index.get(file)!;
    if (whole && place.bytes > MAX_READ_BYTES) throw new FileTooLargeError(path, place.bytes);
    if (place.at === undefined && place.bytes <= SMALL_BYTES) {
      await (this.#small ??= this.#fetch(({ bytes }) => bytes <= SMALL_BYTES));
      place = this.#index.get(file)!;
    }
    if (place.at === undefined) {
      await (this.#all ??= this.#fetch(() => true));
      place = this.#index.get(file)!;
    }
    return place.at === undefined ? undefined : place as Required<Place>;
  }

  async #fetch(wanted: (place: Place) => boolean): Promise<void> {
    const paths = new Set<string>();
    for (const [path, place] of this.#index.places()) if (place.at === undefined && wanted(place)) paths.add(path);
    await this.#pass((path) => paths.has(path), this.damage?.code === "ARCHIVE_DAMAGED" ? "again, careful" : "again");
  }

  /** Reads the archive from its begin to its end, or to where it is damaged.
   * @param kind the names are known when it is done again */
  async #pass(
    keep: (path: string) => boolean,
    kind: "names" | "careful" | "again" | "again, careful",
  ): Promise<ArchiveError | undefined> {
    const { signal } = this.#options;
    const names = kind === "names" || kind === "careful";
    let members = 0;
    const careful = kind === "careful" || kind === "again, careful";
    try {
      for await (const member of this.#bundle.members({ careful })) {
        signal.throwIfAborted();
        if (++members % MEMBERS_BETWEEN_SWEEPS === 0) freeGarbage();
        if (member.type === "file") await this.#file(member, keep, names);
        else if (names && (member.type === "symlink" || member.type === "link")) {
          this.#index.link(member.path, this.#inside(member.target));
        } else if (names && member.type === "refused") this.refused++;
      }
      return undefined;
    } catch (error) {
      // What is broken off in the middle may look damaged.
      signal.throwIfAborted();
      if (error instanceof ArchiveError && !isAbort(error)) return error;
      throw error;
    }
  }

  async #file(member: BundleMember & { type: "file" }, keep: (path: string) => boolean, names: boolean): Promise<void> {
    const { path, header: { size: bytes } } = member;
    const { folder } = this.#bundle;
    if (folder !== undefined) {
      if (names) this.#index.add(path, { bytes, at: { file: join(folder, path) } });
    } else if (keep(path)) {
      this.#packed ??= new PackedFiles(this.#temp = new TempFile(this.#options.tempFolder));
      this.#index.add(path, { bytes, at: { packed: await this.#packed.add(member.body) } });
    } else if (names) this.#index.add(path, { bytes });
  }

  #inside(name: string): string {
    return this.root !== "" && name.startsWith(`${this.root}/`) ? name.slice(this.root.length + 1) : name;
  }
}

/** Undefined for what would lie outside. */
function canonicalPath(path: string): string | undefined {
  try {
    return bundlePath(path);
  } catch {
    return undefined;
  }
}
