import { basename, join } from "node:path";
import type { TarHeader } from "modern-tar";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { UnsafePathError } from "./bundle_path.ts";
import { MemberNames } from "./member_names.ts";
import { ARCHIVE_LIMITS, type ArchiveMember, readArchive, type ReadOptions } from "./read_archive.ts";
import { ArchiveError } from "./archive_error.ts";

/** A bundle that exists: an archive, or the folder it was unpacked into. */
export interface Bundle {
  /** Its top folder, "" where the files of an archive lie without one. */
  root: string;
  /** Where that is, when it is no archive. */
  folder?: string;
  /** Each with its path in the bundle, by which rules and manifests know it: without the top folder. A member that lies
   * beside that folder has its whole name. */
  members(options?: ReadOptions): AsyncGenerator<BundleMember>;
}

export type BundleMember = ArchiveMember & { path: string };

/** Readers find the top folder by this file. */
const MARK = "version.yaml";
const USUAL_ROOT = /^support-bundle-\d{4}-\d\d-\d\dT\d\d_\d\d_\d\d\b/;

/** Opens a bundle. Its members come in the order in which the archive has them, those of a folder by name; what holds for
 * those of {@linkcode readArchive} holds for folders, too: no link is followed, nothing but regular files is opened.
 * @throws {SupportBundleError} BUNDLE_NOT_FOUND when there is nothing that can be opened
 * @throws {ArchiveError} here or from `members`, see {@linkcode readArchive}
 * @throws what `decrypt` throws, likewise */
export async function openBundle(path: string, signal?: AbortSignal, decrypt?: Decrypt): Promise<Bundle> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
  if (info.isDirectory) return await openFolder(path, signal);
  if (!info.isFile) throw unreadable(path, new Error("it is neither a file nor a folder"));
  return await openArchive(() => decrypted(openFile(path, signal), path, decrypt));
}

/** Opens what is encrypted, and passes on what is not. */
export type Decrypt = (source: ReadableStream<Uint8Array>, name: string) => Promise<ReadableStream<Uint8Array>>;

/** The archive in a file that may be encrypted, as it is read. */
export function decrypted(
  source: ReadableStream<Uint8Array>,
  name: string,
  decrypt: Decrypt | undefined,
): ReadableStream<Uint8Array> {
  if (decrypt === undefined) return source;
  return ReadableStream.from((async function* () {
    yield* await decrypt(source, name);
  })());
}

/** As {@linkcode openBundle}, for an archive that can be read from its beginning as often as it takes. */
export async function openArchive(open: () => ReadableStream<Uint8Array>): Promise<Bundle> {
  const read = (options?: ReadOptions) => readArchive(open(), ARCHIVE_LIMITS, options);
  const root = await findRoot(read);
  return { root, members: (options) => placed(read(options), root) };
}

function openFile(path: string, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { read: true });
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return signal === undefined ? file.readable : file.readable.pipeThrough(new TransformStream(), { signal });
}

async function* placed(members: AsyncGenerator<ArchiveMember>, root: string): AsyncGenerator<BundleMember> {
  const prefix = `${root}/`;
  for await (const member of members) {
    const inside = root !== "" && member.name.startsWith(prefix);
    yield Object.assign(member, { path: inside ? member.name.slice(prefix.length) : member.name });
  }
}

/** The first member tells the top folder where it has the usual name, or is the file that marks it. Otherwise the names of
 * all are read, as far as the archive can be. */
async function findRoot(read: (options?: ReadOptions) => AsyncGenerator<ArchiveMember>): Promise<string> {
  try {
    return await rootOf(read());
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.code !== "ARCHIVE_DAMAGED") throw error;
    return await rootOf(read({ careful: true }), true);
  }
}

/** @param damaged the members up to the damage tell, where there are any */
async function rootOf(members: AsyncGenerator<ArchiveMember>, damaged = false): Promise<string> {
  const tops = new Set<string>();
  try {
    for await (const { name, type } of members) {
      if (type === "refused") continue;
      const [top = "", ...rest] = name.split("/");
      if (name === MARK) return "";
      if (rest.join("/") === MARK || USUAL_ROOT.test(top)) return top;
      tops.add(rest.length === 0 && type !== "directory" ? "" : top);
    }
  } catch (error) {
    if (!damaged || tops.size === 0 || !(error instanceof ArchiveError)) throw error;
  }
  return tops.size === 1 ? [...tops][0]! : "";
}

