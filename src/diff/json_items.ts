import { concatBytes } from "../core/concat_bytes.ts";
import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from "../core/json_scan.ts";

/** One item; what is larger is counted and passed over. */
const MAX_ITEM_BYTES = 8 * 1024 * 1024;
/** What stands around the lists of items. */
const MAX_HEAD_BYTES = 1024 * 1024;
const MAX_KEY_BYTES = 64;

export interface JsonHead {
  /** What stands around the items, with their lists empty; undefined when it cannot be read. Of a text without a list of
   * items it is all of it. */
  value: unknown;
  /** True when there was a list of items. */
  listed: boolean;
  /** False when the text is no JSON that ends where it should, or an item could not be read. */
  complete: boolean;
  /** Items that were larger than 8 MiB, and elements that are no objects. */
  passedOver: number;
}

/** Takes a JSON text apart as it comes, an item at a time: memory holds one of them, however large the text is.
 *
 * Items are the objects in a list at the top, or in the lists that are values of the wanted keys of an object at the top.
 * The text is balanced, not validated; whoever gets an item parses it. */
export class JsonItems {
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Depth of the elements of the list that is being read; -1: outside of such a list. */
  #itemDepth = -1;
  #itemKey = "";
  /** Behind the beginning of a list of items, or a comma in it. */
  #expectsItem = false;
  #item?: Uint8Array[];
  #itemBytes = 0;
  /** Bytes of the last string at depth 1, while it is read. */
  #string?: number[];
  #key = "";
  readonly #head: Uint8Array[] = [];
  #headBytes = 0;
  #listed = false;
  #started = false;
  #broken = false;
  #passedOver = 0;

  /** @param keys of the object at the top
   * @param take gets an item, and the key of its list, "" for a list at the top; what it throws makes the text incomplete */
  constructor(readonly keys: readonly string[], readonly take: (item: unknown, key: string) => void) {}

  push(chunk: Uint8Array): void {
    /** Where the stretch begins that belongs to the item, or the head. */
    let start = 0;
    const inHead = () => this.#itemDepth < 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) {
          this.#inString = false;
          continue;
        }
        if (this.#string !== undefined && this.#string.length < MAX_KEY_BYTES) this.#string.push(byte);
        continue;
      }
      if (byte <= 32) continue;
      if (this.#expectsItem) {
        this.#expectsItem = false;
        if (byte !== OPEN_OBJECT && byte !== CLOSE_ARRAY) this.#passedOver++;
      }
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (!this.#started) start = i;
        this.#started = true;
        if (this.#depth === this.#itemDepth) {
          if (byte === OPEN_OBJECT) this.#item = [];
          start = i;
        } else if (byte === OPEN_ARRAY && this.#opensItems()) {
          this.#addHead(chunk.subarray(start, i + 1));
          this.#itemDepth = this.#depth + 1;
          this.#itemKey = this.#depth === 0 ? "" : this.#key;
          this.#listed = true;
          this.#expectsItem = true;
        }
        this.#depth++;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        this.#depth--;
        if (this.#depth < 0) this.#broken = true;
        if (this.#depth === this.#itemDepth && this.#item !== undefined) {
          this.#addItem(chunk.subarray(start, i + 1));
          this.#endItem();
        } else if (this.#itemDepth >= 0 && this.#depth < this.#itemDepth) {
          this.#itemDepth = -1;
          start = i;
        }
      } else if (byte === QUOTE) {
        this.#inString = true;
        this.#string = this.#depth === 1 && inHead() ? [] : undefined;
      } else if (byte === COLON && this.#depth === 1 && inHead()) {
        this.#key = this.#string === undefined ? "" : decoder.decode(Uint8Array.from(this.#string));
        this.#string = undefined;
      } else if (byte === COMMA) {
        if (this.#depth === 1 && inHead()) this.#key = "";
        this.#expectsItem = this.#depth === this.#itemDepth;
      }
    }
    if (this.#item !== undefined) this.#addItem(chunk.subarray(start));
    else if (inHead() && this.#started) this.#addHead(chunk.subarray(start));
  }

  end(): JsonHead {
    const complete = this.#started && !this.#broken && this.#depth === 0 && !this.#inString;
    return { value: this.#headValue(), listed: this.#listed, complete, passedOver: this.#passedOver };
  }

  #opensItems(): boolean {
    return this.#depth === 0 ? !this.#listed : this.#depth === 1 && this.keys.includes(this.#key);
  }

  #addItem(piece: Uint8Array): void {
    this.#itemBytes += piece.length;
    if (this.#itemBytes > MAX_ITEM_BYTES) this.#item!.length = 0;
    else this.#item!.push(piece.slice());
  }

  #endItem(): void {
    const bytes = this.#itemBytes <= MAX_ITEM_BYTES ? concatBytes(this.#item!) : undefined;
    this.#item = undefined;
    this.#itemBytes = 0;
    if (bytes === undefined) {
      this.#passedOver++;
      return;
    }
    try {
      this.take(JSON.parse(decoder.decode(bytes)), this.#itemKey);
    } catch {
      this.#broken = true;
    }
  }

  #addHead(piece: Uint8Array): void {
    this.#headBytes += piece.length;
    if (this.#headBytes > MAX_HEAD_BYTES) this.#head.length = 0;
    else this.#head.push(piece.slice());
  }

  #headValue(): unknown {
    if (!this.#started || this.#headBytes > MAX_HEAD_BYTES) return undefined;
    try {
      return JSON.parse(decoder.decode(concatBytes(this.#head)));
    } catch {
      return undefined;
    }
  }
}

const decoder = new TextDecoder();
