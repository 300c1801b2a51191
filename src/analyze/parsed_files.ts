import type { BundleReader } from "../bundle/bundle_reader.ts";
import { SupportBundleError } from "../core/errors.ts";
import { parseYaml } from "./yaml_text.ts";

/** Source text of the files that are kept parsed. Parsed JSON takes a few times as much memory as its text. */
const MAX_TEXT = 64 * 1024 * 1024;

/** A MiB of YAML takes seconds to be parsed, and nothing else happens meanwhile. */
const MAX_YAML = 4 * 1024 * 1024;

interface Cache {
  /** By format and path, in the order of use, oldest first. */
  entries: Map<string, { value: unknown; size: number }>;
  size: number;
}

const caches = new WeakMap<BundleReader, Cache>();

/** A bundle that remembers the JSON and YAML it has parsed, so that several analyzers of one run share the work.
 * Nobody may change what {@linkcode json} and {@linkcode yaml} return. */
export class ParsedFiles implements BundleReader {
  readonly #bundle: BundleReader;
  readonly #cache: Cache;
  readonly #signal?: AbortSignal;

  private constructor(bundle: BundleReader, cache: Cache, signal?: AbortSignal) {
    this.#bundle = bundle;
    this.#cache = cache;
    this.#signal = signal;
  }

  /** The one of this bundle. */
  static of(bundle: BundleReader): ParsedFiles {
    if (bundle instanceof ParsedFiles) return bundle;
    let cache = caches.get(bundle);
    if (cache === undefined) caches.set(bundle, cache = { entries: new Map(), size: 0 });
    return new ParsedFiles(bundle, cache);
  }

  /** The same files, but reading throws once the signal is aborted. */
  until(signal: AbortSignal): ParsedFiles {
    return new ParsedFiles(this.#bundle, this.#cache, signal);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    this.#signal?.throwIfAborted();
    return this.#bundle.read(path);
  }

  readText(path: string): Promise<string | undefined> {
    this.#signal?.throwIfAborted();
    return this.#bundle.readText(path);
  }

  find(glob: string): Promise<string[]> {
    this.#signal?.throwIfAborted();
    return this.#bundle.find(glob);
  }

  size(path: string): Promise<number | undefined> {
    return this.#bundle.size?.(path) ?? Promise.resolve(undefined);
  }

  async stream(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const pieces = await this.#bundle.stream?.(path);
    return pieces && this.#stoppable(pieces);
  }

  async *#stoppable(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.#signal?.throwIfAborted();
      yield piece;
    }
  }

  /** The parsed content, undefined when the file is missing or empty (collectors leave empty files behind when they
   * found nothing).
   * @throws {SupportBundleError} when it is not JSON */
  json(path: string): Promise<unknown> {
    return this.#parsed(path, "JSON", JSON.parse);
  }

  /** The same of the first document of a YAML file; integers are bigints, which tells them from floats.
   * @throws {SupportBundleError} when it is not YAML, or too long to be parsed in reasonable time */
  yaml(path: string): Promise<unknown> {
    return this.#parsed(path, "YAML", (text) => {
      if (text.length > MAX_YAML) throw new Error(`it is longer than ${MAX_YAML / 1024 / 1024} MiB`);
      return parseYaml(text, true);
    });
  }

  async #parsed(path: string, format: "JSON" | "YAML", parse: (text: string) => unknown): Promise<unknown> {
    const { entries } = this.#cache;
    const key = `${format}:${path}`;
    const known = entries.get(key);
    if (known !== undefined) {
      entries.delete(key);
      entries.set(key, known);
      return known.value;
    }
    const text = await this.readText(path);
    if (text === undefined || text.trim() === "") return undefined;
    let value: unknown;
    try {
      value = parse(text);
    } catch (cause) {
      throw new SupportBundleError(`Cannot read ${path} of the bundle as ${format}`, { cause, code: "ANALYZER_INPUT" });
    }
    this.#keep(key, value, text.length);
    return value;
  }

  #keep(key: string, value: unknown, size: number): void {
    const cache = this.#cache;
    if (size > MAX_TEXT || cache.entries.has(key)) return;
    cache.entries.set(key, { value, size });
    cache.size += size;
    for (const [oldest, entry] of cache.entries) {
      if (cache.size <= MAX_TEXT) break;
      cache.entries.delete(oldest);
      cache.size -= entry.size;
    }
  }
}
