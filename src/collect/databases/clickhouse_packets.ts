import type { Socket } from "node:net";
import { concatBytes } from "../../core/concat_bytes.ts";
import { SupportBundleError } from "../../core/errors.ts";

const MAX_TEXT_BYTES = 100_000;

/** What ClickHouse's packets are made of, from a connection. Each call waits until the server has sent enough.
 * @throws what ended the connection, or {SupportBundleError} for what cannot be meant */
export class PacketReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  async bytes(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const found = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      if (this.#chunk.length === 0) {
        const { done, value } = await this.#chunks.next();
        if (done) throw new SupportBundleError("The server closed the connection");
        this.#chunk = value;
      }
      const part = this.#chunk.subarray(0, count - filled);
      found.set(part, filled);
      filled += part.length;
      this.#chunk = this.#chunk.subarray(part.length);
    }
    return found;
  }

  async byte(): Promise<number> {
    return (await this.bytes(1))[0]!;
  }

  /** Seven bits a byte, the lowest first; the eighth says that more follow. */
  async number(): Promise<number> {
    let value = 0;
    for (let i = 0; i < 7; i++) {
      const byte = await this.byte();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new SupportBundleError("The server sent a number that is too large");
  }

  async text(): Promise<string> {
    const length = await this.number();
    if (length > MAX_TEXT_BYTES) throw new SupportBundleError("The server sent a text that is too long");
    return new TextDecoder().decode(await this.bytes(length));
  }
}

/** The same the other way round. */
export class PacketWriter {
  #parts: Uint8Array[] = [];

  byte(value: number): this {
    this.#parts.push(Uint8Array.of(value));
    return this;
  }

  number(value: number): this {
    const bytes: number[] = [];
    for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push(value & 0x7f | 0x80);
    this.#parts.push(Uint8Array.of(...bytes, value));
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    this.number(bytes.length).#parts.push(bytes);
    return this;
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const parts = this.#parts;
    this.#parts = [];
    return concatBytes(parts);
  }
}
