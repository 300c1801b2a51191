import type { BundleReader } from "../../src/bundle/bundle_reader.ts";
import { shellGlob } from "../../src/bundle/shell_glob.ts";

/** A bundle of a few files. Values that are no text are written as JSON. Counts how often each file was read. */
export class MemoryBundle implements BundleReader {
  readonly reads = new Map<string, number>();
  readonly #files: Map<string, string>;

  constructor(files: Record<string, unknown>) {
    this.#files = new Map(
      Object.entries(files).map(([path, value]) => [path, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const text = await this.readText(path);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  readText(path: string): Promise<string | undefined> {
    this.reads.set(path, (this.reads.get(path) ?? 0) + 1);
    return Promise.resolve(this.#files.get(path));
  }

  find(glob: string): Promise<string[]> {
    return Promise.resolve([...this.#files.keys()].filter(shellGlob(glob)).sort());
  }
}
