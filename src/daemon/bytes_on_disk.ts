import { join } from "node:path";

/** The sizes of files, and of all files in folders, added up. What is not there counts nothing. */
export async function bytesOnDisk(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    try {
      const info = await Deno.lstat(path);
      if (!info.isDirectory) bytes += info.size;
      else bytes += await bytesOnDisk((await Array.fromAsync(Deno.readDir(path))).map(({ name }) => join(path, name)));
    } catch {
      // It is gone, or was never there.
    }
  }
  return bytes;
}
