import { stringify } from "yaml";
import type { LoadedSpec } from "./loaded_spec.ts";

const FIELDS = ["analyzers", "collectors", "hostAnalyzers", "hostCollectors"] as const;

/** The merged spec as YAML, the Redactor first: what `--dry-run` prints. Entries stand as they were given, those that this
 * version cannot run included. */
export function printSpec(spec: LoadedSpec): string {
  const documents: unknown[] = [];
  if (spec.redactors.length > 0 || spec.hide.length > 0) {
    const hide = spec.hide.length > 0 ? { hide: spec.hide } : {};
    documents.push(document("Redactor", "merged-redactors-spec", { redactors: spec.redactors, ...hide }));
  }
  const merged: Record<string, unknown> = {};
  if (spec.afterCollection.length > 0) merged.afterCollection = spec.afterCollection;
  for (const field of FIELDS) {
    const entries = [...spec[field], ...spec.unsupported.filter((entry) => entry.field === field)];
    entries.sort((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || 0);
    if (entries.length > 0) merged[field] = entries.map(({ raw }) => raw);
  }
  if (spec.runHostCollectorsInPod) merged.runHostCollectorsInPod = true;
  documents.push(document("SupportBundle", "merged-support-bundle-spec", merged));
  return documents.map((data) => stringify(data, { lineWidth: 0, aliasDuplicateObjects: false })).join("---\n");
}

function document(kind: string, name: string, spec: unknown) {
  return { apiVersion: "troubleshoot.sh/v1beta2", kind, metadata: { name }, spec, status: {} };
}
