import type { BundleReader } from "../bundle/bundle_reader.ts";
import { SupportBundleError } from "../core/errors.ts";

/** Source text of the files that are kept parsed. Parsed JSON takes a few times as much memory as its text. */
const MAX_TEXT = 64 * 1024 * 1024;

interface Cache {
  /** In the order of use, oldest first. */
  entries: Map<string, { value: unknown; size: number }>;
  size: number;
}

const caches = new WeakMap<BundleReader, Cache>();

/** A bundle that remembers the JSON it has parsed, so that several analyzers of one run share the work.
 * Nobody may change what {@linkcode json} returns. */
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
  async json(path: string): Promise<unknown> {
    const { entries } = this.#cache;
    const known = entries.get(path);
    if (known !== undefined) {
      entries.delete(path);
      entries.set(path, known);
      return known.value;
    }
    const text = await this.readText(path);
    if (text === undefined || text.trim() === "") return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new SupportBundleError(`Cannot read ${path} of the bundle as JSON`, { cause, code: "ANALYZER_INPUT" });
    }
    this.#keep(path, value, text.length);
    return value;
  }

  #keep(path: string, value: unknown, size: number): void {
    const cache = this.#cache;
    if (size > MAX_TEXT || cache.entries.has(path)) return;
    cache.entries.set(path, { value, size });
    cache.size += size;
    for (const [oldest, entry] of cache.entries) {
      if (cache.size <= MAX_TEXT) break;
      cache.entries.delete(oldest);
      cache.size -= entry.size;
    }
  }
}
