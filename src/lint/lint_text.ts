import { type Document, isMap, isScalar, LineCounter, parseAllDocuments, type ParsedNode } from "yaml";
import { describeError } from "../core/errors.ts";
import { readDocument } from "../spec/read_document.ts";
import { yamlProblem } from "../spec/spec_document.ts";
import { SpecError } from "../spec/spec_error.ts";
import { decodeSpec, SPEC_KEYS } from "../spec/spec_keys.ts";
import { SPEC_KINDS, type SpecKind, type TroubleshootDocument } from "../spec/troubleshoot_documents.ts";
import { checkCollectors } from "./check_collectors.ts";
import type { LintEntry } from "./check_entry.ts";
import { checkHead } from "./check_head.ts";
import { checkLists } from "./check_lists.ts";
import { checkOutcomes } from "./check_outcomes.ts";
import { checkRedactors } from "./check_redactors.ts";
import { checkSecrets } from "./check_secrets.ts";
import { checkSeparators } from "./check_separators.ts";
import { checkTemplates } from "./check_templates.ts";
import type { Finding } from "./finding.ts";
import { LintDocument } from "./lint_document.ts";
import { missingColon } from "./missing_colon.ts";
import { ruleOf } from "./rules.ts";

/** What one text holds, and what is wrong with it. Findings grow while checks over several texts run. */
export interface LintedText {
  findings: Finding[];
  documents: LintDocument[];
  entries: LintEntry[];
}

/** Checks a text, rendered if it was a template.
 * @param defaultName for documents without a name */
export function lintText(text: string, defaultName: string): LintedText {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter: lines,
    uniqueKeys: true,
    merge: true,
    prettyErrors: false,
    logLevel: "error", // its warnings quote what is written
    keepSourceTokens: false,
  });
  const result: LintedText = { findings: [], documents: [], entries: [] };
  let seen = false;
  for (const yaml of Array.isArray(parsed) ? parsed : []) {
    const blank = yaml.contents === null || (isScalar(yaml.contents) && yaml.contents.value === null);
    if (blank && yaml.errors.length === 0) continue;
    seen = true;
    const document = open(text, lines, yaml, result.findings);
    if (document !== undefined) lintDocument(document, defaultName, result);
  }
  if (!seen) {
    result.findings.push({
      code: "SB115",
      level: ruleOf("SB115").level,
      line: 1,
      column: 1,
      message: "There is no spec in it",
      field: "",
      suggestion: "A spec starts with apiVersion: and kind:",
    });
  }
  checkSeparators(text, lines, result);
  checkDocStrings(result);
  return result;
}

function open(
  text: string,
  lines: LineCounter,
  yaml: Document.Parsed<ParsedNode>,
  findings: Finding[],
): LintDocument | undefined {
  const document = new LintDocument({ text, lines, yaml, data: {}, findings });
  const [error] = yaml.errors;
  if (error !== undefined) {
    document.report("SB101", [], `YAML syntax error: ${yamlProblem(error)}`, {
      offset: error.pos[0],
      field: "yaml",
      suggestion: "Tabs, missing spaces after a colon and wrong indents are the usual causes",
      edits: missingColon(text, error.pos[0]),
    });
    return undefined;
  }
  if (!isMap(yaml.contents)) {
    document.report("SB115", [], "This document is not a mapping", {
      suggestion: "A spec starts with apiVersion: and kind:",
    });
    return undefined;
  }
  try {
    const data = yaml.toJS({ maxAliasCount: 1000 }) as Record<string, unknown>;
    return new LintDocument({ text, lines, yaml, data, findings });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    document.report("SB101", [], "YAML syntax error: the aliases of this document cannot be resolved", {
      field: "yaml",
    });
    return undefined;
  }
}

