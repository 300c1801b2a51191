import { systemClock } from "../core/clock.ts";
import { formatDuration } from "../core/duration.ts";
import { isLocked, StoreError, toStoreError } from "./store_error.ts";

/** How long a locked file is asked again. SQLite itself waits five seconds in most cases, and gives up at once in some. */
export const LOCKED_FOR_MS = 5_000;
/** Reads of a file that another process holds exclusively, and calls to a server that is gone, never return by
 * themselves. */
export const CALL_TIMEOUT_MS = 20_000;
const CONFLICT_ATTEMPTS = 60;
/** What `Deno.Kv.getMany` takes. */
const GET_MANY = 10;
const PARALLEL_READS = 4;

export type KvEntry = Deno.KvEntry<unknown>;
export type KvEntryMaybe = Deno.KvEntryMaybe<unknown>;

/** The calls to Deno KV that the store makes: each bounded in time, asked again while the file is locked, and failing with
 * a {@linkcode StoreError} alone. */
export class KvSession {
  readonly #kv: Deno.Kv;
  /** Path or URL, for messages. */
  readonly place: string;
  readonly #timeoutMs: number;
  #closed = false;
  /** The last call never returned: closing a file would wait for it, and stop the whole process. */
  #stuck = false;

  constructor(kv: Deno.Kv, place: string, timeoutMs = CALL_TIMEOUT_MS) {
    this.#kv = kv;
    this.place = place;
    this.#timeoutMs = timeoutMs;
  }

  get(key: Deno.KvKey): Promise<KvEntryMaybe> {
    return this.#call(() => this.#kv.get(key));
  }

  /** In the order of the keys, as many as are asked for. */
  async getMany(keys: readonly Deno.KvKey[]): Promise<KvEntryMaybe[]> {
    const found: KvEntryMaybe[] = [];
    const step = GET_MANY * PARALLEL_READS;
    for (let i = 0; i < keys.length; i += step) {
      const groups: Promise<KvEntryMaybe[]>[] = [];
      for (let j = i; j < Math.min(i + step, keys.length); j += GET_MANY) {
        groups.push(this.#call(() => this.#kv.getMany<unknown[]>([...keys.slice(j, j + GET_MANY)])));
      }
      for (const group of await Promise.all(groups)) found.push(...group);
    }
    return found;
  }

  /** Entries in batches; between them others may write. */
  async *list(
    selector: Deno.KvListSelector,
    options: { limit?: number; reverse?: boolean; batchSize?: number } = {},
  ): AsyncGenerator<KvEntry> {
    const { limit = Infinity, reverse = false, batchSize = 500 } = options;
    let left = limit;
    let cursor: string | undefined;
    while (left > 0) {
      const size = Math.min(batchSize, left);
      const batch: { entries: KvEntry[]; cursor: string } = await this.#call(async () => {
        const iterator = this.#kv.list(selector, { limit: size, reverse, batchSize: size, cursor });
        const entries: KvEntry[] = [];
        for await (const entry of iterator) entries.push(entry);
        return { entries, cursor: iterator.cursor };
      });
      yield* batch.entries;
      if (batch.entries.length < size) return;
      left -= batch.entries.length;
      cursor = batch.cursor;
    }
  }

  /** @returns false when a check failed */
  async commit(operation: Deno.AtomicOperation): Promise<boolean> {
    return (await this.#call(() => operation.commit())).ok;
  }

  atomic(): Deno.AtomicOperation {
    return this.#kv.atomic();
  }

  /** Reads, decides and commits until no other writer comes in between.
   * @param attempt returns `again` when its commit conflicted */
  async untilCommitted<T>(what: string, attempt: () => Promise<T | typeof again>): Promise<T> {
    for (let i = 0; i < CONFLICT_ATTEMPTS; i++) {
      const result = await attempt();
      if (result !== again) return result as T;
      if (i > 1) await systemClock.sleep(Math.random() * Math.min(100, 2 ** i));
    }
    throw new StoreError(`Cannot ${what}: other writers came first ${CONFLICT_ATTEMPTS} times`, {
      code: "STATE_CONTENDED",
      hint: "Try again",
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#stuck || this.#isRemote) this.#kv.close();
  }

  get #isRemote(): boolean {
    return /^https?:/.test(this.place);
  }

  async #call<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError(`The store ${this.place} is closed`, { code: "STATE_CLOSED" });
    // Waiting for a lock is I/O, not a schedule: it goes by the machine's clock even where tests turn another.
    const until = performance.now() + Math.min(LOCKED_FOR_MS, this.#timeoutMs);
    for (let delayMs = 5;; delayMs = Math.min(delayMs * 2, 400)) {
      try {
        return await this.#inTime(operation());
      } catch (error) {
        if (!isLocked(error) || performance.now() + delayMs > until) throw toStoreError(error, this.place);
        await systemClock.sleep(delayMs * (0.5 + Math.random() / 2));
      }
    }
  }

  async #inTime<T>(call: Promise<T>): Promise<T> {
    let timer: number | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#stuck = true;
        const message = `The store ${this.place} did not answer within ${formatDuration(this.#timeoutMs)}`;
        reject(
          this.#isRemote
            ? new StoreError(message, {
              code: "STATE_UNREACHABLE",
              hint: "Check that the KV server runs and that DENO_KV_ACCESS_TOKEN is its token",
            })
            : new StoreError(message, { code: "STATE_LOCKED", hint: "Look for a process that holds the file" }),
        );
      }, this.#timeoutMs);
    });
    try {
      const result = await Promise.race([call, late]);
      this.#stuck = false;
      return result;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Holds while the entry is as it was read, absent or present. */
export function asCheck(entry: KvEntryMaybe): Deno.AtomicCheck {
  return { key: entry.key, versionstamp: entry.versionstamp };
}

/** What an attempt returns when its commit conflicted with another writer. */
export const again = Symbol("again");
