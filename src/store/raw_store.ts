import { DatabaseSync } from "node:sqlite";
import { concatBytes } from "../core/concat_bytes.ts";

/** How Deno KV marks a value that is bytes; the store has no other records. */
const BYTES = 3;
const PAGE_ROWS = 100;

interface Row {
  k: Uint8Array;
  v: Uint8Array;
}

/** Reads the file of a Deno KV without Deno KV, which ends the process in a damaged file. What cannot be read is passed
 * over. */
export class RawStore implements Disposable {
  readonly #database: DatabaseSync;
  /** Whether everything that was asked for could be read. */
  complete = true;

  /** @throws what SQLite says of a file that is no database */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA busy_timeout = 5000");
  }

  has(key: Deno.KvKey): boolean {
    return this.#try(() => this.#database.prepare("SELECT 1 FROM kv WHERE k = ?").get(encodeKey(key))) !== undefined;
  }

  /** Undefined when there is none, or none that is bytes. */
  get(key: Deno.KvKey): Uint8Array | undefined {
    const select = "SELECT v FROM kv WHERE k = ? AND v_encoding = ?";
    return this.#try(() => this.#database.prepare(select).get(encodeKey(key), BYTES))?.v as Uint8Array | undefined;
  }

  /** Values that are bytes below a prefix, in no certain order: from the first key on to where the file is damaged, then
   * from the last one back to there. */
  *values(prefix: Deno.KvKey): Generator<Uint8Array> {
    // No part of a key begins with 0 or 255.
    const start = concatBytes([encodeKey(prefix), new Uint8Array([0])]);
    const end = concatBytes([encodeKey(prefix), new Uint8Array([255])]);
    const reached = { key: start };
    if (yield* this.#walk(start, end, "ASC", reached)) return;
    this.complete = false;
    yield* this.#walk(reached.key, end, "DESC", { key: end });
  }

  /** @param reached the last key that could be read
   * @returns false when the file is damaged before the other end */
  *#walk(start: Uint8Array, end: Uint8Array, order: "ASC" | "DESC", reached: { key: Uint8Array }) {
    for (let limit = PAGE_ROWS;;) {
      const from = order === "ASC" ? reached.key : start;
      const to = order === "ASC" ? end : reached.key;
      const rows = this.#page(from, to, order, limit);
      if (rows === undefined && limit === 1) return false;
      if (rows === undefined) {
        limit = 1; // up to the damage, one by one
        continue;
      }
      for (const { k, v } of rows) {
        reached.key = k;
        if (v.length > 0) yield v;
      }
      if (rows.length < limit) return true;
    }
  }

  #page(from: Uint8Array, to: Uint8Array, order: "ASC" | "DESC", limit: number): Row[] | undefined {
    const select = "SELECT k, CASE v_encoding WHEN ? THEN v ELSE x'' END AS v " +
      `FROM kv WHERE k > ? AND k < ? ORDER BY k ${order} LIMIT ?`;
    try {
      return this.#database.prepare(select).all(BYTES, from, to, limit) as unknown as Row[];
    } catch {
      return undefined;
    }
  }

  #try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch {
      this.complete = false;
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/** A key as Deno KV writes it, of texts and numbers.
 * @see https://github.com/denoland/denokv/blob/main/proto/codec.rs */
export function encodeKey(key: Deno.KvKey): Uint8Array {
  return concatBytes(key.map((part) => {
    if (typeof part === "string") {
      const text = new TextEncoder().encode(part);
      if (text.includes(0)) throw new TypeError("a key with a zero byte");
      return concatBytes([new Uint8Array([2]), text, new Uint8Array([0])]);
    }
    if (typeof part === "number") {
      const bytes = new Uint8Array(9);
      bytes[0] = 0x21;
      const view = new DataView(bytes.buffer);
      view.setFloat64(1, part);
      if (part < 0) { for (let i = 1; i < 9; i++) bytes[i] = ~bytes[i]!; }
      else bytes[1] = bytes[1]! ^ 0x80;
      return bytes;
    }
    throw new TypeError(`a key with a ${typeof part}`);
  }));
}
