import { isScalar } from "yaml";
import type * as z from "zod";
import { SupportBundleError } from "../core/errors.ts";
import { describeIssue } from "../spec/describe_issue.ts";
import { type EntryCatalog, type EntryField, type SpecUnit, withoutNulls } from "../spec/spec_entries.ts";
import { findUnknownKeys } from "../spec/unknown_keys.ts";
import { checkTextTypes } from "./check_text_types.ts";
import { fieldName, type LintDocument, type Path } from "./lint_document.ts";
import { nearMiss } from "./near_miss.ts";

/** An entry of a list, as far as it could be read. */
export interface LintEntry {
  document: LintDocument;
  /** Of the body, below the kind. */
  path: Path;
  list: EntryField;
  kind: string;
  /** The body, nulls left out. */
  body: Record<string, unknown>;
  docString: boolean;
}

const DEPRECATED: Partial<Record<EntryField, Record<string, string>>> = {
  collectors: { run: "runPod" },
};

/** Checks one entry of a list.
 * @returns undefined when it names no kind */
export function checkEntry(
  document: LintDocument,
  at: Path,
  catalog: EntryCatalog<SpecUnit>,
  list: EntryField,
): LintEntry | undefined {
  const raw = document.value(at);
  const noun = catalog.noun.replace("host ", "");
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    reportNoMapping(document, at, catalog, noun);
    return undefined;
  }
  const entry = raw as Record<string, unknown>;
  const keys = Object.keys(entry).filter((key) => key !== "docString");
  const known = catalog.known.filter((kind) => keys.includes(kind));
  if (keys.length !== 1) {
    document.report("SB203", at, `${capital(noun)} entry must specify exactly one ${noun} type`, {
      suggestion: keys.length === 0
        ? `Name one: ${catalog.known.slice(0, 3).join(", ")} …`
        : indented(entry, known)
        ? `Indent what belongs to ${known[0]}`
        : "Start each with a dash of its own",
    });
    if (known.length === 0) return undefined;
  }
  const kind = known[0] ?? keys[0]!;
  const path = [...at, kind];
  const unit = catalog.units.find((unit) => unit.kind === kind);
  if (known.length === 0) {
    const { likely, alone } = nearMiss(kind, catalog.known);
    document.report("SB206", path, `Unknown ${noun} type '${kind}'`, {
      which: "key",
      suggestion: likely === undefined ? `docs/${noun}s.md lists what there is` : `Did you mean ${likely}?`,
      edits: alone ? document.rewrite(path, "key", likely!) : undefined,
    });
    return undefined;
  }
  const better = DEPRECATED[list]?.[kind];
  if (better !== undefined) {
    document.report("SB214", path, `The ${noun} ${kind} is deprecated`, {
      which: "key",
      suggestion: `Use ${better}, which can do more`,
    });
  }
  const value = entry[kind];
  if (value !== null && (typeof value !== "object" || Array.isArray(value))) {
    document.report("SB204", path, `Expected ${noun} definition to be a mapping`);
    return undefined;
  }
  if (value === null) reportNothing(document, path, noun);
  const body = withoutNulls(value ?? {}) as Record<string, unknown>;
  if (unit === undefined) {
    document.report("SB213", path, `The ${catalog.noun} ${kind} is not in this version`, {
      which: "key",
      suggestion: "It is read, and the bundle says that it is missing",
    });
  } else {
    checkBody(document, path, unit, body, noun);
  }
  return { document, path, list, kind, body, docString: "docString" in entry || "docString" in body };
}

function reportNoMapping(document: LintDocument, at: Path, { known }: EntryCatalog<SpecUnit>, noun: string): void {
  const raw = document.value(at);
  const node = document.node(at);
  const named = typeof raw === "string" && known.includes(raw);
  document.report("SB202", at, `Expected ${noun} entry to be a mapping`, {
    suggestion: named ? `Write - ${raw}: {}` : "Name the kind as its key, the fields below it",
    edits: named && isScalar(node) && node.range && node.type === "PLAIN"
      ? [{ start: node.range[1], end: node.range[1], text: ": {}" }]
      : undefined,
  });
}

