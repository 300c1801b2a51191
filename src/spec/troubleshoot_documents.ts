import { nearest } from "../core/nearest.ts";
import { parseDocuments, type SpecDocument } from "./spec_document.ts";
import { SpecError } from "./spec_error.ts";
import { decodeSpec, SPEC_KEYS } from "./spec_keys.ts";

export const SPEC_KINDS = [
  "SupportBundle",
  "Collector",
  "HostCollector",
  "Redactor",
  "Analyzer",
  "Preflight",
  "HostPreflight",
  "RemoteCollector",
] as const;
export type SpecKind = (typeof SPEC_KINDS)[number];

export const API_VERSIONS: readonly string[] = [
  "troubleshoot.sh/v1beta1",
  "troubleshoot.sh/v1beta2",
  "troubleshoot.sh/v1beta3",
  "troubleshoot.replicated.com/v1beta1",
  "troubleshoot.replicated.com/v1beta2",
];

/** A document of one of our kinds. */
export interface TroubleshootDocument extends SpecDocument {
  kind: SpecKind;
}

/** The Troubleshoot documents of a text, those inside Secret and ConfigMap manifests included. What is no such document
 * is named in `warnings`; what looks like one and is not is an error. */
export function troubleshootDocuments(text: string, source: string, warnings: string[]): TroubleshootDocument[] {
  return parseDocuments(text, source).flatMap((document) => classify(document, warnings));
}

function classify(document: SpecDocument, warnings: string[]): TroubleshootDocument[] {
  const { apiVersion, kind } = document.data;
  if (apiVersion === "v1" && (kind === "Secret" || kind === "ConfigMap")) return openManifest(document, warnings);
  if (apiVersion === "v1" && kind === "List") return openList(document, warnings);
  const ours = typeof apiVersion === "string" && /^troubleshoot\./.test(apiVersion);
  if (!ours && !SPEC_KINDS.includes(kind as SpecKind)) {
    const likely = typeof kind === "string" && typeof apiVersion !== "string" ? nearest(kind, SPEC_KINDS) : undefined;
    if (likely === undefined && (typeof apiVersion === "string" && typeof kind === "string")) {
      warnings.push(`${document.place([])}: ignored, a ${kind} (${apiVersion}) is no Troubleshoot spec`);
      return [];
    }
    throw new SpecError(
      document.place(["kind"]),
      kind === undefined ? "This document has no kind" : `"${kind}" is no kind of spec`,
      `Specs have the kinds ${SPEC_KINDS.slice(0, 5).join(", ")}${likely ? `; did you mean ${likely}?` : ""}`,
    );
  }
  if (!API_VERSIONS.includes(String(apiVersion))) {
    const likely = nearest(String(apiVersion ?? ""), API_VERSIONS) ?? "troubleshoot.sh/v1beta2";
    throw new SpecError(
      document.place(["apiVersion"]),
      apiVersion === undefined ? "This document has no apiVersion" : `The apiVersion "${apiVersion}" is not known`,
      `Write apiVersion: ${likely}`,
    );
  }
  if (!SPEC_KINDS.includes(kind as SpecKind)) {
    const likely = nearest(String(kind ?? ""), SPEC_KINDS);
    throw new SpecError(
      document.place(["kind"]),
      `"${kind}" is no kind of spec`,
      likely ? `Did you mean ${likely}?` : `Specs have the kinds ${SPEC_KINDS.slice(0, 5).join(", ")}`,
    );
  }
  return [{ ...document, kind: kind as SpecKind }];
}

/** What `kubectl get … -o yaml` prints of several objects. */
function openList(document: SpecDocument, warnings: string[]): TroubleshootDocument[] {
  const { items } = document.data;
  if (!Array.isArray(items)) throw new SpecError(document.place(["items"]), "This List has no list of items");
  return items.flatMap((data, index) => {
    if (typeof data !== "object" || data === null) return [];
    const place: SpecDocument["place"] = (path, which) => document.place(["items", index, ...path], which);
    return classify({ ...document, data, place }, warnings);
  });
}

function openManifest(document: SpecDocument, warnings: string[]): TroubleshootDocument[] {
  const fields = document.data.kind === "Secret" ? ["data", "stringData"] : ["data"];
  const found: TroubleshootDocument[] = [];
  for (const field of fields) {
    const entries = document.data[field];
    if (typeof entries !== "object" || entries === null) continue;
    for (const key of SPEC_KEYS) {
      const value = (entries as Record<string, unknown>)[key];
      if (typeof value !== "string") continue;
      const text = document.data.kind === "Secret" && field === "data" ? decodeSpec(value) : value;
      if (text === undefined) {
        throw new SpecError(
          document.place([field, key]),
          `The value of ${key} is not the base64 of a text`,
          "Use stringData for plain text",
        );
      }
      const name = `${document.place([field, key], "key")} (${key})`;
      found.push(...troubleshootDocuments(text, name, warnings));
    }
  }
  if (found.length === 0) {
    warnings.push(
      `${document.place([])}: ignored, this ${document.data.kind} has none of the keys ${SPEC_KEYS.join(", ")}`,
    );
  }
  return found;
}
