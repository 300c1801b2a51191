import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileEntry } from "../../../bundle/entry.ts";
import { boundBody } from "../../bounded_body.ts";
import { raceAgainst } from "../../../core/race_against.ts";

/** A file found below a folder, or why something there cannot be read. */
export type FoundFile =
  | { path: string; relative: string; size: number }
  | { path: string; relative: string; error: unknown };

/** Walks a file or a folder: regular files only, symbolic links followed, names in order.
 *
 * A folder that contains itself through a link is entered once on each way down. Devices, sockets and pipes are passed
 * over: reading them may block for ever.
 * @param relative what `path` is called in the result; names below it follow after a slash */
export async function* walkFiles(path: string, relative: string, signal: AbortSignal): AsyncGenerator<FoundFile> {
  yield* walk(path, relative, [], signal);
}

async function* walk(
  path: string,
  relative: string,
  above: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<FoundFile> {
  signal.throwIfAborted();
  let names: string[];
  let real: string;
  try {
    const info = await stat(path);
    if (info.isFile()) return yield { path, relative, size: info.size };
    if (!info.isDirectory()) return;
    real = await realpath(path);
    if (above.includes(real)) return;
    names = (await readdir(path)).sort();
  } catch (error) {
    return yield { path, relative, error };
  }
  for (const name of names) {
    yield* walk(join(path, name), relative === "" ? name : `${relative}/${name}`, [...above, real], signal);
  }
}

/** A file of the host as an entry that is cut at `maxBytes`. Opened here, so that what cannot be read throws here;
 * read and closed when the body is consumed or cancelled. */
export async function hostFileEntry(
  bundlePath: string,
  hostPath: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FileEntry> {
  const file = await Deno.open(hostPath, { read: true });
  // Files such as /proc/kmsg block a read for ever: the signal ends the body, not the read.
  const aborted = Promise.withResolvers<never>();
  aborted.promise.catch(() => {});
  const orAborted = raceAgainst(aborted.promise);
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  const close = () => {
    signal.removeEventListener("abort", abort);
    try {
      file.close();
    } catch {
      // Closed already: by a cancel after the end.
    }
  };
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = new Uint8Array(65_536);
      try {
        signal.throwIfAborted();
        const read = await orAborted(file.read(chunk));
        if (read !== null) return controller.enqueue(chunk.subarray(0, read));
      } catch (error) {
        close();
        return controller.error(error);
      }
      close();
      controller.close();
    },
    cancel: close,
  }, { highWaterMark: 0 });
  return boundBody({ type: "file", path: bundlePath, body, source: hostPath }, maxBytes);
}
