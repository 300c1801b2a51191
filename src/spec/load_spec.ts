import type { Analyzer } from "../analyze/analyzer.ts";
import * as analyzers from "../analyze/registry.ts";
import type { Collector } from "../collect/collector.ts";
import * as collectors from "../collect/registry.ts";
import { describeError } from "../core/errors.ts";
import { redactorListSchema, validateRedactorSpec } from "../redact/redactor_spec.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import { BUILT_IN_SPEC } from "./built_in_spec.ts";
import { readSource, type SourceContext } from "./read_source.ts";
import {
  type EntryCatalog,
  readEntries,
  type SpecEntry,
  type SpecUnit,
  type UnsupportedEntry,
} from "./spec_entries.ts";
import { SpecError } from "./spec_error.ts";
import { findUnknownKeys } from "./unknown_keys.ts";
import { type TroubleshootDocument, troubleshootDocuments } from "./troubleshoot_documents.ts";
import { nearest } from "../core/nearest.ts";

export type CollectorEntry = SpecEntry<Collector>;
export type AnalyzerEntry = SpecEntry<Analyzer>;

/** Everything that the sources of a run ask for, merged in load order. */
export interface LoadedSpec {
  collectors: CollectorEntry[];
  hostCollectors: CollectorEntry[];
  analyzers: AnalyzerEntry[];
  hostAnalyzers: AnalyzerEntry[];
  redactors: RedactorSpec[];
  /** Asked for, known, and not in this version. */
  unsupported: UnsupportedEntry[];
  /** What was ignored, with its place. */
  warnings: string[];
}

export interface LoadOptions extends SourceContext {
  /** Positional arguments. */
  sources: readonly string[];
  /** Values of `--redactors`. */
  redactorSources?: readonly string[];
  /** Adds the built-in spec. */
  auto?: boolean;
  /** Replaces SupportBundle documents by what their `uri` holds; a failure keeps the original. Default true. */
  followUri?: boolean;
}

const CATALOGS = {
  collectors: catalog("collector", collectors.clusterCollectors, collectors.KNOWN_CLUSTER_KINDS),
  hostCollectors: catalog("host collector", collectors.hostCollectors, collectors.KNOWN_HOST_KINDS),
  analyzers: catalog("analyzer", analyzers.clusterAnalyzers, analyzers.KNOWN_CLUSTER_ANALYZERS),
  hostAnalyzers: catalog("host analyzer", analyzers.hostAnalyzers, analyzers.KNOWN_HOST_ANALYZERS),
};

const SPEC_FIELDS: Record<TroubleshootDocument["kind"], string[]> = {
  SupportBundle: [
    "collectors",
    "hostCollectors",
    "analyzers",
    "hostAnalyzers",
    "afterCollection",
    "runHostCollectorsInPod",
    "uri",
  ],
  Collector: ["collectors", "afterCollection", "uri"],
  HostCollector: ["collectors", "uri"],
  Analyzer: ["analyzers", "hostAnalyzers", "uri"],
  Redactor: ["redactors", "uri"],
  Preflight: [],
  HostPreflight: [],
  RemoteCollector: [],
};

/** Reads, validates and merges the specs of a run.
 * @throws {SpecError} for the first thing that cannot be meant; nothing that was written is dropped without a warning */
export async function loadSpecs(options: LoadOptions): Promise<LoadedSpec> {
  const warnings: string[] = [];
  const documents: TroubleshootDocument[] = [];
  if (options.auto) documents.push(...troubleshootDocuments(BUILT_IN_SPEC, "built-in spec", warnings));
  for (const source of options.sources) {
    const { name, text } = await readSource(source, options);
    const found = troubleshootDocuments(text, name, warnings);
    if (found.length === 0) {
      throw new SpecError(
        "",
        `"${name}" holds no spec`,
        "A spec starts with apiVersion: troubleshoot.sh/v1beta2 and kind:",
      );
    }
    const isUrl = /^https?:/i.test(source);
    for (const document of found) documents.push(...isUrl ? [document] : await followUri(document, options, warnings));
  }
  for (const source of options.redactorSources ?? []) {
    const { name, text } = await readSource(source, options);
    const found = troubleshootDocuments(text, name, warnings);
    if (!found.some(({ kind }) => kind === "Redactor")) {
      throw new SpecError(
        "",
        `"${name}" holds no document of kind Redactor`,
        "Name Redactor specs with --redactors, all others as arguments",
      );
    }
    documents.push(...found.filter(({ kind }) => kind === "Redactor"));
  }
  return merge(documents, warnings);
}

async function followUri(
  document: TroubleshootDocument,
  options: LoadOptions,
  warnings: string[],
): Promise<TroubleshootDocument[]> {
  const uri = (document.data.spec as { uri?: unknown } | undefined)?.uri;
  if (options.followUri === false || typeof uri !== "string" || uri === "") return [document];
  if (document.kind !== "SupportBundle" && document.kind !== "Redactor") return [document];
  try {
    const { name, text } = await readSource(uri, options);
    const found = troubleshootDocuments(text, name, warnings).filter(({ kind }) => kind === document.kind);
    if (found.length > 0) return found;
    warnings.push(`${document.place(["spec", "uri"])}: ${uri} holds no ${document.kind}; the spec itself is used`);
  } catch (error) {
    options.signal?.throwIfAborted();
    warnings.push(`${document.place(["spec", "uri"])}: ${describeError(error)}; the spec itself is used`);
  }
  return [document];
}

