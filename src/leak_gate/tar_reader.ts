import { concatBytes } from "../core/concat_bytes.ts";

const BLOCK_BYTES = 512;
/** Longest name, as an extended header or a GNU header gives it. */
const MAX_NAME_BYTES = 64 * 1024;

/** An entry of a tar archive. What of its body is not read is passed over. */
export interface TarEntry {
  name: string;
  /** What a link leads to; else empty. */
  link: string;
  /** All of it where it is at hand already. */
  body: Uint8Array | AsyncIterable<Uint8Array>;
}

export class TarError extends Error {}

/** True when bytes begin with the header of a tar archive's entry, by its checksum. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < BLOCK_BYTES || block[0] === 0) return false;
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK_BYTES; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum === octal(block, 148, 8);
}

/** Reads a tar archive as it comes.
 * @param damaged told when what comes next is no header: all the rest, from there on, is then the body of a last entry
 * @throws {TarError} when it is cut. What had come until then has been read */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, damaged: () => void): AsyncGenerator<TarEntry> {
  const input = new Input(chunks);
  let own: Extension = {};
  let ended = false;
  for (;;) {
    const header = input.blockAtOnce() ?? await input.block();
    if (header === undefined) break;
    if (header.every((byte) => byte === 0)) {
      ended = true;
      continue;
    }
    if (!isTarHeader(header)) {
      damaged();
      return yield { name: "", link: "", body: input.rest(header) };
    }
    const type = String.fromCharCode(header[156] || 48);
    input.begin(own.size ?? number(header, 124, 12));
    if (type === "x" || type === "L" || type === "K") {
      if (input.left > MAX_NAME_BYTES) throw new TarError("a header is too long");
      own = { ...own, ...extension(type, await input.text()) };
      continue;
    }
    const body = input.wholeBody() ?? input.body();
    yield { name: own.name ?? nameOf(header), link: own.link ?? cString(header, 157, 100), body };
    own = {};
    if (!input.skipAtOnce()) await input.skipBody();
  }
  if (!ended) throw new TarError("its end is missing");
}

/** What a header says of the entry behind it. */
interface Extension {
  name?: string;
  link?: string;
  size?: number;
}

function extension(type: "x" | "L" | "K", text: string): Extension {
  if (type === "L") return { name: text };
  if (type === "K") return { link: text };
  // `25 path=a/b\n` and so on
  const fields = new Map([...text.matchAll(/^\d+ ([\w.]+)=(.*)$/gm)].map(([, key, value]) => [key!, value!]));
  return {
    ...fields.has("path") ? { name: fields.get("path") } : {},
    ...fields.has("linkpath") ? { link: fields.get("linkpath") } : {},
    ...fields.has("size") ? { size: Number(fields.get("size")) } : {},
  };
}

/** Bytes of an archive, taken in the sizes that its headers name. */
class Input {
  /** Of the body at hand. */
  left = 0;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = new Uint8Array(0);
  #padding = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns what there is where it ends in the middle of one; undefined at the end */
  async block(): Promise<Uint8Array | undefined> {
    let block = await this.#take(BLOCK_BYTES);
    if (block.length === 0) return undefined;
    while (block.length < BLOCK_BYTES) {
      const piece = await this.#take(BLOCK_BYTES - block.length);
      if (piece.length === 0) break;
      block = concatBytes([block, piece]);
    }
    return block;
  }

  /** @param size of the body that comes next */
  begin(size: number): void {
    this.left = size;
    this.#padding = (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES;
  }

  // What is at hand is taken without waiting: an archive has thousands of small files.

  blockAtOnce(): Uint8Array | undefined {
    return this.#held.length >= BLOCK_BYTES ? this.#takeHeld(BLOCK_BYTES) : undefined;
  }

  wholeBody(): Uint8Array | undefined {
    if (this.left > this.#held.length) return undefined;
    const body = this.#takeHeld(this.left);
    this.left = 0;
    return body;
  }

  skipAtOnce(): boolean {
    if (this.left + this.#padding > this.#held.length) return false;
    this.#takeHeld(this.left + this.#padding);
    this.left = this.#padding = 0;
    return true;
  }

  async *body(): AsyncGenerator<Uint8Array> {
    while (this.left > 0) {
      const piece = await this.#more(this.left);
      this.left -= piece.length;
      yield piece;
    }
  }

  async *rest(first: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let piece = first; piece.length > 0; piece = await this.#take(Infinity)) yield piece;
  }

  /** Passes over what is left of the body, and what fills its last block. */
  async skipBody(): Promise<void> {
    for await (const _ of this.body());
    while (this.#padding > 0) this.#padding -= (await this.#more(this.#padding)).length;
  }

  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.body()) pieces.push(piece);
    await this.skipBody();
    return decoder.decode(concatBytes(pieces)).replace(/\0+$/, "");
  }

  async #more(max: number): Promise<Uint8Array> {
    const piece = await this.#take(max);
    if (piece.length === 0) throw new TarError("it ends in the middle of an entry");
    return piece;
  }

  /** At most `max` bytes, none at the end. */
  async #take(max: number): Promise<Uint8Array> {
    while (this.#held.length === 0) {
      const next = await this.#chunks.next();
      if (next.done) return this.#held;
      const { buffer, byteOffset, length } = next.value;
      this.#held = new Uint8Array(buffer, byteOffset, length); // whose parts cost less than those of a Buffer
    }
    return this.#takeHeld(max);
  }

  #takeHeld(max: number): Uint8Array {
    const taken = this.#held.subarray(0, max);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }
}

const decoder = new TextDecoder();

function nameOf(header: Uint8Array): string {
  const prefix = header[257] === 0x75 ? cString(header, 345, 155) : ""; // "ustar"
  return (prefix === "" ? "" : `${prefix}/`) + cString(header, 0, 100);
}

function cString(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}

function octal(block: Uint8Array, at: number, length: number): number {
  return parseInt(cString(block, at, length).trim() || "0", 8);
}

/** A number in octal digits, or in binary where these do not suffice. */
function number(block: Uint8Array, at: number, length: number): number {
  if ((block[at]! & 0x80) === 0) return octal(block, at, length);
  let value = block[at]! & 0x7f;
  for (let i = 1; i < length; i++) value = value * 256 + block[at + i]!;
  if (!Number.isSafeInteger(value)) throw new TarError("an entry is too large");
  return value;
}
