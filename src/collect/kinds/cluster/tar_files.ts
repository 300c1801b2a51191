import { UnsafePathError } from "../../../bundle/bundle_path.ts";
import { dropBody } from "../../../bundle/drop_body.ts";
import { endOnAbort } from "../../../bundle/end_on_abort.ts";
import { type Entry, type FileEntry, missing } from "../../../bundle/entry.ts";
import { isAbort } from "../../../core/errors.ts";
import { ExecBrokenError } from "../../../kube/exec_stream.ts";

/** Bytes that are taken out of one archive, of all files together. */
const MAX_UNPACKED_BYTES = 1_000_000_000;
const MAX_FILES = 10_000;
const MAX_NAME_BYTES = 1024;
/** Names that were left out and are told one by one. */
const MAX_TOLD = 10;

export interface TarOptions {
  /** Where a file of the archive goes.
   * @throws {UnsafePathError} for a name that leads out of its folder */
  path(name: string): string;
  /** Where the archive as a whole would be: for what is missing of it. */
  whole: string;
  source: string;
  maxBytes?: number;
  maxFiles?: number;
}

export interface TarCount {
  files: number;
  /** Folders, links, devices … */
  others: number;
  /** Not everything was unpacked: a limit was reached. */
  cut: boolean;
}

/** The regular files of a tar archive, one after the other as it comes: each body is read before the next entry is asked
 * for, or it is skipped. Links and special files are left out; a second name for a file is a link entry.
 *
 * A stream that breaks is cut in the file that was on its way, after its last whole line.
 * @throws what broke the stream, after that */
export async function* unpackTar(
  tar: ReadableStream<Uint8Array>,
  options: TarOptions,
): AsyncGenerator<Entry, TarCount> {
  const { whole, source, maxBytes = MAX_UNPACKED_BYTES, maxFiles = MAX_FILES } = options;
  const count: TarCount = { files: 0, others: 0, cut: false };
  const places = new Places(options.path);
  let left = maxBytes;
  using archive = await readTar(tar);
  for await (const { header, body } of archive.entries) {
    const isFile = header.type === undefined || header.type === "file";
    const place = isFile || header.type === "link" ? places.take(header.name) : undefined;
    if (place === undefined || "refused" in place) {
      await dropBody(body.getReader());
      if (place === undefined) count.others++;
      else if (place.tell) yield missing(whole, "failed", `left out: ${place.refused}`);
    } else if (!isFile) {
      await dropBody(body.getReader());
      const target = places.of(header.linkname ?? "");
      if (target === undefined) count.others++;
      else yield { type: "link", path: place.path, target };
    } else if (left <= 0 || count.files >= maxFiles) {
      const limit = left <= 0 ? `${maxBytes} bytes` : `${maxFiles} files`;
      yield missing(whole, "too-large", `The rest was left out, from "${header.name}" on: the limit is ${limit}`);
      count.cut = true;
      break;
    } else {
      const file = tarFile({ path: place.path, source, body }, left, maxBytes);
      count.files++;
      yield file.entry;
      await file.skipRest();
      left -= Math.min(header.size, left);
    }
  }
  if (places.untold > 0) {
    yield missing(whole, "failed", `left out: ${places.untold} more files with names of this sort`);
  }
  return count;
}

/** An archive that is read. Disposed early, it cancels its source. */
export async function readTar(tar: ReadableStream<Uint8Array>) {
  const { createTarDecoder } = await import("modern-tar");
  const { readable, writable } = createTarDecoder({ strict: true });
  const stop = new AbortController();
  return {
    entries: tar.pipeThrough({ readable, writable: writable as WritableStream<Uint8Array> }, { signal: stop.signal }),
    [Symbol.dispose]: () => stop.abort(),
  };
}

/** What a body was cut by. */
export function limitOf(error: unknown): string {
  if (isAbort(error)) return "deadline";
  return error instanceof ExecBrokenError ? "connection lost" : "end of the archive";
}

/** One file of an archive on its way into the bundle. */
function tarFile(
  { path, source, body }: { path: string; source: string; body: ReadableStream<Uint8Array> },
  left: number,
  maxBytes: number,
): { entry: FileEntry; skipRest(): Promise<void> } {
  const reader = body.getReader();
  const cut = new AbortController();
  let limit = `${maxBytes} bytes`;
  const bounded = new ReadableStream<Uint8Array>({
    async pull(controller) {
      // The cut comes before the reader hears of an error: then it is no failure, and the file ends after a whole line.
      if (left < 0) {
        cut.abort();
        return controller.close();
      }
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        const kept = value.subarray(0, left);
        left -= value.length;
        if (kept.length > 0) return controller.enqueue(kept);
        cut.abort();
        controller.close();
      } catch (error) {
        limit = limitOf(error);
        cut.abort();
        throw error;
      }
    },
  }, { highWaterMark: 0 });
  const entry: FileEntry = {
    type: "file",
    path,
    source,
    body: endOnAbort(bounded, cut.signal, () => entry.truncated ??= { limit }),
  };
  return {
    entry,
    // A broken stream says so where the next file is asked for.
    skipRest: () => dropBody(reader),
  };
}

/** Where the files of one archive lie in the bundle. No name may lead out of its folder, or make a file of what is a folder
 * already: the finished bundle could not be unpacked. */
class Places {
  readonly #path: (name: string) => string;
  readonly #files = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #folders = new Set<string>();
  #refusals = 0;

  constructor(path: (name: string) => string) {
    this.#path = path;
  }

  take(name: string): { path: string } | { refused: string; tell: boolean } {
    const place = this.#place(name);
    if ("refused" in place) return { ...place, tell: ++this.#refusals <= MAX_TOLD };
    this.#files.set(name, place.path);
    return place;
  }

  get untold(): number {
    return Math.max(0, this.#refusals - MAX_TOLD);
  }

  /** The path of a file that was there before. */
  of(name: string): string | undefined {
    return this.#files.get(name);
  }

  #place(name: string): { path: string } | { refused: string } {
    if (name.length > MAX_NAME_BYTES) return { refused: `a name of ${name.length} characters` };
    let path: string;
    try {
      path = this.#path(name);
    } catch (error) {
      if (error instanceof UnsafePathError) return { refused: error.message };
      throw error;
    }
    const folders = path.split("/").slice(0, -1).map((_, i, parts) => parts.slice(0, i + 1).join("/"));
    if (this.#folders.has(path) || folders.some((folder) => this.#taken.has(folder))) {
      return { refused: `"${name}" is a file and a folder in the archive` };
    }
    this.#taken.add(path);
    for (const folder of folders) this.#folders.add(folder);
    return { path };
  }
}
