import * as collectors from "../collect/registry.ts";
import { emptyParts, type LoadedSpec, type SpecParts } from "./loaded_spec.ts";
import { type DocumentUse, namesCollectors, readDocument } from "./read_document.ts";
import { ORIGINS, type SourceDocument } from "./source_document.ts";
import { SpecError } from "./spec_error.ts";

const KIND_ORDER = ["SupportBundle", "Collector", "HostCollector"];
const FIELDS = ["collectors", "hostCollectors", "analyzers", "hostAnalyzers"] as const;

/** Reads all documents and concatenates what they ask for: SupportBundles, then Collectors, then HostCollectors, each in
 * the order of their origins; entries that are written the same count once.
 * @throws {SpecError} for the first document that cannot be used. One that was found in the cluster is a warning, unless
 * it is a Redactor (a rule that is not read hides nothing), or nothing else is left */
export function mergeSpecs(
  sources: readonly SourceDocument[],
  warnings: string[],
  notes: string[],
  use: DocumentUse = {},
): LoadedSpec {
  const merged: LoadedSpec = { ...emptyParts(), warnings, notes };
  let order = 0;
  let namesAny = false;
  let collects = false;
  const used: SourceDocument[] = [];
  let broken: SpecError | undefined;
  for (const source of inMergeOrder(sources)) {
    const { document, origin } = source;
    let parts: SpecParts;
    try {
      parts = readDocument(document, warnings, use);
    } catch (error) {
      if (!(error instanceof SpecError) || origin !== "cluster" || document.kind === "Redactor") throw error;
      broken ??= error;
      warnings.push(ignoredText(error));
      continue;
    }
    used.push(source);
    for (const field of FIELDS) {
      const written = [...parts[field], ...parts.unsupported.filter((entry) => entry.field === field)];
      written.sort((a, b) => a.order! - b.order!);
      for (const entry of written) entry.order = order++;
      (merged[field] as unknown[]).push(...parts[field]);
    }
    merged.unsupported.push(...parts.unsupported);
    merged.redactors.push(...parts.redactors);
    merged.hide = [...new Set([...merged.hide, ...parts.hide])];
    merged.afterCollection.push(...parts.afterCollection);
    merged.runHostCollectorsInPod ||= parts.runHostCollectorsInPod;
    namesAny ||= namesCollectors(document);
    collects ||= KIND_ORDER.includes(document.kind);
  }
  if (used.length === 0 && broken !== undefined) throw broken;
  for (const field of FIELDS) {
    (merged[field] as { raw: unknown }[]) = unique(merged[field] as { raw: unknown }[], ({ raw }) => raw);
  }
  merged.unsupported = unique(merged.unsupported, ({ field, raw }) => [field, raw]);
  if (!use.analyzeOnly && collects && (namesAny || merged.hostCollectors.length === 0)) addDefaults(merged);
  return merged;
}

/** What is said of a document that the search of the cluster found and that cannot be used. */
export function ignoredText(error: SpecError): string {
  return `${error.message} (the spec was found in the cluster; it is ignored)`;
}

function inMergeOrder(sources: readonly SourceDocument[]): SourceDocument[] {
  const rank = ({ document, origin }: SourceDocument) => {
    const kind = KIND_ORDER.indexOf(document.kind);
    return (kind < 0 ? KIND_ORDER.length : kind) * ORIGINS.length + ORIGINS.indexOf(origin);
  };
  return [...sources].sort((a, b) => rank(a) - rank(b));
}

/** `clusterInfo` and `clusterResources` belong to each bundle that is about a cluster. */
function addDefaults(merged: SpecParts): void {
  for (const kind of ["clusterInfo", "clusterResources"]) {
    if (merged.collectors.some(({ unit }) => unit.kind === kind)) continue;
    const unit = collectors.clusterCollectors.find((unit) => unit.kind === kind)!;
    merged.collectors.push({ unit, config: unit.schema.parse({}), raw: { [kind]: {} }, place: "default" });
  }
}

function unique<Item>(items: readonly Item[], written: (item: Item) => unknown): Item[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = JSON.stringify(written(item));
    return seen.has(key) ? false : (seen.add(key), true);
  });
}
