import type { Entry } from "../../../../bundle/entry.ts";

/** Hands entries from several producers to one reader, and lets producers wait while more than `maxBytes` lie there. */
export class EntryQueue {
  readonly #entries: Queued[] = [];
  #bytes = 0;
  #ended = false;
  #error: unknown;
  #wakeReader?: () => void;
  #wakeWriters: (() => void)[] = [];

  constructor(readonly maxBytes: number) {}

  /** Adds an entry, and resolves when the next one is welcome. An entry that holds nothing never waits.
   * @param bytes what the entry holds in memory
   * @param passed called when the reader has moved on: who has not read this entry by now will not */
  async push(entry: Entry, bytes = 0, passed?: () => void): Promise<void> {
    if (this.#ended) return passed?.();
    this.#entries.push({ entry, bytes, passed });
    this.#bytes += bytes;
    this.#wakeReader?.();
    while (bytes > 0 && this.#bytes > this.maxBytes && !this.#ended) {
      await new Promise<void>((resolve) => this.#wakeWriters.push(resolve));
    }
  }

  /** Lets the reader come to an end once it has read what is there. */
  end(): void {
    this.#ended = true;
    this.#wakeReader?.();
    this.#releaseWriters();
  }

  /** Drops what is there. The reader throws the error, if there is one. */
  abort(error?: unknown): void {
    this.#error ??= error;
    for (const { passed } of this.#entries.splice(0)) passed?.();
    this.end();
  }

  async *read(): AsyncGenerator<Entry> {
    while (true) {
      const next = this.#entries.shift();
      if (next !== undefined) {
        try {
          yield next.entry;
        } finally {
          next.passed?.();
        }
        this.#bytes -= next.bytes;
        if (this.#bytes <= this.maxBytes) this.#releaseWriters();
      } else if (this.#ended) {
        if (this.#error !== undefined) throw this.#error;
        return;
      } else {
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    }
  }

  #releaseWriters(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}

interface Queued {
  entry: Entry;
  bytes: number;
  passed?: () => void;
}
