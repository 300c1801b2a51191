import type { Analyzer, AnalyzerResult } from "../../src/analyze/analyzer.ts";
import { MemoryBundle } from "./memory_bundle.ts";

/** Reads fields as the spec loader does, then runs the analyzer. */
export async function resultsOf(
  analyzer: Analyzer,
  fields: Record<string, unknown>,
  files: Record<string, unknown>,
): Promise<AnalyzerResult[]> {
  const config = analyzer.schema.parse(fields);
  analyzer.validate?.(config);
  const results: AnalyzerResult[] = [];
  for await (const result of analyzer.analyze(config, new MemoryBundle(files))) results.push(result);
  return results;
}

/** The verdicts in short: `fail: message`, `skipped/file-missing: message`; for an analyzer that throws, one `throws:`. */
export async function verdictsOf(
  analyzer: Analyzer,
  fields: Record<string, unknown>,
  files: Record<string, unknown>,
): Promise<string[]> {
  try {
    return (await resultsOf(analyzer, fields, files)).map(({ outcome }) => {
      const status = outcome.status === "skipped" ? `skipped/${outcome.reason}` : outcome.status;
      return `${status}: ${outcome.message}`;
    });
  } catch (error) {
    return [`throws: ${(error as Error).message}`];
  }
}

/** `outcomes` of a spec from pairs: `fail(">= 3", "message")` are its elements. */
export const pass = (when?: string, message = "P", uri?: string) => ({ pass: { when, message, uri } });
export const warn = (when?: string, message = "W", uri?: string) => ({ warn: { when, message, uri } });
export const fail = (when?: string, message = "F", uri?: string) => ({ fail: { when, message, uri } });
