import { lstat, readdir } from "node:fs/promises";
import { shellGlob } from "../../../bundle/shell_glob.ts";

/** Expands a shell glob over the host's files: `*`, `?`, `[a-z]`, `[^a]` within one level, a backslash before a literal
 * (not on Windows). Hidden files match. The result is sorted. A pattern without wildcards names itself, if it exists. */
export async function expandGlob(pattern: string, signal: AbortSignal): Promise<string[]> {
  const parts = (Deno.build.os === "windows" ? pattern.replaceAll("\\", "/") : pattern).split("/");
  let bases = parts[0] === "" ? ["/"] : [""];
  for (const part of parts) {
    if (part === "") continue;
    signal.throwIfAborted();
    const matches = /[*?[\\]/.test(part) ? shellGlob(part) : undefined;
    const next: string[] = [];
    for (const base of bases) {
      const join = (name: string) => base === "" || base.endsWith("/") ? base + name : `${base}/${name}`;
      if (matches === undefined) {
        // A drive of Windows has no entry of its own.
        if (/^[a-z]:$/i.test(join(part)) || await exists(join(part))) next.push(join(part));
        continue;
      }
      const names = await readdir(base === "" ? "." : base).catch(() => []);
      for (const name of names) if (matches(name)) next.push(join(name));
    }
    bases = next;
  }
  return bases.filter((path) => path !== "").sort();
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(() => true, () => false);
}
