import { concatBytes } from "../core/concat_bytes.ts";

/** Reads the binary fields of SSH: each with its length in front, as 32 bits.
 * @see https://www.rfc-editor.org/rfc/rfc4251#section-5 */
export class SshReader {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get ended(): boolean {
    return this.#at === this.bytes.length;
  }

  uint32(): number {
    const field = this.take(4);
    return new DataView(field.buffer, field.byteOffset, 4).getUint32(0);
  }

  string(): Uint8Array<ArrayBuffer> {
    return this.take(this.uint32());
  }

  text(): string {
    return new TextDecoder().decode(this.string());
  }

  /** A number that is not negative, without the zero that keeps it from being so. */
  mpint(): Uint8Array<ArrayBuffer> {
    const field = this.string();
    return field.subarray(field.findIndex((byte) => byte !== 0));
  }

  /** @throws when there are fewer */
  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#at + length > this.bytes.length) throw new Error("it ends in the middle");
    return new Uint8Array(this.bytes.slice(this.#at, this.#at += length));
  }
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Fields in a row, as {@linkcode SshReader.string} reads them. */
export function sshStrings(...fields: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return concatBytes(fields.flatMap((field) => {
    const bytes = typeof field === "string" ? new TextEncoder().encode(field) : field;
    return [uint32(bytes.length), bytes];
  })) as Uint8Array<ArrayBuffer>;
}

/** A number that is not negative, as SSH writes it: without zeros in front, but for one where the first bit is set. */
export function sshMpint(big: Uint8Array): Uint8Array {
  const start = big.findIndex((byte) => byte !== 0);
  if (start < 0) return new Uint8Array(0);
  const bytes = big.subarray(start);
  return bytes[0]! < 0x80 ? bytes : concatBytes([new Uint8Array(1), bytes]);
}
