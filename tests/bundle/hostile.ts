import { gzipSync } from "node:zlib";
import { concatBytes, type Member, tarOf } from "./tar_bytes.ts";

const BLOCK = 512;
const NAMES = [
  "../../x",
  "/etc/x",
  "r/../../x",
  "r/l/x",
  ".",
  "",
  "r",
  "a\\..\\..\\x",
  "C:\\x",
  "r/\u0000x",
  "r/a.log",
];
const SIZES = ["77777777777", "00000000000", "00000001000", "-0000000001", "99999999999", "\xff\xff\xff\xff\xff\xff"];
const TYPES = "0123456789xgLKSMVDAZ\0";

/** What hostile archives are made from: every kind of member that there is. */
export async function seedArchive(content: string): Promise<Uint8Array> {
  const members: Member[] = [
    [{ name: "r/", type: "directory" }],
    [{ name: "r/a.log" }, content.repeat(40)],
    [{ name: `r/${"deep/".repeat(30)}b.log`, pax: { comment: "c" } }, content],
    [{ name: "r/l", type: "symlink", linkname: "a.log" }],
    [{ name: "r/h", type: "link", linkname: "r/a.log" }],
    [{ name: "r/f", type: "fifo" }],
    [{ name: "r/c.gz" }, gzipSync(content)],
    [{ name: "r/d.tgz" }, gzipSync(await tarOf([{ name: "e.log" }, content.repeat(90)]))],
  ];
  return await tarOf(...members);
}

/** A hostile version of a tar archive: some of its bytes, blocks and fields are not what they were. Most still have right
 * checksums, so that a reader gets past them; some are packed with gzip, and damaged again. */
export function mutate(tar: Uint8Array, random: (below: number) => number): Uint8Array {
  let out: Uint8Array = tar.slice();
  for (let n = 1 + random(4); n > 0; n--) out = MUTATIONS[random(MUTATIONS.length)]!(out, random);
  if (random(3) > 0) return out;
  const half = random(out.length);
  const packed = random(2) === 0
    ? gzipSync(out)
    : concatBytes([gzipSync(out.slice(0, half)), gzipSync(out.slice(half))]);
  return random(2) === 0 ? packed : BYTES[random(BYTES.length)]!(new Uint8Array(packed), random);
}

type Mutation = (bytes: Uint8Array, random: (below: number) => number) => Uint8Array;

const flipBytes: Mutation = (bytes, random) => {
  for (let n = 1 + random(8); n > 0; n--) bytes[random(bytes.length)]! ^= 1 << random(8);
  return bytes;
};
const cut: Mutation = (bytes, random) => bytes.subarray(0, random(bytes.length) || 1);
const moveBlocks: Mutation = (bytes, random) => {
  const from = random(bytes.length / BLOCK) * BLOCK;
  const blocks = bytes.slice(from, from + (1 + random(4)) * BLOCK);
  const to = random(bytes.length / BLOCK) * BLOCK;
  return concatBytes([bytes.subarray(0, to), blocks, bytes.subarray(to)]);
};
const dropBlocks: Mutation = (bytes, random) => {
  const from = random(bytes.length / BLOCK) * BLOCK;
  return concatBytes([bytes.subarray(0, from), bytes.subarray(from + (1 + random(3)) * BLOCK)]);
};
const noise: Mutation = (bytes, random) => {
  const from = random(bytes.length);
  for (let i = from; i < Math.min(bytes.length, from + random(600)); i++) bytes[i] = random(256);
  return bytes;
};
/** Writes a field of some header, and its checksum. */
const field = (at: number, length: number, values: readonly string[]): Mutation => (bytes, random) => {
  const headers: number[] = [];
  for (let i = 0; i + BLOCK <= bytes.length; i += BLOCK) if (bytes[i + 257] === 0x75) headers.push(i);
  if (headers.length === 0) return bytes;
  const start = headers[random(headers.length)]!;
  const value = values[random(values.length)]!;
  for (let i = 0; i < length; i++) bytes[start + at + i] = value.charCodeAt(i) || 0;
  const header = bytes.subarray(start, start + BLOCK);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0).toString(8).padStart(6, "0");
  for (let i = 0; i < 6; i++) header[148 + i] = sum.charCodeAt(i);
  header[154] = 0;
  return bytes;
};

const BYTES = [flipBytes, cut, noise];
const MUTATIONS = [
  ...BYTES,
  moveBlocks,
  dropBlocks,
  field(0, 100, NAMES),
  field(124, 12, SIZES),
  field(156, 1, [...TYPES]),
  field(157, 100, NAMES),
  field(345, 155, NAMES),
];
