import { stringify } from "yaml";
import { toAnalysisJson } from "../../analyze/analysis_json.ts";
import type { Finding } from "../../analyze/analyzer.ts";
import { toAnalyzerResults, toYamlResults } from "../../analyze/analyzer_results.ts";

/** What readers of Troubleshoot's `analyze` know.
 * @param asBundle the entries of `analysis.json` instead of results (`--compatibility support-bundle`) */
export function renderCompatible(findings: readonly Finding[], format: "json" | "yaml", asBundle: boolean): string {
  if (format === "json") return goJson(asBundle ? toAnalysisJson(findings) : toAnalyzerResults(findings));
  const data = asBundle ? toAnalysisJson(findings) : toYamlResults(findings);
  return stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** As Go prints it: indented by four, safe in HTML, and no line end behind it. */
function goJson(value: unknown): string {
  return JSON.stringify(value, null, 4).replace(
    /[&<>\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
