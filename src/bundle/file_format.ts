/** What a file is packed with. `gzip` and `tar` can be looked into here. */
export type PackedFormat = "gzip" | "tar" | "zip" | "zstd" | "xz" | "bzip2" | "7z" | "rar" | "lz4";

const MAGIC: [format: PackedFormat, bytes: number[]][] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["zip", [0x50, 0x4b, 0x05, 0x06]], // one without files
  ["zip", [0x50, 0x4b, 0x07, 0x08]], // one of several volumes
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["7z", [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ["rar", [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
];

/** So many bytes of a file tell its format. */
export const FORMAT_BYTES = 512;

/** What the first bytes of a file say it is packed with, whatever its name; undefined for all other files. */
export function packedFormat(head: Uint8Array): PackedFormat | undefined {
  const found = MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0];
  // "BZh" may begin a text; what follows is the size of a block, and the digits of pi.
  if (found === "bzip2") return head[3]! >= 0x31 && head[3]! <= 0x39 && head[4] === 0x31 ? found : undefined;
  return found ?? (isTarHeader(head) ? "tar" : undefined);
}

/** True for the first block of a tar archive, of old ones without a magic word too: its checksum is right. */
function isTarHeader(block: Uint8Array): boolean {
  if (block.length < 512 || block[0] === 0) return false;
  let stored = 0;
  for (let i = 148; i < 156; i++) {
    const digit = block[i]! - 0x30;
    if (digit >= 0 && digit <= 7) stored = stored * 8 + digit;
    else if (block[i] !== 0 && block[i] !== 0x20) return false;
  }
  let sum = 8 * 0x20;
  for (let i = 0; i < 512; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum === stored;
}
