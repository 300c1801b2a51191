import { basename, dirname, join } from "node:path";

/** Writes a file that only its owner may read, whole or not at all: under another name first, which nobody can have made
 * before, and renamed when its bytes are on the disk.
 * @throws what the file system says; nothing is left then */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}`);
  try {
    {
      using file = await Deno.open(draft, { write: true, createNew: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.sync();
    }
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}
