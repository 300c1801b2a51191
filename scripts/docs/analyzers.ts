import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Analyzer, commonFields } from "../../src/analyze/analyzer.ts";
import {
  clusterAnalyzers,
  hostAnalyzers,
  KNOWN_CLUSTER_ANALYZERS,
  KNOWN_HOST_ANALYZERS,
} from "../../src/analyze/registry.ts";
import { cell, describeField, type FieldDoc, fieldTable, ownFields } from "./fields.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const HEAD = `<!-- Made by \`deno task docs\` from src/analyze: change the descriptions there. -->
# Analyzers

What specs may name in \`analyzers\` (the cluster) and \`hostAnalyzers\` (the machine that runs support-bundle). Misspelt kinds and fields are refused, with their place, and so are conditions, patterns and templates that cannot be read.
Text fields also take numbers and booleans. \`support-bundle lint SPEC\` finds outcomes that are never reached, and analyzers whose input no collector gathers: see [lint](lint.md).

Every kind has these fields:

`;

const OUTCOMES = `
\`outcomes\` is a list; each entry has one of \`fail\`, \`warn\`, \`pass\`, and below it \`when\` (the condition; without one it always holds), \`message\` and \`uri\`.

\`\`\`yaml
outcomes:
  - fail: {when: "< 1", message: Nothing runs, uri: https://example.com/runbook}
  - pass: {message: All is well}
\`\`\`
`;

/** The whole document. */
export async function renderAnalyzersDoc(): Promise<string> {
  const common = Object.entries(commonFields()).flatMap(([name, schema]) => describeField(name, schema));
  const tests = await testsOfAnalyzers();
  return HEAD + fieldTable(common) + OUTCOMES +
    part("Analyzers of the cluster", "analyzers", clusterAnalyzers, KNOWN_CLUSTER_ANALYZERS, tests) +
    part("Analyzers of the host", "hostAnalyzers", hostAnalyzers, KNOWN_HOST_ANALYZERS, tests);
}

function part(
  title: string,
  list: string,
  units: readonly Analyzer[],
  known: readonly string[],
  tests: ReadonlyMap<Analyzer, string[]>,
): string {
  const prefix = list === "analyzers" ? "" : "host-";
  const rows = known.map((kind) => {
    const unit = units.find((unit) => unit.kind === kind);
    if (unit === undefined) return `| \`${kind}\` | not in this version: it is read, and the bundle says so | |`;
    const files = (tests.get(unit) ?? []).map((path) => `[${path.replace(/^.*\//, "")}](../${path})`).join(", ");
    return `| [\`${kind}\`](#${prefix}${kind.toLowerCase()}) | ${cell(unit.summary)} | ${files || "none"} |`;
  });
  const sections = known.flatMap((kind) => {
    const unit = units.find((unit) => unit.kind === kind);
    return unit === undefined ? [] : [section(unit, prefix)];
  });
  return `\n## ${title}\n\n| \`${list}\` | what it judges | its tests |\n|---|---|---|\n${rows.join("\n")}\n${
    sections.join("")
  }`;
}

function section(unit: Analyzer, prefix: string): string {
  const own = analyzerFields(unit);
  const heading = `\n### ${prefix === "" ? "" : "Host: "}${unit.kind}\n\n${unit.summary}.\n`;
  return heading + (own.length === 0 ? "\nIt has no fields of its own.\n" : `\n${fieldTable(own)}`);
}

/** The fields of a kind, without those that all kinds have, and without what is in each outcome. */
export function analyzerFields(unit: Analyzer): FieldDoc[] {
  return ownFields(unit.schema, Object.keys(commonFields())).filter(({ name }) => !name.startsWith("outcomes[]."))
    .map((field) => field.name === "outcomes" ? { ...field, type: "list of outcomes" } : field);
}

/** The tests of each analyzer, as paths below the project's folder: those that import the file that defines it. */
export async function testsOfAnalyzers(): Promise<Map<Analyzer, string[]>> {
  const units = [...clusterAnalyzers, ...hostAnalyzers];
  const tests = [...filesBelow(join(ROOT, "tests/analyze"))].filter((path) => path.endsWith("_test.ts")).sort()
    .map((path) => ({ path, text: Deno.readTextFileSync(path) }));
  const found = new Map<Analyzer, string[]>();
  for (const file of filesBelow(join(ROOT, "src/analyze/kinds"))) {
    const module = await import(pathToFileURL(file).href) as Record<string, unknown>;
    const defined = Object.entries(module).filter(([, value]) => units.some((unit) => unit === value));
    const path = shown(file).replaceAll(".", "\\.");
    for (const [name, unit] of defined) {
      // Of a file that defines several, a test has to name the one it means.
      const what = defined.length > 1 ? `[^}]*\\b${name}\\b[^}]*` : "[^}]*";
      const imports = new RegExp(`import \\{${what}\\} from "[./]*/${path}"`);
      found.set(unit as Analyzer, tests.filter(({ text }) => imports.test(text)).map((test) => shown(test.path)));
    }
  }
  return found;
}

function shown(path: string): string {
  return relative(ROOT, path).replaceAll("\\", "/");
}

function* filesBelow(folder: string): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else if (name.endsWith(".ts")) yield path;
  }
}
