import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { dirname as bundleDirname, relative } from "node:path/posix";
import { createTarPacker } from "modern-tar";
import { EXIT } from "../core/exit_codes.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { gzipMembers } from "./gzip_members.ts";
import { partPath } from "./part_path.ts";
import type { WorkFolder } from "./work_folder.ts";

export interface ArchiveOptions {
  /** The finished archive. Appears under this name when it is whole; an existing file is replaced. */
  path: string;
  /** Folder of all entries. */
  rootName: string;
  /** Paths that come first, so that a reader of the stream meets them early. */
  first?: string[];
  /** Modification time of all entries. */
  mtime: Date;
  /** What is written is what this makes of the archive: no byte of the archive itself touches the disk then. */
  encrypt?(archive: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
  signal?: AbortSignal;
}

export interface WrittenArchive {
  path: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
  /** Paths of files that belong beside it, at its destination too: a detached signature. */
  companions?: string[];
}

/** A file up to this size is read in one go. */
const AT_ONCE_BYTES = 1024 * 1024;

/** Packs a work folder into one tar.gz, in one pass and bounded memory.
 * @throws {SupportBundleError} when the target cannot be written; nothing is left of it then */
export async function writeArchive(folder: WorkFolder, options: ArchiveOptions): Promise<WrittenArchive> {
  const part = partPath(options.path);
  const hash = createHash("sha256");
  let bytes = 0;
  const { readable, controller } = createTarPacker();
  try {
    const packing = pack(folder, options, controller).catch((error) => controller.error(error));
    await Deno.mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
    using file = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 });
    const packed = gzipMembers(readable);
    for await (const chunk of await options.encrypt?.(ReadableStream.from(packed)) ?? packed) {
      options.signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await file.write(rest));
    }
    await packing;
    await file.sync();
  } catch (cause) {
    if (!readable.locked) await readable.cancel(); // nobody has begun to read it
    await Deno.remove(part).catch(() => {});
    if (options.signal?.aborted) throw options.signal.reason;
    throw archiveError(options.path, cause);
  }
  await Deno.rename(part, options.path);
  return { path: options.path, bytes, sha256: hash.digest("hex") };
}

async function pack(
  folder: WorkFolder,
  options: ArchiveOptions,
  controller: ReturnType<typeof createTarPacker>["controller"],
): Promise<void> {
  const first = options.first ?? [];
  const rank = (path: string) => (first.indexOf(path) + 1) || first.length + 1;
  const files = folder.files().sort((a, b) => rank(a.path) - rank(b.path));
  for (const file of files) {
    const entry = controller.add({
      name: `${options.rootName}/${file.path}`,
      size: file.bytes,
      mode: 0o600,
      mtime: options.mtime,
      type: "file",
    });
    if (file.bytes > AT_ONCE_BYTES) {
      await (await folder.stream(file.path))!.pipeTo(entry);
      continue;
    }
    const writer = entry.getWriter();
    if (file.bytes > 0) await writer.write(folder.read(file.path)!);
    await writer.close();
  }
  for (const link of folder.links()) {
    const target = relative(bundleDirname(link.path), link.target);
    const header = { name: `${options.rootName}/${link.path}`, size: 0, mode: 0o777, mtime: options.mtime };
    await controller.add({ ...header, type: "symlink", linkname: target }).close();
  }
  controller.finalize();
}

function archiveError(path: string, cause: unknown): SupportBundleError {
  if (cause instanceof SupportBundleError) return cause;
  const full = (cause as { code?: string }).code === "ENOSPC" || /no space left/i.test(String(cause));
  return new SupportBundleError(
    `Cannot write the archive "${path}": ${full ? "the disk is full" : describeError(cause)}`,
    {
      cause,
      code: full ? "DISK_FULL" : "ARCHIVE_WRITE",
      exitCode: EXIT.disk,
      hint: "Name a file on a disk with free space with --output",
    },
  );
}
