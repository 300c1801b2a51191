import { join } from "node:path";

/** Paths of all files below a folder. What goes away meanwhile is passed over. */
export async function filesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  const visit = async (at: string) => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(at)) {
      if (isDirectory) await visit(join(at, name)).catch(() => {});
      else if (isFile) found.push(join(at, name));
    }
  };
  await visit(folder).catch(() => {});
  return found;
}