/** `- clusterInfo:` means the entry here, and nothing to readers that decode into pointers. */
function reportNothing(document: LintDocument, path: Path, noun: string): void {
  const key = document.pair(path)?.key;
  const colon = key?.range ? document.text.indexOf(":", key.range[1]) : -1;
  const plain = colon >= 0 && /^:[ \t]*(?:#.*)?\r?$/.test(document.text.slice(colon, document.lineEnd(colon)));
  document.report("SB205", path, `Nothing stands under ${path.at(-1)}: some readers drop such a ${noun}`, {
    which: "key",
    suggestion: `Write ${path.at(-1)}: {}`,
    edits: plain ? [{ start: colon + 1, end: colon + 1, text: " {}" }] : undefined,
  });
}

function checkBody(document: LintDocument, path: Path, unit: SpecUnit, body: unknown, noun: string): void {
  const unknown = findUnknownKeys(unit.schema, body);
  for (const { path: inside, known } of unknown) {
    const key = String(inside.at(-1));
    if (key === "docString" && inside.length === 1) continue;
    const place = [...path, ...inside];
    const { likely, alone } = nearMiss(key, known);
    const siblings = document.value(place.slice(0, -1)) as object;
    const free = likely !== undefined && !Object.hasOwn(siblings, likely);
    document.report("SB208", place, `Unknown field '${inside.join(".")}' for ${noun} '${unit.kind}'`, {
      which: "key",
      suggestion: likely === undefined ? `It has ${known.join(", ")}` : `Did you mean ${likely}?`,
      edits: alone && free ? document.rewrite(place, "key", likely) : undefined,
    });
  }
  const before = document.findings.length;
  const misspelt = new Set(unknown.map(({ path }) => path.slice(0, -1).join(".")));
  checkTextTypes(document, path, unit.schema, body);
  const parsed = unit.schema.safeParse(body);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(document, path, unit, body, issue, noun);
    return;
  }
  if (document.findings.slice(before).some(({ level }) => level === "error") || misspelt.size > 0) return;
  try {
    unit.validate?.(parsed.data as never);
  } catch (error) {
    if (!(error instanceof SupportBundleError)) throw error;
    const inside = culprit(error.message, body);
    document.report("SB210", [...path, ...inside], `${unit.kind}: ${error.message}`, {
      which: inside.length === 0 ? "key" : "value",
      suggestion: error.hint,
    });
  }
}

function reportIssue(
  document: LintDocument,
  path: Path,
  unit: SpecUnit,
  body: unknown,
  issue: z.core.$ZodIssue,
  noun: string,
): void {
  const inside = issue.path as (string | number)[];
  const place = [...path, ...inside];
  const name = inside.join(".");
  const missing = inside.length > 0 && inside.reduce<unknown>((at, key) => (at as never)?.[key], body) === undefined;
  if (missing) {
    document.report("SB207", place.slice(0, -1), `Missing required field '${name}' for ${noun} '${unit.kind}'`, {
      which: inside.length === 1 ? "key" : "value",
      field: [...inside.slice(0, -1), inside.at(-1)].join("."),
      suggestion: `Add ${inside.at(-1)}`,
    });
    return;
  }
  const { problem, hint } = describeIssue(issue);
  const field = inside.length === 0 ? unit.kind : `${unit.kind}.${name}`;
  if (document.findings.some((finding) => finding.code === "SB401" && finding.field === fieldName(place))) return;
  document.report("SB209", place, `${field} ${problem}`, { suggestion: hint });
}

/** The path of the text that an error quotes (`condition "…"`), so that it shows there. */
function culprit(message: string, body: unknown): (string | number)[] {
  const quoted = /"(.+)"/s.exec(message)?.[1] ?? "";
  const find = (at: unknown, path: (string | number)[]): (string | number)[] | undefined => {
    if (typeof at === "string") {
      return at.trim() !== "" && (message.includes(`"${at}"`) || (quoted !== "" && at.includes(quoted)))
        ? path
        : undefined;
    }
    if (typeof at !== "object" || at === null) return undefined;
    for (const [key, child] of Object.entries(at)) {
      const found = find(child, [...path, Array.isArray(at) ? Number(key) : key]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return find(body, []) ?? outcomeNumber(message);
}

function outcomeNumber(message: string): (string | number)[] {
  const number = /outcome number (\d+)/.exec(message)?.[1];
  return number === undefined ? [] : ["outcomes", Number(number) - 1];
}

/** Fields that stand beside their kind instead of below it. */
function indented(entry: Record<string, unknown>, known: string[]): boolean {
  return known.length === 1 && (entry[known[0]!] === null || Object.keys(entry)[0] === known[0]);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