function lintDocument(document: LintDocument, defaultName: string, result: LintedText): void {
  const { apiVersion, kind } = document.data;
  if (apiVersion === "v1" && (kind === "Secret" || kind === "ConfigMap")) {
    lintManifest(document, defaultName, result);
    return;
  }
  if (apiVersion === "v1" && kind === "List" && Array.isArray(document.data.items)) {
    document.data.items.forEach((item, index) => {
      if (typeof item !== "object" || item === null) return;
      lintDocument(document.below(item, ["items", index]), defaultName, result);
    });
    return;
  }
  const foreign = typeof apiVersion === "string" && apiVersion !== "" && !/^troubleshoot\b/.test(apiVersion);
  if (foreign && !SPEC_KINDS.includes(kind as SpecKind)) {
    document.report("SB114", ["kind"], `Ignored: a ${String(kind)} (${apiVersion}) is no Troubleshoot spec`);
    return;
  }
  lintSpec(document, defaultName, result);
}

function lintSpec(document: LintDocument, defaultName: string, result: LintedText): void {
  const before = document.findings.length;
  result.documents.push(document);
  const readable = checkHead(document, defaultName);
  checkTemplates(document, document.node([]));
  if (!readable) return;
  const entries = checkLists(document);
  result.entries.push(...entries);
  for (const entry of entries) checkOutcomes(entry);
  if (document.kind === "Redactor") checkRedactors(document);
  checkCollectors(entries);
  checkSecrets(document, document.node(["spec"]));
  if (!document.findings.slice(before).some(({ level }) => level === "error")) checkLoads(document);
}

/** What passes all rules must load, too: the loader has the last word. */
function checkLoads(document: LintDocument): void {
  try {
    readDocument(document as LintDocument & TroubleshootDocument, []);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const [, line, column, message] = /^:(\d+):(\d+): ([^]*)$/.exec(error.message) ?? [];
    const finding: Finding = {
      code: "SB116",
      level: "error",
      line: Number(line ?? 1),
      column: Number(column ?? 1),
      message: message ?? describeError(error),
      field: "spec",
    };
    if (error.hint !== undefined) finding.suggestion = error.hint;
    document.findings.push(finding);
  }
}

/** Specs under the keys of a Secret or ConfigMap. Where a key holds a block of text, findings show in the file's own lines. */
function lintManifest(document: LintDocument, defaultName: string, result: LintedText): void {
  let found = false;
  for (const field of document.data.kind === "Secret" ? ["data", "stringData"] : ["data"]) {
    for (const key of SPEC_KEYS) {
      const value = document.value([field, key]);
      if (typeof value !== "string") continue;
      found = true;
      const encoded = document.data.kind === "Secret" && field === "data";
      const text = encoded ? decodeSpec(value) : value;
      if (text === undefined) {
        document.report("SB116", [field, key], `The value of ${key} is not the base64 of a text`, {
          suggestion: "Use stringData for plain text",
        });
        continue;
      }
      const inner = lintText(text, defaultName);
      const node = document.node([field, key]);
      const block = isScalar(node) && node.type === "BLOCK_LITERAL";
      const offset = document.offset([field, key], block ? "value" : "key");
      const { line, column } = document.position(offset);
      const indent = block ? /\n+( *)\S/.exec(document.text.slice(offset))?.[1]?.length ?? 0 : 0;
      for (const { edits: _, ...finding } of inner.findings) {
        result.findings.push(
          block
            ? { ...finding, line: line + finding.line, column: finding.column + indent }
            : { ...finding, line, column, message: `${key}, line ${finding.line}: ${finding.message}` },
        );
      }
    }
  }
  if (!found) {
    const keys = SPEC_KEYS.join(", ");
    document.report("SB114", ["kind"], `Ignored: this ${document.data.kind} has none of the keys ${keys}`);
  }
}

function checkDocStrings({ documents, entries }: LintedText): void {
  const lacking = new Map<LintDocument, Set<string>>();
  for (const { document, list, docString } of entries) {
    if (docString) continue;
    const noun = /analyzers/i.test(list) ? "analyzers" : "collectors";
    lacking.set(document, (lacking.get(document) ?? new Set()).add(noun));
  }
  for (const document of documents) {
    const nouns = lacking.get(document);
    if (nouns === undefined) continue;
    const some = ["analyzers", "collectors"].filter((noun) => nouns.has(noun)).join(" and ");
    document.report("SB402", ["spec"], `Some ${some} are missing docString (recommended for v1beta3)`, {
      which: "key",
      field: "docString",
    });
  }
}
