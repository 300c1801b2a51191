import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { packTar } from "modern-tar";
import { isTarHeader, readTar, TarError } from "../../src/leak_gate/tar_reader.ts";

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(tar: Uint8Array, chunkBytes: number, damaged = () => {}): Promise<[string, string, string][]> {
  const entries: [string, string, string][] = [];
  for await (const { name, link, body } of readTar(inChunks(tar, chunkBytes), damaged)) {
    let text = "";
    const pieces = body instanceof Uint8Array ? [body] : body;
    for await (const piece of pieces) text += new TextDecoder().decode(piece);
    entries.push([name, link, text]);
  }
  return entries;
}

const file = (name: string, text: string) => ({ header: { name, size: text.length }, body: text });
const longName = `folder/${"n".repeat(180)}/${"m".repeat(90)}.log`;
const tar = await packTar([
  { header: { name: "folder/", size: 0, type: "directory" } },
  file("folder/a.log", "text of a"),
  file("folder/empty", ""),
  file("folder/ünï.log", "x".repeat(512)),
  file(longName, "y".repeat(513)),
  { header: { name: "folder/link", size: 0, type: "symlink", linkname: "a.log" } },
]);
const expect = [
  ["folder/", "", ""],
  ["folder/a.log", "", "text of a"],
  ["folder/empty", "", ""],
  ["folder/ünï.log", "", "x".repeat(512)],
  [longName, "", "y".repeat(513)],
  ["folder/link", "a.log", ""],
];

for (const chunkBytes of [1, 100, 511, 512, 513, 4096, 1 << 20]) {
  Deno.test(`readTar() reads an archive that comes in pieces of ${chunkBytes} bytes`, async () => {
    deepStrictEqual(await read(tar, chunkBytes), expect);
  });
}

Deno.test("readTar() reads what tar(1) writes, with names of any length", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/d/${"n".repeat(120)}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/d/${"n".repeat(120)}/a.log`, "text");
    const { stdout } = await new Deno.Command("tar", { args: ["cf", "-", "--format=gnu", "-C", folder, "d"] }).output();
    ok(isTarHeader(stdout));
    ok((await read(stdout, 1000)).some(([name, , text]) => name === `d/${"n".repeat(120)}/a.log` && text === "text"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTar() passes over what of a body is not read", async () => {
  const names: string[] = [];
  for await (const { name } of readTar(inChunks(tar, 100), () => {})) names.push(name);
  deepStrictEqual(names, expect.map(([name]) => name));
});

const broken: [name: string, tar: Uint8Array, expect: RegExp][] = [
  ["that ends in a body", tar.subarray(0, 1030), /middle of an entry/],
  ["without an end", tar.subarray(0, 512), /its end is missing/],
];
for (const [name, bytes, message] of broken) {
  Deno.test(`readTar() fails with an archive ${name}`, async () => {
    await rejects(read(bytes, 100), (error) => error instanceof TarError && message.test(error.message));
  });
}

Deno.test("readTar() gives the rest of a damaged archive as one body, and says so", async () => {
  const damaged = new Uint8Array([...tar.subarray(0, 1536), ...new TextEncoder().encode("no header ".repeat(100))]);
  let told = 0;
  const entries = await read(damaged, 700, () => told++);
  deepStrictEqual([told, entries.length], [1, 3]);
  ok(entries[2]![2].startsWith("no header no header"));
});