async function openFolder(path: string, signal: AbortSignal | undefined): Promise<Bundle> {
  const folder = await bundleFolder(path);
  const root = basename(await Deno.realPath(folder)) || "bundle";
  return { root, folder, members: () => placed(new FolderReader(folder, root, signal).read(""), root) };
}

/** The folder that holds `version.yaml`: this one, or the only one in it. */
async function bundleFolder(path: string): Promise<string> {
  const marked = async (folder: string) => await Deno.lstat(join(folder, MARK)).then(() => true, () => false);
  if (await marked(path)) return path;
  const folders = (await listFolder(path)).filter(({ isDirectory }) => isDirectory).map(({ name }) => join(path, name));
  const found: string[] = [];
  for (const folder of folders) if (await marked(folder)) found.push(folder);
  if (found.length === 1) return found[0]!;
  throw new SupportBundleError(
    `"${path}" is not a bundle: ${
      found.length === 0 ? `it has no ${MARK}` : `there are ${found.length} of them in it`
    }`,
    { code: "BUNDLE_NOT_FOUND", hint: "Name an archive, or the folder into which one was unpacked" },
  );
}

class FolderReader {
  readonly #names = new MemberNames(ARCHIVE_LIMITS);
  #count = 0;

  constructor(readonly folder: string, readonly root: string, readonly signal: AbortSignal | undefined) {}

  async *read(inner: string): AsyncGenerator<ArchiveMember> {
    for (const { name } of await listFolder(join(this.folder, inner))) {
      this.signal?.throwIfAborted();
      if (++this.#count > ARCHIVE_LIMITS.members) {
        throw ArchiveError.limit(`it has more than ${ARCHIVE_LIMITS.members} files`);
      }
      const path = inner === "" ? name : `${inner}/${name}`;
      const place = join(this.folder, path);
      const info = await Deno.lstat(place);
      const member = this.#member(path, place, info);
      try {
        // An archive of files needs no entries for their folders.
        if (member.type !== "directory" || (await listFolder(place)).length === 0) yield member;
      } finally {
        if (member.type === "file") await member.body.cancel().catch(() => {}); // fails where it was read
      }
      if (member.type === "directory") yield* this.read(path);
    }
  }

  #member(path: string, place: string, info: Deno.FileInfo): ArchiveMember {
    const name = `${this.root}/${path}`;
    const header: TarHeader = {
      name,
      size: info.isFile ? info.size : 0,
      mode: info.mode ?? undefined,
      mtime: info.mtime ?? undefined,
      uid: info.uid ?? undefined,
      gid: info.gid ?? undefined,
    };
    try {
      if (info.isDirectory) return { type: "directory", name: this.#names.take(name, "directory"), header };
      if (info.isSymlink) {
        const linkname = Deno.readLinkSync(place).replaceAll("\\", "/");
        const target = this.#names.target(name, linkname, "symlink");
        return { type: "symlink", name: this.#names.take(name, "symlink"), target, header: { ...header, linkname } };
      }
      if (info.isFile) {
        return { type: "file", name: this.#names.take(name, "file"), header, body: openFile(place, this.signal) };
      }
      return { type: "refused", name, why: "it is a special file" };
    } catch (error) {
      const why = error instanceof UnsafePathError ? error.message : describeError(error);
      if (error instanceof ArchiveError) throw error;
      return { type: "refused", name, why };
    }
  }
}

async function listFolder(folder: string): Promise<Deno.DirEntry[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  } catch (cause) {
    throw unreadable(folder, cause);
  }
}

function unreadable(path: string, cause: unknown): SupportBundleError {
  const why = cause instanceof Deno.errors.NotFound
    ? "there is no such file or folder"
    : cause instanceof Deno.errors.PermissionDenied
    ? "permission denied"
    : describeError(cause);
  return new SupportBundleError(`Cannot read the bundle "${path}": ${why}`, {
    code: "BUNDLE_NOT_FOUND",
    hint: "Name a bundle (.tar.gz, .tgz or .tar, with .age if encrypted), or the folder it was unpacked into",
    cause,
  });
}
