import { stringify } from "yaml";
import type { LoadedSpec } from "./load_spec.ts";

/** The merged spec as YAML, the Redactor first: what `--dry-run` prints. */
export function printSpec(spec: LoadedSpec): string {
  const documents: unknown[] = [];
  if (spec.redactors.length > 0) {
    documents.push(document("Redactor", "merged-redactors-spec", { redactors: spec.redactors }));
  }
  const lists = {
    analyzers: spec.analyzers,
    collectors: spec.collectors,
    hostAnalyzers: spec.hostAnalyzers,
    hostCollectors: spec.hostCollectors,
  };
  const filled = Object.entries(lists).filter(([, entries]) => entries.length > 0)
    .map(([name, entries]) => [name, entries.map(({ raw }) => raw)]);
  documents.push(document("SupportBundle", "merged-support-bundle-spec", Object.fromEntries(filled)));
  return documents.map((data) => stringify(data, { lineWidth: 0 })).join("---\n");
}

function document(kind: string, name: string, spec: unknown) {
  return { apiVersion: "troubleshoot.sh/v1beta2", kind, metadata: { name }, spec, status: {} };
}