function merge(documents: TroubleshootDocument[], warnings: string[]): LoadedSpec {
  const merged: LoadedSpec = {
    collectors: [],
    hostCollectors: [],
    analyzers: [],
    hostAnalyzers: [],
    redactors: [],
    unsupported: [],
    warnings,
  };
  let namesCollectors = false;
  const add = <Unit extends SpecUnit>(
    into: SpecEntry<Unit>[],
    document: TroubleshootDocument,
    field: string,
    from: EntryCatalog<Unit>,
  ) => {
    const { entries, unsupported } = readEntries(document, ["spec", field], from, warnings);
    into.push(...entries);
    merged.unsupported.push(...unsupported);
  };
  for (const document of documents) {
    const spec = readSpecMapping(document, warnings);
    switch (document.kind) {
      case "SupportBundle":
        add(merged.collectors, document, "collectors", CATALOGS.collectors);
        add(merged.hostCollectors, document, "hostCollectors", CATALOGS.hostCollectors);
        add(merged.analyzers, document, "analyzers", CATALOGS.analyzers);
        add(merged.hostAnalyzers, document, "hostAnalyzers", CATALOGS.hostAnalyzers);
        namesCollectors ||= Array.isArray(spec.collectors);
        warnAboutUnused(document, spec, warnings);
        break;
      case "Collector":
        add(merged.collectors, document, "collectors", CATALOGS.collectors);
        namesCollectors ||= Array.isArray(spec.collectors);
        break;
      case "HostCollector":
        add(merged.hostCollectors, document, "collectors", CATALOGS.hostCollectors);
        break;
      case "Analyzer":
        add(merged.analyzers, document, "analyzers", CATALOGS.analyzers);
        add(merged.hostAnalyzers, document, "hostAnalyzers", CATALOGS.hostAnalyzers);
        break;
      case "Redactor":
        merged.redactors.push(...readRedactors(document));
        break;
      default:
        warnings.push(`${document.place(["kind"])}: ignored, this command does not run a ${document.kind}`);
    }
  }
  merged.collectors = unique(merged.collectors);
  merged.hostCollectors = unique(merged.hostCollectors);
  merged.analyzers = unique(merged.analyzers);
  merged.hostAnalyzers = unique(merged.hostAnalyzers);
  const collects = documents.some(({ kind }) => ["SupportBundle", "Collector", "HostCollector"].includes(kind));
  if (collects && (namesCollectors || merged.hostCollectors.length === 0)) addDefaults(merged);
  return merged;
}

/** `clusterInfo` and `clusterResources` belong to each bundle that is about a cluster. */
function addDefaults(merged: LoadedSpec): void {
  for (const kind of ["clusterInfo", "clusterResources"]) {
    if (merged.collectors.some(({ unit }) => unit.kind === kind)) continue;
    const unit = collectors.clusterCollectors.find((unit) => unit.kind === kind)!;
    merged.collectors.push({ unit, config: unit.schema.parse({}), raw: { [kind]: {} }, place: "default" });
  }
}

function readSpecMapping(document: TroubleshootDocument, warnings: string[]): Record<string, unknown> {
  const spec = document.data.spec ?? {};
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw new SpecError(document.place(["spec"]), "spec must be a mapping");
  }
  const known = SPEC_FIELDS[document.kind];
  for (const key of Object.keys(spec).filter((key) => known.length > 0 && !known.includes(key))) {
    const likely = nearest(key, known);
    const place = document.place(["spec", key], "key");
    if (likely !== undefined) {
      throw new SpecError(place, `A ${document.kind} has no field "${key}"`, `Did you mean ${likely}?`);
    }
    warnings.push(`${place}: ignored, a ${document.kind} has no field "${key}"`);
  }
  return spec as Record<string, unknown>;
}

function warnAboutUnused(document: TroubleshootDocument, spec: Record<string, unknown>, warnings: string[]): void {
  if (Array.isArray(spec.afterCollection) && spec.afterCollection.length > 0) {
    warnings.push(
      `${document.place(["spec", "afterCollection"], "key")}: ignored, this version delivers with --upload only`,
    );
  }
  if (spec.runHostCollectorsInPod === true) {
    warnings.push(
      `${
        document.place(["spec", "runHostCollectorsInPod"], "key")
      }: ignored, this version runs host collectors on this machine only`,
    );
  }
}

function readRedactors(document: TroubleshootDocument): RedactorSpec[] {
  const value = (document.data.spec as { redactors?: unknown } | undefined)?.redactors ?? [];
  for (const { path, known } of findUnknownKeys(redactorListSchema, value)) {
    const likely = nearest(String(path.at(-1)), known);
    // A rule that is not read hides nothing: unlike elsewhere, an unknown field is never just ignored.
    throw new SpecError(
      document.place(["spec", "redactors", ...path], "key"),
      `A redactor has no field "${path.slice(1).join(".")}"`,
      likely ? `Did you mean ${likely}?` : `It has ${known.join(", ")}`,
    );
  }
  const parsed = redactorListSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = ["spec", "redactors", ...issue.path as (string | number)[]];
    throw new SpecError(document.place(path), `${path.slice(1).join(".")}: ${issue.message}`);
  }
  parsed.data.forEach((redactor, index) => {
    try {
      validateRedactorSpec(redactor);
    } catch (cause) {
      const hint = cause instanceof Error && "hint" in cause ? cause.hint as string | undefined : undefined;
      throw new SpecError(document.place(["spec", "redactors", index]), describeError(cause), hint, { cause });
    }
  });
  return parsed.data;
}

function catalog<Unit extends SpecUnit>(
  noun: string,
  units: readonly Unit[],
  known: readonly string[],
): EntryCatalog<Unit> {
  return { noun, units, known };
}

function unique<Unit>(entries: SpecEntry<Unit>[]): SpecEntry<Unit>[] {
  const seen = new Set<string>();
  return entries.filter(({ raw }) => {
    const key = JSON.stringify(raw);
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
