import type { TroubleshootDocument } from "./troubleshoot_documents.ts";

/** Where a document comes from, in the order in which documents are merged. */
export const ORIGINS = ["built-in", "argument", "url", "cluster"] as const;
export type Origin = (typeof ORIGINS)[number];

/** A document and where it comes from. What was found in the cluster was named by nobody: where it cannot be used, the
 * others go on without it. */
export interface SourceDocument {
  document: TroubleshootDocument;
  origin: Origin;
}
