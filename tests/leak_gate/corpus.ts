import { join } from "node:path";
import { Readable } from "node:stream";
import { createGzip, gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { packTar } from "modern-tar";
import type { Leak } from "../../src/leak_gate/leak.ts";
import { scanArchive } from "../../src/leak_gate/scan_archive.ts";
import type { Redactor } from "../../src/redact/redactor.ts";

/** Folder of `make` and `check`; without it, and python3, the corpus tests are skipped. */
export const CORPUS = Deno.env.get("REDACTION_CORPUS") || undefined;

export interface Plant {
  id: string;
  class: string;
  file: string;
  forms: string[];
  parts: string[];
}

export type Tree = Map<string, Uint8Array>;

/** A fresh corpus: its files by bundle path, and what is planted in them. */
export async function makeCorpus(seed: number): Promise<{ files: Tree; plants: Plant[] }> {
  const folder = await Deno.makeTempDir();
  try {
    const out = join(folder, "out");
    const made = await new Deno.Command(join(CORPUS!, "make"), {
      args: [out, "--seed", String(seed), "--no-long-line"],
      stderr: "piped",
    }).output();
    if (!made.success) throw new Error(new TextDecoder().decode(made.stderr));
    const rows = (await Deno.readTextFile(join(out, "truth.jsonl"))).trim().split("\n").map((line) => JSON.parse(line));
    const [root] = [...Deno.readDirSync(out)].filter(({ isDirectory }) => isDirectory);
    const files: Tree = new Map();
    await read(join(out, root!.name), "", files);
    return { files, plants: rows.filter(({ kind }) => kind === "plant") };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function read(folder: string, prefix: string, files: Tree): Promise<void> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    if (isDirectory) await read(join(folder, name), `${prefix}${name}/`, files);
    else if (isFile) files.set(`${prefix}${name}`, await Deno.readFile(join(folder, name)));
  }
}

/** The tree as a run would leave it: what cannot be redacted is left out. */
export async function redactTree(files: Tree, redactor: Redactor): Promise<Tree> {
  const redacted: Tree = new Map();
  for (const [path, bytes] of files) {
    try {
      const body = redactor.redact(path, new Blob([bytes as BlobPart]).stream(), () => {});
      redacted.set(
        path,
        new Uint8Array(await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer()),
      );
    } catch {
      // It is not in the bundle then.
    }
  }
  return redacted;
}

/** What the gate finds in a tree: at plants, by their ids, and where nothing is planted. */
export async function gate(
  files: Tree,
  plants: Plant[],
): Promise<{ found: Set<string>; at: string[]; false: string[] }> {
  const tar = await packTar(
    [...files].map(([path, body]) => ({ header: { name: `root/${path}`, size: body.length }, body })),
  );
  const { leaks } = await scanArchive(() => Readable.from([tar]).pipe(createGzip({ level: 1 })));
  const result = { found: new Set<string>(), at: [] as string[], false: [] as string[] };
  const texts = new Map<string, string>();
  for (const leak of leaks) {
    const { path, line, column, what } = leak;
    const text = texts.get(path) ?? latin1(await fileOf(files, path));
    texts.set(path, text);
    const hit = plants.filter((plant) => plant.file === path && liesAt(plant, text, leak));
    hit.forEach(({ id, file }) => result.found.add(`${file}|${id}`));
    (hit.length > 0 ? result.at : result.false).push(`${path}:${line}:${column} ${what}`);
  }
  return result;
}

/** `x.tar.gz!/member` and `x.gz!` as the corpus and the gate write them. */
async function fileOf(files: Tree, path: string): Promise<Uint8Array> {
  const cut = path.indexOf("!");
  if (cut < 0) return files.get(path)!;
  const plain = gunzipSync(files.get(path.slice(0, cut))!);
  if (path.endsWith("!")) return plain;
  return (await unpackTar(plain)).find(({ header }) => header.name === path.slice(cut + 2))!.data!;
}

function liesAt(plant: Plant, text: string, { line, column, length }: Leak): boolean {
  let start = 0;
  for (let n = 1; n < line; n++) start = text.indexOf("\n", start) + 1;
  start += column - 1;
  return [...plant.forms, ...plant.parts].some((form) => {
    const needle = latin1(new TextEncoder().encode(form));
    const at = text.indexOf(needle, Math.max(0, start - needle.length + 1));
    return needle !== "" && at >= 0 && at < start + length;
  });
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
