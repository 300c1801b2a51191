import { isMap, isScalar } from "yaml";
import { DOCUMENT_SHAPES } from "../spec/document_shapes.ts";
import { API_VERSIONS, SPEC_KINDS, type SpecKind } from "../spec/troubleshoot_documents.ts";
import type { LintDocument } from "./lint_document.ts";
import { nearMiss } from "./near_miss.ts";

const CURRENT = "troubleshoot.sh/v1beta2";
const TOP_FIELDS = ["apiVersion", "kind", "metadata", "spec", "status"];

/** Checks what every spec starts with, and sets the document's kind.
 * @param defaultName for a document without a name
 * @returns whether there is a `spec` worth looking into */
export function checkHead(document: LintDocument, defaultName: string): boolean {
  if (!checkApiVersion(document)) return false;
  checkKind(document);
  checkMetadata(document, defaultName);
  checkTopFields(document);
  const { spec } = document.data;
  if (spec === undefined || spec === null) {
    document.report("SB108", ["spec"], "Missing 'spec' section", { field: "spec", which: "key" });
    return false;
  }
  if (typeof spec !== "object" || Array.isArray(spec)) {
    document.report("SB209", ["spec"], "Expected 'spec' to be a mapping");
    return false;
  }
  return document.kind !== undefined;
}

function checkApiVersion(document: LintDocument): boolean {
  const { apiVersion } = document.data;
  if (apiVersion === undefined || apiVersion === null || apiVersion === "") {
    document.report("SB102", ["apiVersion"], "Missing or empty 'apiVersion' field", {
      field: "apiVersion",
      suggestion: `Write apiVersion: ${CURRENT}`,
    });
    return false;
  }
  const written = String(apiVersion);
  if (/^troubleshoot\.(?:replicated\.com|sh\/v1beta1$)/.test(written) && API_VERSIONS.includes(written)) {
    document.report("SB104", ["apiVersion"], `The apiVersion ${written} is an old name`, {
      suggestion: `Write apiVersion: ${CURRENT}`,
      edits: document.rewrite(["apiVersion"], "value", CURRENT),
    });
  } else if (!API_VERSIONS.includes(written)) {
    const { likely } = nearMiss(written, API_VERSIONS);
    const meant = likely === undefined || !/^troubleshoot\.sh\/v1beta[23]$/.test(likely) ? CURRENT : likely;
    // Of versions one letter apart, only the words around the number are plainly a slip.
    const plain = /v1beta[23]$/.exec(written)?.[0] ?? (/v1beta\d+$/.test(written) ? undefined : "v1beta2");
    document.report("SB103", ["apiVersion"], `The apiVersion "${written}" is not known`, {
      suggestion: `Write apiVersion: ${meant}`,
      edits: plain === undefined || likely === undefined
        ? undefined
        : document.rewrite(["apiVersion"], "value", `troubleshoot.sh/${plain}`),
    });
  }
  return true;
}

function checkKind(document: LintDocument): void {
  const { kind } = document.data;
  if (kind === undefined || kind === null || kind === "") {
    document.report("SB105", ["kind"], "Missing or empty 'kind' field", {
      field: "kind",
      suggestion: "Write kind: SupportBundle",
    });
  } else if (SPEC_KINDS.includes(kind as SpecKind)) {
    document.kind = kind as SpecKind;
  } else {
    const { likely, alone } = nearMiss(String(kind), SPEC_KINDS);
    document.report("SB106", ["kind"], `Expected kind 'Preflight' or 'SupportBundle' (found '${kind}')`, {
      suggestion: likely === undefined ? `Kinds are ${SPEC_KINDS.join(", ")}` : `Did you mean ${likely}?`,
      edits: alone ? document.rewrite(["kind"], "value", likely!) : undefined,
    });
  }
}

function checkMetadata(document: LintDocument, defaultName: string): void {
  const { metadata } = document.data;
  const name = typeof metadata === "object" && metadata !== null ? (metadata as { name?: unknown }).name : undefined;
  if (name !== undefined && name !== null && name !== "") return;
  const missing = metadata === undefined || metadata === null;
  document.report("SB107", ["metadata"], missing ? "Missing 'metadata' section" : "Missing 'metadata.name'", {
    field: missing ? "metadata" : "metadata.name",
    suggestion: "Give the spec a name: metadata: {name: …}",
    edits: nameEdit(document, defaultName),
  });
}

/** Writes the name behind the line of `kind`, or into the metadata that there are. */
function nameEdit(document: LintDocument, name: string) {
  const eol = document.text.includes("\r\n") ? "\r\n" : "\n";
  const insert = (at: number, text: string) => [{ start: at, end: at, text }];
  const pair = document.pair(["metadata"]);
  if (pair === undefined) {
    const root = document.node([]);
    const kind = document.pair(["kind"]);
    const end = isScalar(kind?.value) && kind.value.range ? kind.value.range[1] : undefined;
    if (end === undefined || !isMap(root) || root.flow) return undefined;
    const indent = " ".repeat(document.columnOf(kind!.key.range![0]) - 1);
    const lineEnd = document.lineEnd(end);
    return insert(lineEnd, `${eol}${indent}metadata:${eol}${indent}  name: ${name}`);
  }
  const { value } = pair;
  const first = isMap(value) ? value.items[0]?.key : undefined;
  const fresh = isMap(value) && !value.items.some(({ key }) => isScalar(key) && key.value === "name");
  if (fresh && !(value.flow) && isScalar(first) && first.range) {
    const indent = " ".repeat(document.columnOf(first.range[0]) - 1);
    return insert(first.range[0], `name: ${name}${eol}${indent}`);
  }
  if (isMap(value) && value.flow && value.items.length === 0 && value.range) {
    return [{ start: value.range[0], end: value.range[1], text: `{name: ${name}}` }];
  }
  return undefined;
}

function checkTopFields(document: LintDocument): void {
  if (document.kind === undefined) return;
  const { lists, others } = DOCUMENT_SHAPES[document.kind];
  const inSpec = [...Object.keys(lists), ...Object.keys(others)];
  for (const key of Object.keys(document.data)) {
    if (TOP_FIELDS.includes(key) || key.startsWith("x-")) continue;
    const message = `A ${document.kind} has no field '${key}' beside spec`;
    if (inSpec.includes(key)) {
      document.report("SB109", [key], message, { which: "key", suggestion: "Indent it: it belongs into spec" });
      continue;
    }
    const { likely, alone } = nearMiss(key, TOP_FIELDS);
    const free = likely !== undefined && !(likely in document.data);
    document.report("SB109", [key], message, {
      which: "key",
      level: likely === undefined ? "warning" : "error",
      suggestion: likely === undefined ? "Remove it" : `Did you mean ${likely}?`,
      edits: alone && free ? document.rewrite([key], "key", likely) : undefined,
    });
  }
}
