import type { EntryField } from "./spec_entries.ts";
import type { SpecKind } from "./troubleshoot_documents.ts";

/** What may stand in the `spec` of a document. */
export interface DocumentShape {
  /** Its lists of entries, and what those are. */
  lists: Readonly<Record<string, EntryField>>;
  /** Further fields, each with what it means. */
  others: Readonly<Record<string, string>>;
}

const URI = { uri: "Address (http, https, oci) of a newer version of this spec" };
const AFTER = { afterCollection: "Actions after the collection; this version delivers with --upload only" };
const REMOTE = { remoteCollectors: "Host collectors for every node; this version runs none of them" };
const UPLOAD = { uploadResultsTo: "Address that gets the results" };

/** The fields of `spec`, by kind of document: for checks of what is written, and for completion in editors. */
export const DOCUMENT_SHAPES: Readonly<Record<SpecKind, DocumentShape>> = {
  SupportBundle: {
    lists: {
      collectors: "collectors",
      hostCollectors: "hostCollectors",
      analyzers: "analyzers",
      hostAnalyzers: "hostAnalyzers",
    },
    others: {
      ...AFTER,
      runHostCollectorsInPod: "true runs the host collectors on every node, in a pod on each",
      ...URI,
    },
  },
  Collector: { lists: { collectors: "collectors" }, others: { ...AFTER, ...URI } },
  HostCollector: { lists: { collectors: "hostCollectors" }, others: URI },
  Analyzer: { lists: { analyzers: "analyzers", hostAnalyzers: "hostAnalyzers" }, others: URI },
  Redactor: {
    lists: {},
    others: { redactors: "What is hidden, beside what is hidden anyway", hide: "Classes of personal data", ...URI },
  },
  Preflight: {
    lists: { collectors: "collectors", analyzers: "analyzers" },
    others: { ...REMOTE, ...UPLOAD, ...URI },
  },
  HostPreflight: {
    lists: { collectors: "hostCollectors", analyzers: "hostAnalyzers" },
    others: { ...REMOTE, ...UPLOAD, ...URI },
  },
  RemoteCollector: {
    lists: { collectors: "hostCollectors" },
    others: { nodeSelector: "Labels of the nodes", ...AFTER, ...URI },
  },
};
