import type * as z from "zod";
import { SupportBundleError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { describeIssue } from "./describe_issue.ts";
import type { SpecDocument } from "./spec_document.ts";
import { SpecError } from "./spec_error.ts";
import { findUnknownKeys } from "./unknown_keys.ts";

/** A unit that a spec can name: a collector or an analyzer, as far as reading specs is concerned. */
export interface SpecUnit {
  kind: string;
  schema: z.ZodType;
  /** Throws what the schema cannot see: a condition or pattern that cannot be parsed. */
  validate?(config: never): void;
}

/** An entry of a list in a spec, validated. */
export interface SpecEntry<Unit> {
  unit: Unit;
  // deno-lint-ignore no-explicit-any -- typed by the unit's own schema
  config: any;
  /** As written: `{ kind: fields }`. */
  raw: Record<string, unknown>;
  /** `file:line:column`. */
  place: string;
  /** Rank in the merged spec, entries that cannot be run included; absent for entries that no spec names. */
  order?: number;
}

/** The lists of a spec that hold entries. */
export type EntryField = "collectors" | "hostCollectors" | "analyzers" | "hostAnalyzers";

/** An entry whose kind this version cannot run. */
export interface UnsupportedEntry {
  kind: string;
  /** The list of the merged spec that it belongs to. */
  field: EntryField;
  raw: Record<string, unknown>;
  place: string;
  order?: number;
}

export interface EntryCatalog<Unit> {
  /** In order of precedence, for entries that name several. */
  units: readonly Unit[];
  /** Every kind name there is, those that this version cannot run included. */
  known: readonly string[];
  /** `collector`, `host analyzer` … */
  noun: string;
  field: EntryField;
}

/** Reads one list of a document.
 * @throws {SpecError} for what cannot be meant: a wrong type, a misspelt kind or field */
export function readEntries<Unit extends SpecUnit>(
  document: SpecDocument,
  path: (string | number)[],
  catalog: EntryCatalog<Unit>,
  warnings: string[],
): { entries: SpecEntry<Unit>[]; unsupported: UnsupportedEntry[] } {
  const list = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document.data);
  const entries: SpecEntry<Unit>[] = [];
  const unsupported: UnsupportedEntry[] = [];
  if (list === undefined || list === null) return { entries, unsupported };
  if (!Array.isArray(list)) {
    throw new SpecError(document.place(path), `${path.join(".")} must be a list`, "Start each entry with a dash");
  }
  list.forEach((raw, index) => {
    const at = [...path, index];
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
      const hint = typeof raw === "string" && catalog.known.includes(raw) ? `Write \`- ${raw}: {}\`` : undefined;
      throw new SpecError(document.place(at), `This ${catalog.noun} is not a mapping with the kind as its key`, hint);
    }
    const kind = chooseKind(document, at, raw, catalog, warnings);
    if (kind === undefined) return;
    const unit = catalog.units.find((unit) => unit.kind === kind);
    const place = document.place([...at, kind], "key");
    if (unit === undefined) {
      unsupported.push({ kind, field: catalog.field, raw, place, order: index });
    } else {
      const config = readConfig(document, [...at, kind], unit, withoutNulls(raw[kind] ?? {}), warnings);
      entries.push({ unit, config, raw, place, order: index });
    }
  });
  return { entries, unsupported };
}

/** @returns the first kind that the entry names, whether anybody knows it or not */
function chooseKind<Unit extends SpecUnit>(
  document: SpecDocument,
  at: (string | number)[],
  raw: object,
  catalog: EntryCatalog<Unit>,
  warnings: string[],
): string | undefined {
  const keys = Object.keys(raw);
  const known = catalog.known.filter((kind) => keys.includes(kind));
  for (const key of keys.filter((key) => !known.includes(key))) {
    const likely = nearest(key, catalog.known);
    const place = document.place([...at, key], "key");
    if (likely !== undefined && known.length === 0) {
      throw new SpecError(place, `There is no ${catalog.noun} "${key}"`, `Did you mean ${likely}?`);
    }
    if (key !== "docString") warnings.push(`${place}: ignored, there is no ${catalog.noun} "${key}"`);
  }
  if (known.length > 1) {
    warnings.push(`${document.place(at)}: one entry names ${known.join(" and ")}; only ${known[0]} is used`);
  }
  return known[0] ?? keys.find((key) => key !== "docString");
}

function readConfig(
  document: SpecDocument,
  at: (string | number)[],
  unit: SpecUnit,
  value: unknown,
  warnings: string[],
): unknown {
  for (const { path, known } of findUnknownKeys(unit.schema, value)) {
    const key = String(path.at(-1));
    const place = document.place([...at, ...path], "key");
    const likely = nearest(key, known);
    if (likely !== undefined) {
      throw new SpecError(place, `${unit.kind} has no field "${path.join(".")}"`, `Did you mean ${likely}?`);
    }
    warnings.push(`${place}: ignored, ${unit.kind} has no field "${path.join(".")}"`);
  }
  const parsed = unit.schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = issue.path as (string | number)[];
    const field = path.length === 0 ? unit.kind : `${unit.kind}.${path.join(".")}`;
    const { problem, hint } = describeIssue(issue);
    throw new SpecError(document.place([...at, ...path]), `${field} ${problem}`, hint);
  }
  try {
    unit.validate?.(parsed.data as never);
  } catch (cause) {
    if (!(cause instanceof SupportBundleError)) throw cause;
    throw new SpecError(document.place(at, "key"), `${unit.kind}: ${cause.message}`, cause.hint, { cause });
  }
  return parsed.data;
}

/** `limits:` with nothing after it means that there are none. Elements of lists stay, so that places stay right. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(kept.map(([key, child]) => [key, withoutNulls(child)]));
}
