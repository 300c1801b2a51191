import { packTar, type TarHeader } from "modern-tar";

const BLOCK = 512;
/** What eleven octal digits can say. */
const MAX_OCTAL_SIZE = 8 ** 11 - 1;

/** What ends a tar archive. */
export const TAR_END = new Uint8Array(2 * BLOCK);

/** Attributes that are written as they came, and those that the header's own fields say again. */
const TIMES = ["mtime", "atime", "ctime"];
const OWN = ["path", "linkpath", "size", "uid", "gid", "uname", "gname", "hdrcharset"];

/** True for a header with more attributes than {@linkcode headerBlocks} writes: comments, or whatever a file system had. */
export function hasOtherAttributes({ pax = {} }: TarHeader): boolean {
  return Object.keys(pax).some((key) => !TIMES.includes(key) && !OWN.includes(key));
}

/** The blocks of a header with what belongs to it, such as a long name. */
export async function headerBlocks(header: TarHeader, size: number): Promise<Uint8Array> {
  const pax = Object.fromEntries(Object.entries(header.pax ?? {}).filter(([key]) => TIMES.includes(key)));
  const isLink = header.type === "symlink" || header.type === "link";
  const packed = await packTar([{ header: { ...header, linkname: isLink ? header.linkname : "", pax, size: 0 } }]);
  const blocks = packed.subarray(0, packed.length - TAR_END.length);
  setSize(blocks, size);
  return blocks;
}

/** Writes the size of a file into the blocks of its header. Their number does not change with it. */
export function setSize(blocks: Uint8Array, size: number): void {
  const block = blocks.subarray(blocks.length - BLOCK);
  if (size <= MAX_OCTAL_SIZE) block.set(ascii(size.toString(8).padStart(11, "0") + "\0"), 124);
  else {
    for (let at = 135, left = size; at >= 124; at--, left = Math.floor(left / 256)) block[at] = left % 256;
    block[124]! |= 0x80;
  }
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += block[i]!;
  block.set(ascii(sum.toString(8).padStart(6, "0") + "\0 "), 148);
}

/** Zeros up to the next block. */
export function padding(size: number): Uint8Array {
  return TAR_END.subarray(0, -(size % BLOCK) & (BLOCK - 1));
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
