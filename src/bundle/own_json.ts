import type { Manifest } from "./manifest.ts";
import type { RedactionReport } from "./redaction_report.ts";

/** The text of a `MANIFEST.json`; undefined for what is none of ours, whatever its name. */
export function parseManifest(text: string): Manifest | undefined {
  const value = parseJson(text);
  const ours = isObject(value) && value.schemaVersion === 1 && isObject(value.tool) &&
    value.tool.name === "support-bundle" && isList(value.stages, isObject) &&
    isList(value.files, (file) => hasTexts(file, "path", "collector")) &&
    isList(value.missing, (file) => hasTexts(file, "path")) &&
    (value.tokens === undefined || isTokens(value.tokens));
  return ours ? value as unknown as Manifest : undefined;
}

/** The text of an `execution-data/redaction.json`; undefined for what is none of ours. */
export function parseRedactionReport(text: string): RedactionReport | undefined {
  const value = parseJson(text);
  const isCount = (count: unknown) =>
    hasTexts(count, "rule") && Number.isSafeInteger(count.count) && Number.isSafeInteger(count.bytesHidden);
  const ours = isObject(value) && value.schemaVersion === 1 &&
    isList(value.files, (file) => hasTexts(file, "path") && isList(file.redactions, isCount)) &&
    isList(value.leftOut, (file) => hasTexts(file, "path", "message"));
  return ours ? value as unknown as RedactionReport : undefined;
}

function isTokens(tokens: unknown): boolean {
  if (!hasTexts(tokens, "bundleId")) return false;
  return tokens.earlier === undefined || isList(tokens.earlier, (id) => typeof id === "string");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasTexts(value: unknown, ...keys: string[]): value is Record<string, unknown> {
  return isObject(value) && keys.every((key) => typeof value[key] === "string");
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
