import type { BundleReader } from "./bundle_reader.ts";
import { bundlePath } from "./bundle_path.ts";
import { FileTooLargeError, MAX_READ_BYTES } from "./file_too_large_error.ts";
import { globFolder, shellGlob } from "./shell_glob.ts";
import type { WorkFolder } from "./work_folder.ts";

/** Lets analyzers read a bundle that is not yet an archive. */
export function readWorkFolder(folder: WorkFolder): BundleReader {
  function read(path: string): Uint8Array | undefined {
    const canonical = safely(() => bundlePath(path));
    const bytes = canonical === undefined ? undefined : folder.size(canonical);
    if (bytes === undefined) return undefined;
    if (bytes > MAX_READ_BYTES) throw new FileTooLargeError(path, bytes);
    return folder.read(canonical!);
  }
  return {
    // deno-lint-ignore require-await -- what it throws is a rejection
    read: async (path) => read(path),
    // deno-lint-ignore require-await -- the same
    async readText(path) {
      const bytes = read(path);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
    },
    size: (path) => Promise.resolve(safely(() => folder.size(bundlePath(path)))),
    async stream(path) {
      const canonical = safely(() => bundlePath(path));
      return canonical === undefined ? undefined : await folder.stream(canonical);
    },
    find(glob) {
      return Promise.resolve(folder.paths(globFolder(glob)).filter(shellGlob(glob)).sort());
    },
  };
}

function safely<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
