/** Measures what redaction hides of a corpus of planted secrets, and what it damages. The table in docs/redaction.md is made
 * from it.
 *
 *   deno run -A scripts/redaction_recall.ts            writes the table (REDACTION_CORPUS: a folder with `make` and `check`) */
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { createRedactor } from "../src/redact/create_redactor.ts";
import type { Redactor } from "../src/redact/redactor.ts";

export const REDACTION_DOC = fileURLToPath(new URL("../docs/redaction.md", import.meta.url));

/** What `check --json` prints, as far as it is used. */
export interface CorpusResult {
  planted: number;
  leaked: number;
  decoys: number;
  damaged: number;
  unparseable: number;
  linesOutsidePlants: number;
  linesOutsidePlantsChanged: number;
  linksLost: string[];
  missingFiles: string[];
  finalNewlineChanged: string[];
  reshapedFiles: string[];
  leakedIntoNewFiles: unknown[];
  byClass: Record<string, Counts>;
  leaks: { id: string; file: string; how: string }[];
  damagedDecoys: { id: string; file: string; text: string }[];
  unparseableFiles: Record<string, string[]>;
}

export interface Counts {
  gone: number;
  planted: number;
}

/** Corpora that the table and the test are made from; one has a line of 12 MiB. */
export const SEEDS: { seed: number; longLine: boolean }[] = [
  { seed: 1, longLine: true },
  ...[2, 3, 4, 5, 6].map((seed) => ({ seed, longLine: false })),
];

/** Makes a corpus, redacts it with the built-in rules and has the result checked. */
export async function measureRecall(
  corpus: string,
  { seed, longLine }: { seed: number; longLine: boolean },
): Promise<CorpusResult> {
  const folder = await Deno.makeTempDir({ prefix: "recall-" });
  try {
    const original = join(folder, "original"), redacted = join(folder, "redacted");
    await run(join(corpus, "make"), [original, "--seed", `${seed}`, ...(longLine ? [] : ["--no-long-line"])]);
    await redactTree(createRedactor({ builtIn: true, custom: [] }), original, redacted);
    return JSON.parse(await run(join(corpus, "check"), [original, redacted, "--json"]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file of the tree, on streams, as the pipeline does it. */
async function redactTree(redactor: Redactor, from: string, to: string): Promise<void> {
  for await (const path of walk(from)) {
    const source = join(from, path), target = join(to, path);
    if (path === "truth.jsonl") continue;
    await Deno.mkdir(dirname(target), { recursive: true });
    if ((await Deno.lstat(source)).isSymlink) {
      await Deno.symlink(await Deno.readLink(source), target);
      continue;
    }
    const body = (await Deno.open(source)).readable;
    const inBundle = path.split(sep).slice(1).join("/");
    const out = await Deno.open(target, { write: true, createNew: true });
    await redactor.redact(inBundle, body, () => {}).pipeTo(out.writable);
  }
}

async function* walk(root: string, folder = root): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* walk(root, path);
    else yield relative(root, path);
  }
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("python3", { args: [program, ...args] }).output();
  if (!success) throw new Error(`${program} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Counts of several corpora, by class. */
export function addUp(results: CorpusResult[]): Record<string, Counts> {
  const sums: Record<string, Counts> = {};
  for (const { byClass } of results) {
    for (const [name, { gone, planted }] of Object.entries(byClass)) {
      const sum = sums[name] ??= { gone: 0, planted: 0 };
      sum.gone += gone;
      sum.planted += planted;
    }
  }
  return sums;
}

/** Hidden of planted, in percent with one decimal. */
export function percent({ gone, planted }: Counts): number {
  return Math.floor((1000 * gone) / planted) / 10;
}

/** The table of recall by class, in Markdown. */
export function renderRecall(results: CorpusResult[]): string {
  const sums = addUp(results);
  const all = Object.values(sums).reduce((a, b) => ({ gone: a.gone + b.gone, planted: a.planted + b.planted }));
  const decoys = results.reduce((sum, result) => sum + result.decoys, 0);
  const damaged = results.reduce((sum, result) => sum + result.damaged, 0);
  const row = (name: string, counts: Counts) =>
    `| ${name} | ${counts.gone} of ${counts.planted} | ${percent(counts).toFixed(1)} % |`;
  return [
    "| class | hidden | recall |",
    "|---|---|---|",
    ...Object.keys(sums).sort().map((name) => row(name, sums[name]!)),
    row("**all**", all),
    "",
    `Of ${decoys} harmless texts that look like secrets, ${damaged} were damaged.`,
  ].join("\n");
}

const BEGIN = "<!-- recall: made by scripts/redaction_recall.ts -->\n", END = "\n<!-- end of recall -->";

/** The document with another table in it. */
export function withRecall(document: string, table: string): string {
  const begin = document.indexOf(BEGIN), end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("docs/redaction.md has no place for the table of recall");
  return document.slice(0, begin + BEGIN.length) + table + document.slice(end);
}

if (import.meta.main) {
  const corpus = Deno.env.get("REDACTION_CORPUS");
  if (!corpus) {
    console.error("REDACTION_CORPUS is not set: the folder with `make` and `check`");
    Deno.exit(1);
  }
  const results: CorpusResult[] = [];
  for (const seed of SEEDS) results.push(await measureRecall(corpus, seed));
  const document = await Deno.readTextFile(REDACTION_DOC);
  await Deno.writeTextFile(REDACTION_DOC, withRecall(document, renderRecall(results)));
  console.error("docs/redaction.md written");
}
