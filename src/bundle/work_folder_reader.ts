import type { BundleReader } from "./bundle_reader.ts";
import { bundlePath } from "./bundle_path.ts";
import { shellGlob } from "./shell_glob.ts";
import type { WorkFolder } from "./work_folder.ts";

/** Lets analyzers read a bundle that is not yet an archive. */
export function readWorkFolder(folder: WorkFolder): BundleReader {
  function read(path: string): Uint8Array | undefined {
    const canonical = safely(() => bundlePath(path));
    return canonical === undefined ? undefined : folder.read(canonical);
  }
  return {
    read: (path) => Promise.resolve(read(path)),
    readText(path) {
      const bytes = read(path);
      return Promise.resolve(bytes === undefined ? undefined : new TextDecoder().decode(bytes));
    },
    find(glob) {
      const matches = shellGlob(glob);
      const paths = [...folder.files(), ...folder.links()].map((file) => file.path);
      return Promise.resolve(paths.filter(matches).sort());
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
