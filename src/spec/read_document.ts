import type { Analyzer } from "../analyze/analyzer.ts";
import * as analyzers from "../analyze/registry.ts";
import type { Collector } from "../collect/collector.ts";
import * as collectors from "../collect/registry.ts";
import { nearest } from "../core/nearest.ts";
import { emptyParts, type SpecParts } from "./loaded_spec.ts";
import { readHide, readRedactors } from "./read_redactors.ts";
import { type EntryCatalog, type EntryField, readEntries, type SpecEntry } from "./spec_entries.ts";
import { SpecError } from "./spec_error.ts";
import type { TroubleshootDocument } from "./troubleshoot_documents.ts";

type Catalogs =
  & Record<"collectors" | "hostCollectors", EntryCatalog<Collector>>
  & Record<"analyzers" | "hostAnalyzers", EntryCatalog<Analyzer>>;

/** What the entries of each list of a spec may be. */
export const CATALOGS: Catalogs = {
  collectors: {
    noun: "collector",
    field: "collectors",
    units: collectors.clusterCollectors,
    known: collectors.KNOWN_CLUSTER_KINDS,
  },
  hostCollectors: {
    noun: "host collector",
    field: "hostCollectors",
    units: collectors.hostCollectors,
    known: collectors.KNOWN_HOST_KINDS,
  },
  analyzers: {
    noun: "analyzer",
    field: "analyzers",
    units: analyzers.clusterAnalyzers,
    known: analyzers.KNOWN_CLUSTER_ANALYZERS,
  },
  hostAnalyzers: {
    noun: "host analyzer",
    field: "hostAnalyzers",
    units: analyzers.hostAnalyzers,
    known: analyzers.KNOWN_HOST_ANALYZERS,
  },
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
  Redactor: ["redactors", "hide", "uri"],
  Preflight: [],
  HostPreflight: [],
  RemoteCollector: [],
};

/** What a command does with documents. */
export interface DocumentUse {
  /** It judges a bundle that exists: analyzers of preflights count, and nothing is collected or delivered. */
  analyzeOnly?: boolean;
}

/** Reads and validates one document. v1beta2 and v1beta3 mean the same here.
 * @throws {SpecError} for the first thing that cannot be meant; nothing that was written is dropped without a warning */
export function readDocument(
  document: TroubleshootDocument,
  warnings: string[],
  { analyzeOnly = false }: DocumentUse = {},
): SpecParts {
  const parts = emptyParts();
  const spec = readSpecMapping(document, warnings);
  const read = <Field extends EntryField>(written: string, as: Field) => {
    const path = ["spec", written];
    // deno-lint-ignore no-explicit-any -- field and catalog belong together, which the compiler cannot see
    const { entries, unsupported } = readEntries<any>(document, path, CATALOGS[as], warnings);
    (parts[as] as SpecEntry<unknown>[]).push(...entries);
    parts.unsupported.push(...unsupported);
  };
  switch (document.kind) {
    case "SupportBundle":
      read("collectors", "collectors");
      read("hostCollectors", "hostCollectors");
      read("analyzers", "analyzers");
      read("hostAnalyzers", "hostAnalyzers");
      if (!analyzeOnly) readUnused(document, spec, parts, warnings);
      parts.runHostCollectorsInPod = spec.runHostCollectorsInPod === true;
      break;
    case "Collector":
      read("collectors", "collectors");
      break;
    case "HostCollector":
      read("collectors", "hostCollectors");
      break;
    case "Analyzer":
      read("analyzers", "analyzers");
      read("hostAnalyzers", "hostAnalyzers");
      break;
    case "Redactor":
      parts.redactors.push(...readRedactors(document));
      parts.hide.push(...readHide(document));
      break;
    case "Preflight":
    case "HostPreflight":
      if (analyzeOnly) {
        read("analyzers", document.kind === "Preflight" ? "analyzers" : "hostAnalyzers");
        return parts;
      }
      // falls through
    default:
      warnings.push(`${document.place(["kind"])}: ignored, this command does not run a ${document.kind}`);
      return parts;
  }
  if (document.kind !== "SupportBundle" && spec.uri) {
    warnings.push(`${document.place(["spec", "uri"])}: ignored, only the uri of a SupportBundle is followed`);
  }
  return parts;
}

/** True when the document has a list of collectors, be it an empty one. */
export function namesCollectors({ kind, data }: TroubleshootDocument): boolean {
  const collectors = (data.spec as { collectors?: unknown } | null | undefined)?.collectors;
  return (kind === "SupportBundle" || kind === "Collector") && Array.isArray(collectors);
}

const TOP_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];

function readSpecMapping(document: TroubleshootDocument, warnings: string[]): Record<string, unknown> {
  for (const key of Object.keys(document.data).filter((key) => !TOP_FIELDS.includes(key) && !key.startsWith("x-"))) {
    const place = document.place([key], "key");
    const problem = `A ${document.kind} has no field "${key}" beside spec`;
    if (SPEC_FIELDS[document.kind].includes(key)) {
      throw new SpecError(place, problem, "Indent it, it belongs into spec");
    }
    const likely = nearest(key, TOP_FIELDS);
    if (likely !== undefined) throw new SpecError(place, problem, `Did you mean ${likely}?`);
    warnings.push(`${place}: ignored, a ${document.kind} has no field "${key}"`);
  }
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

/** The fields that this version accepts and does nothing about. */
function readUnused(
  document: TroubleshootDocument,
  spec: Record<string, unknown>,
  parts: SpecParts,
  warnings: string[],
): void {
  if (Array.isArray(spec.afterCollection) && spec.afterCollection.length > 0) {
    parts.afterCollection.push(...spec.afterCollection);
    warnings.push(
      `${document.place(["spec", "afterCollection"], "key")}: ignored, this version delivers with --upload only`,
    );
  }
}
