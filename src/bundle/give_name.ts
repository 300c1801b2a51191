import { splitArchiveName } from "./archive_name.ts";

/** The names that an archive may get, the one that was asked for first: `x.tar.gz`, `x (1).tar.gz`, `x (2).tar.gz` …, with
 * `.age` at their ends where it has that. */
export function* archiveNames(path: string): Generator<string, never> {
  const { stem, suffix } = splitArchiveName(path);
  yield `${stem}${suffix}`;
  for (let n = 1;; n++) yield `${stem} (${n})${suffix}`;
}

/** Gives a finished file the first of {@linkcode archiveNames} that is free. Nothing is ever replaced, not even what came to
 * be in the meantime.
 * @param inFull makes the file's name from that of an archive
 * @returns the name that it has now */
export async function giveName(part: string, path: string, inFull = (archive: string) => archive): Promise<string> {
  for (const archive of archiveNames(path)) {
    const name = inFull(archive);
    try {
      await Deno.link(part, name);
      await Deno.remove(part);
      return name;
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) continue;
      // Some file systems have no hard links.
      if (await Deno.lstat(name).catch(() => undefined) !== undefined) continue;
      await Deno.rename(part, name);
      return name;
    }
  }
  throw new Error("unreachable");
}
