import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

const BLOCK_BYTES = 1024 * 1024;

/** A way to check what arrives: the bytes it is made of, and how the protocol calls it. */
export interface ChecksumKind {
  algorithm: "CRC32" | "SHA256";
  field: "ChecksumCRC32" | "ChecksumSHA256";
  /** `FULL_OBJECT`: the server can make that of the whole from those of the parts. */
  type: "FULL_OBJECT" | "COMPOSITE";
  start(): RunningChecksum;
}

export interface RunningChecksum {
  update(block: Uint8Array): void;
  digest(): Uint8Array;
}

/** SHA-256 in software costs as much as all the rest of an upload, on both sides. */
export const checksumKinds: Readonly<Record<string, ChecksumKind>> = {
  CRC32: {
    algorithm: "CRC32",
    field: "ChecksumCRC32",
    type: "FULL_OBJECT",
    start() {
      let crc = 0;
      return {
        update: (block) => crc = crc32(block, crc),
        digest() {
          const bytes = new Uint8Array(4);
          new DataView(bytes.buffer).setUint32(0, crc);
          return bytes;
        },
      };
    },
  },
  SHA256: {
    algorithm: "SHA256",
    field: "ChecksumSHA256",
    type: "COMPOSITE",
    start: () => createHash("sha256"),
  },
};

/** Reads a file once, in order, and knows the checksums of its parts and of all it has read: the SHA-256, which shows that it
 * is the file it should be, and the one that the server checks. Both are of the same bytes. */
export class FileDigests implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #kind: ChecksumKind;
  readonly #sha256 = createHash("sha256");
  readonly #whole: RunningChecksum;
  readonly #ofParts: RunningChecksum;
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #parts = 0;

  constructor(file: Deno.FsFile, kind: ChecksumKind) {
    this.#file = file;
    this.#kind = kind;
    this.#whole = kind.start();
    this.#ofParts = kind.start();
  }

  /** @returns the checksum of the next `bytes`, in Base64; of fewer where the file ends */
  async nextPart(bytes: number, signal: AbortSignal): Promise<string> {
    const ofPart = this.#kind.start();
    for (let left = bytes; left > 0;) {
      signal.throwIfAborted();
      const count = await this.#file.read(this.#block.subarray(0, Math.min(left, BLOCK_BYTES)));
      if (count === null) break;
      const block = this.#block.subarray(0, count);
      this.#sha256.update(block);
      ofPart.update(block);
      if (this.#kind.type === "FULL_OBJECT") this.#whole.update(block);
      left -= count;
    }
    const digest = ofPart.digest();
    this.#ofParts.update(digest);
    this.#parts++;
    return new Uint8Array(digest).toBase64();
  }

  /** What the server may say of the whole, once all parts were read: some only know checksums of checksums.
   * @returns the SHA-256 of the file in hex beside it */
  finish(): { sha256: string; full?: string; composite: string } {
    const base64 = (sum: RunningChecksum) => new Uint8Array(sum.digest()).toBase64();
    return {
      sha256: this.#sha256.digest("hex"),
      full: this.#kind.type === "FULL_OBJECT" ? base64(this.#whole) : undefined,
      composite: `${base64(this.#ofParts)}-${this.#parts}`,
    };
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
