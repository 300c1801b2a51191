import type { AnalyzerEntry } from "../../analyze/run_analyzers.ts";

/** The analyzers for a bundle that comes without a spec; the one place of the command that knows of them.
 * @returns none while this version has none of its own */
export function builtInInsight(): Promise<AnalyzerEntry[]> {
  return Promise.resolve([]);
}
