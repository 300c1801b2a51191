import type { BundleReader } from "../bundle/bundle_reader.ts";
import { globFolder, shellGlob } from "../bundle/shell_glob.ts";
import { type AnalyzerEntry, runAnalyzers } from "./run_analyzers.ts";

/** Finds out which files analyzers are going to read, before there are any: runs them over a bundle without files that
 * remembers what it is asked for. What they ask for only because of what is in another file is not known then.
 * @returns a test for paths of a bundle */
export async function wantedFiles(
  entries: readonly AnalyzerEntry[],
  signal: AbortSignal,
): Promise<(path: string) => boolean> {
  const asked = new AskedFor();
  for await (const _ of runAnalyzers(entries, asked, { signal }));
  return (path) => asked.includes(path);
}

class AskedFor implements BundleReader {
  readonly #paths = new Set<string>();
  readonly #globs = new Set<string>();
  /** By the folder that all they match lies in. */
  readonly #byFolder = new Map<string, ((path: string) => boolean)[]>();

  read(path: string): Promise<undefined> {
    this.#paths.add(path);
    return Promise.resolve(undefined);
  }

  readText(path: string): Promise<undefined> {
    return this.read(path);
  }

  find(glob: string): Promise<string[]> {
    if (!/[*?[\\]/.test(glob)) this.#paths.add(glob);
    else if (!this.#globs.has(glob)) {
      this.#globs.add(glob);
      const folder = globFolder(glob);
      this.#byFolder.set(folder, [...this.#byFolder.get(folder) ?? [], shellGlob(glob)]);
    }
    return Promise.resolve([]);
  }

  includes(path: string): boolean {
    if (this.#paths.has(path)) return true;
    for (let end = 0; end >= 0;) {
      const matchers = this.#byFolder.get(path.slice(0, end)) ?? [];
      if (matchers.some((matches) => matches(path))) return true;
      end = path.indexOf("/", end) + 1 || -1;
    }
    return false;
  }
}
