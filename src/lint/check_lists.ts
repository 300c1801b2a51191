import { isMap, isSeq } from "yaml";
import { DOCUMENT_SHAPES } from "../spec/document_shapes.ts";
import { CATALOGS } from "../spec/read_document.ts";
import { checkEntry, type LintEntry } from "./check_entry.ts";
import type { Edit } from "./finding.ts";
import type { LintDocument } from "./lint_document.ts";
import { nearMiss } from "./near_miss.ts";

const LIST_NOUNS: Record<string, string> = {
  analyzers: "Analyzers",
  hostAnalyzers: "Host analyzers",
  collectors: "Collectors",
  hostCollectors: "Host collectors",
};

/** Checks the fields of `spec` and every entry of its lists.
 * @returns the entries that name a kind */
export function checkLists(document: LintDocument): LintEntry[] {
  const kind = document.kind!;
  const { lists, others } = DOCUMENT_SHAPES[kind];
  const spec = document.data.spec as Record<string, unknown>;
  checkFields(document, spec, [...Object.keys(lists), ...Object.keys(others)]);
  checkPresence(document, spec);
  checkDropped(document, spec);
  for (const [field, meaning] of Object.entries(others)) {
    if (!meaning.includes("this version") || !isUsed(spec[field])) continue;
    const why = meaning.slice(meaning.indexOf("this version"));
    document.report("SB111", ["spec", field], `'${field}' is read and not used: ${why}`, { which: "key" });
  }
  return Object.entries(lists).flatMap(([field, as]) => {
    const value = spec[field];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      document.report("SB201", ["spec", field], `Expected '${field}' to be a list`, {
        suggestion: "Start each of its entries with a dash",
        edits: toList(document, field),
      });
      return [];
    }
    if (value.length === 0 && (field === "collectors" && kind !== "Preflight" && kind !== "HostPreflight")) {
      document.report("SB110", ["spec", field], `${LIST_NOUNS[field]} list is empty`, { which: "key" });
    }
    return value.flatMap((_, index) => checkEntry(document, ["spec", field, index], CATALOGS[as], as) ?? []);
  });
}

const DATABASES = ["postgres", "mysql", "mssql", "redis", "clickhouse"];

/** What Troubleshoot reads of a v1beta3 SupportBundle: databases, and nothing else. Here the versions mean the same. */
function checkDropped(document: LintDocument, spec: Record<string, unknown>): void {
  if (document.kind !== "SupportBundle" || document.data.apiVersion !== "troubleshoot.sh/v1beta3") return;
  const lists = ["hostCollectors", "analyzers", "hostAnalyzers", "afterCollection"].filter((field) =>
    isUsed(spec[field])
  );
  const collectors = Array.isArray(spec.collectors) ? spec.collectors : [];
  const others = collectors.some((entry) =>
    typeof entry === "object" && entry !== null && !Object.keys(entry).some((key) => DATABASES.includes(key))
  );
  const dropped = [...(others ? ["collectors other than databases"] : []), ...lists];
  if (dropped.length === 0) return;
  document.report("SB117", ["apiVersion"], `Troubleshoot drops of a v1beta3 SupportBundle: ${dropped.join(", ")}`, {
    suggestion: "Write apiVersion: troubleshoot.sh/v1beta2, which means the same here",
  });
}

function isUsed(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null && value !== false;
}

function checkFields(document: LintDocument, spec: Record<string, unknown>, known: string[]): void {
  for (const key of Object.keys(spec)) {
    if (known.includes(key)) continue;
    const { likely, alone } = nearMiss(key, known);
    const free = likely !== undefined && !(likely in spec);
    document.report("SB109", ["spec", key], `A ${document.kind} has no field '${key}'`, {
      which: "key",
      level: likely === undefined ? "warning" : "error",
      suggestion: likely === undefined ? `It has ${known.join(", ")}` : `Did you mean ${likely}?`,
      edits: alone && free ? document.rewrite(["spec", key], "key", likely) : undefined,
    });
  }
}

/** What a document of this kind is about must be there. */
function checkPresence(document: LintDocument, spec: Record<string, unknown>): void {
  const { kind } = document;
  const has = (field: string) => spec[field] !== undefined && spec[field] !== null;
  const report = (message: string, field: string) =>
    document.report("SB110", ["spec", field], message, { which: "key" });
  if (has("uri")) return; // what it lacks may be there
  if (kind === "Preflight" || kind === "HostPreflight" || kind === "Analyzer") {
    const hosts = kind === "Analyzer" && has("hostAnalyzers");
    if (!has("analyzers") && !hosts) report(`${kind} spec must contain 'analyzers'`, "analyzers");
    else if (Array.isArray(spec.analyzers) && spec.analyzers.length === 0 && !hosts) {
      report(`${kind} spec must have at least one analyzer`, "analyzers");
    }
  } else if (kind === "SupportBundle") {
    if (!has("collectors") && !has("hostCollectors")) {
      report("SupportBundle spec must contain 'collectors' or 'hostCollectors'", "collectors");
    }
  } else if (kind === "Redactor") {
    if (!has("redactors") && !has("hide")) report("Redactor spec must contain 'redactors' or 'hide'", "redactors");
  } else if (!has("collectors")) {
    report(`${kind} spec must contain 'collectors'`, "collectors");
  }
}

/** `collectors: {a: …, b: …}` below each other becomes a list of `a` and `b`; a scalar in the place of a list that may be
 * empty becomes `[]`. */
function toList(document: LintDocument, field: string): Edit[] | undefined {
  const node = document.node(["spec", field]);
  if (node === undefined || !node.range || isSeq(node)) return undefined;
  if (!isMap(node)) {
    const [start, end] = node.range;
    const word = document.text.slice(start, end);
    return field === "hostCollectors" && /^(?:[\w-]*|""|'')$/.test(word) ? [{ start, end, text: "[]" }] : undefined;
  }
  if (node.flow) return undefined;
  const starts = node.items.map(({ key }) => (key as { range?: [number, number, number] }).range?.[0]);
  if (starts.some((start) => start === undefined)) return undefined;
  const lineStart = (offset: number) => document.text.lastIndexOf("\n", offset - 1) + 1;
  // An anchor, a tag or another key on the same line would be torn off.
  if (starts.some((start) => document.text.slice(lineStart(start!), start).trim() !== "")) return undefined;
  if (document.value(["spec", field, "docString"]) !== undefined) return undefined;
  const edits: Edit[] = [];
  for (let at = lineStart(starts[0]!); at < node.range[1];) {
    const start = starts.find((start) => lineStart(start!) === at);
    const line = document.text.slice(at, document.lineEnd(at));
    if (start !== undefined) edits.push({ start, end: start, text: "- " });
    else if (line.trim() !== "") edits.push({ start: at, end: at, text: "  " });
    const next = document.text.indexOf("\n", at);
    if (next < 0) break;
    at = next + 1;
  }
  return edits;
}
