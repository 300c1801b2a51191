import { packTar, type TarHeader } from "modern-tar";
import { concatBytes } from "../../src/core/concat_bytes.ts";

export type Member = [header: Partial<TarHeader> & { name: string }, content?: string | Uint8Array];

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (from: Uint8Array) => new TextDecoder().decode(from);

/** A tar archive of these members. */
export async function tarOf(...members: Member[]): Promise<Uint8Array> {
  return await packTar(members.map(([header, content = ""]) => {
    const body = typeof content === "string" ? bytes(content) : content;
    return { header: { mtime: new Date(1_700_000_000_000), ...header, size: body.length }, body };
  }));
}

/** One header block, with fields that no packer would write. */
export async function tarHeader(
  header: Partial<TarHeader> & { name: string },
  change: (block: Uint8Array) => void = () => {},
): Promise<Uint8Array> {
  const block = (await packTar([{ header: { mtime: new Date(0), ...header, size: 0 } }])).slice(0, 512);
  change(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.set(bytes(sum.toString(8).padStart(6, "0") + "\0 "), 148);
  return block;
}

/** Writes a text into a block, with a zero behind it. */
export function put(block: Uint8Array, at: number, value: string): void {
  block.set(bytes(value), at);
  block[at + value.length] = 0;
}

/** Two blocks of zeros. */
export const TAR_END = new Uint8Array(1024);

export { concatBytes };
