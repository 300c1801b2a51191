import type { ParsedTarEntry } from "modern-tar";
import { bundlePath, UnsafePathError } from "../../../bundle/bundle_path.ts";
import { dropBody } from "../../../bundle/drop_body.ts";
import { type Entry, type FileEntry, missing } from "../../../bundle/entry.ts";
import { limitOf, readTar, type TarCount } from "./tar_files.ts";

/** What one archive of a pod may add to a bundle. */
const MAX_ARCHIVE_BYTES = 60_000_000;
const BLOCK_BYTES = 512;
const ZEROS = new Uint8Array(64 * 1024);
const PACKED_TYPES = new Set(["file", "directory", "symlink", "link"]);
/** What packing writes anew from the header's own fields. */
const OWN_PAX = new Set(["path", "linkpath", "size"]);

export interface ArchiveOptions {
  path: string;
  source: string;
  maxBytes?: number;
}

/** An archive as one file of the bundle: with what is safe to unpack in the one that comes, up to a size, and whole even
 * when the stream breaks or is cut. Yields nothing when there is nothing in it.
 * @throws what broke the stream, after the file */
export async function* repackTar(
  tar: ReadableStream<Uint8Array>,
  { path, source, maxBytes = MAX_ARCHIVE_BYTES }: ArchiveOptions,
): AsyncGenerator<Entry, TarCount> {
  const { createTarPacker } = await import("modern-tar");
  using archive = await readTar(tar);
  const entries = archive.entries[Symbol.asyncIterator]();
  const packing = new Packing(maxBytes);
  const first = await entries.next();
  if (first.done) return packing.count;

  const { readable, controller } = createTarPacker();
  const reader = readable.getReader();
  let unwanted = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel(reason) {
      unwanted = true;
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  const entry: FileEntry = { type: "file", path, source, body };
  const packed = (async () => {
    try {
      for (let next: IteratorResult<ParsedTarEntry> = first; !next.done; next = await entries.next()) {
        if (!await packing.add(next.value, controller)) break;
      }
    } catch (error) {
      packing.broken ??= { error };
    }
    try {
      if (packing.broken !== undefined) entry.truncated = { limit: limitOf(packing.broken.error) };
      else if (packing.count.cut) entry.truncated = { limit: `${maxBytes} bytes` };
      controller.finalize();
    } catch {
      // Nobody reads it any more, and its reader knows why.
    }
  })();
  yield entry;
  if (!body.locked) await body.cancel();
  await packed;
  if (unwanted) return packing.count;
  for (const note of packing.notes) yield missing(path, ...note);
  if (packing.broken !== undefined) throw packing.broken.error;
  return packing.count;
}

type Controller = ReturnType<typeof import("modern-tar").createTarPacker>["controller"];

class Packing {
  readonly count: TarCount = { files: 0, others: 0, cut: false };
  readonly notes: [reason: "failed" | "too-large", message: string][] = [];
  broken?: { error: unknown };
  readonly #links = new Set<string>();
  #left: number;

  constructor(maxBytes: number) {
    this.#left = maxBytes - 2 * BLOCK_BYTES;
  }

  /** @returns false when nothing more shall follow */
  async add({ header, body }: ParsedTarEntry, controller: Controller): Promise<boolean> {
    const { type = "file" } = header;
    const name = this.#safeName(header.name);
    const outside = type === "link" && safePath(header.linkname ?? "") === undefined;
    if (name === undefined || outside || !PACKED_TYPES.has(type)) {
      await dropBody(body.getReader());
      this.count.others++;
      if (name === undefined || outside) this.#refuse(header.name);
      return true;
    }
    const needed = 4 * BLOCK_BYTES + 2 * header.name.length + Math.ceil(header.size / BLOCK_BYTES) * BLOCK_BYTES;
    if (needed > this.#left) {
      await body.cancel().catch(() => {});
      this.count.cut = true;
      this.notes.push(["too-large", `The rest was left out, from "${header.name}" on: the archive would be too large`]);
      return false;
    }
    this.#left -= needed;
    if (type === "symlink") this.#links.add(name);
    if (type === "file") this.count.files++;
    else this.count.others++;
    const pax = Object.fromEntries(Object.entries(header.pax ?? {}).filter(([key]) => !OWN_PAX.has(key)));
    const writer = controller.add({
      ...header,
      name: type === "directory" ? `${name}/` : name,
      mode: (header.mode ?? 0o644) & 0o777,
      pax: Object.keys(pax).length > 0 ? pax : undefined,
    }).getWriter();
    let left = header.size;
    try {
      for await (const chunk of body) {
        await writer.write(chunk);
        left -= chunk.length;
      }
    } catch (error) {
      this.broken = { error };
      this.notes.push(["failed", `"${header.name}" is not complete in the archive: its end is zeros`]);
    }
    for (; left > 0; left -= ZEROS.length) await writer.write(ZEROS.subarray(0, left));
    await writer.close();
    return this.broken === undefined;
  }

  /** Undefined for a name outside the folder that the archive is unpacked in, be it through a link of the archive. */
  #safeName(name: string): string | undefined {
    const safe = safePath(name);
    if (safe === undefined) return undefined;
    const parts = safe.split("/");
    return parts.some((_, i) => this.#links.has(parts.slice(0, i).join("/"))) ? undefined : safe;
  }

  #refuse(name: string): void {
    if (this.notes.length < 10) {
      this.notes.push(["failed", `left out: "${name.slice(0, 200)}" would lie outside the archive's folder`]);
    }
  }
}

function safePath(name: string): string | undefined {
  try {
    // A folder may be packed as ".", which has no other name.
    return /^(?:\.?\/)*\.?$/.test(name) && name !== "" ? "." : bundlePath(name);
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined;
    throw error;
  }
}
