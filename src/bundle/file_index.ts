import { globFolder, shellGlob } from "./shell_glob.ts";

const MAX_HOPS = 8;
/** Globs whose matches are remembered. Specs ask for the same few again and again. */
const REMEMBERED = 1000;

/** The names in a bundle, and what each leads to. */
export class FileIndex<Place> {
  readonly #places = new Map<string, Place>();
  readonly #links = new Map<string, string>();
  #sorted?: string[];
  readonly #found = new Map<string, string[]>();

  /** How many files there are, without links. */
  get size(): number {
    return this.#places.size;
  }

  /** Files, without links. */
  places(): IterableIterator<[path: string, place: Place]> {
    return this.#places.entries();
  }

  /** Where a name comes twice, the last one counts. */
  add(path: string, place: Place): void {
    if (!this.#places.has(path)) this.#forget();
    this.#links.delete(path);
    this.#places.set(path, place);
  }

  link(path: string, target: string): void {
    this.#places.delete(path);
    this.#links.set(path, target);
    this.#forget();
  }

  /** The name of the file that a path leads to; undefined when there is none. */
  resolve(path: string): string | undefined {
    let at = path;
    for (let hops = 0; hops <= MAX_HOPS; hops++) {
      const target = this.#links.get(at);
      if (target === undefined) return this.#places.has(at) ? at : undefined;
      at = target;
    }
    return undefined;
  }

  get(path: string): Place | undefined {
    const file = this.resolve(path);
    return file === undefined ? undefined : this.#places.get(file);
  }

  /** Paths of files and of links to files that match, sorted. */
  find(glob: string): string[] {
    const known = this.#found.get(glob);
    if (known !== undefined) return [...known];
    const sorted = this.#sorted ??= this.#sort();
    const folder = globFolder(glob);
    const matches = shellGlob(glob);
    const paths: string[] = [];
    for (let i = firstFrom(sorted, folder); i < sorted.length && sorted[i]!.startsWith(folder); i++) {
      if (matches(sorted[i]!)) paths.push(sorted[i]!);
    }
    if (this.#found.size >= REMEMBERED) this.#found.clear();
    this.#found.set(glob, paths);
    return [...paths];
  }

  #forget(): void {
    this.#sorted = undefined;
    this.#found.clear();
  }

  #sort(): string[] {
    const links = [...this.#links.keys()].filter((path) => this.resolve(path) !== undefined);
    return [...this.#places.keys(), ...links].sort();
  }
}

/** Index of the first that is not before `from`. */
function firstFrom(sorted: readonly string[], from: string): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
