import type { BundleReader } from "./bundle_reader.ts";
import { bundlePath } from "./bundle_path.ts";
import { shellGlob } from "./shell_glob.ts";
import type { WorkFolder } from "./work_folder.ts";

/** Lets analyzers read a bundle that is not yet an archive. */
export function readWorkFolder(folder: WorkFolder): BundleReader {
  async function read(path: string): Promise<Uint8Array | undefined> {
    const canonical = safely(() => bundlePath(path));
    const file = canonical === undefined ? undefined : folder.resolve(canonical);
    return file === undefined ? undefined : await Deno.readFile(file);
  }
  return {
    read,
    async readText(path) {
      const bytes = await read(path);
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
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
