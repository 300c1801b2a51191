import { counted } from "../../core/counted.ts";
import type { TokenSummary } from "../../pipeline/keep_tokens.ts";
import { oneLine, renderFields } from "./table.ts";

/** What a person is told at the end of a run. */
export function tokenLines({ occurrences, totalSecrets, map }: TokenSummary): string[] {
  const counts = `  ${counted(occurrences, "token")} for ${counted(totalSecrets, "different value")}`;
  return map === undefined ? [counts] : [counts, `  their map${map.encrypted ? ", encrypted" : ""}: ${map.path}`];
}

/** What `--tokenization-stats` says: counts, no value. */
export function renderTokenStats(tokens: TokenSummary): string {
  const types = Object.entries(tokens.secretsByType).sort(([, a], [, b]) => b - a);
  const shown = tokens.topFiles.map(({ path, occurrences, values }) =>
    `${occurrences} of ${values} ${values === 1 ? "value" : "values"} in ${oneLine(path)}`
  );
  const more = tokens.filesCovered - tokens.topFiles.length;
  return "Tokenization\n" + renderFields([
    ["  Bundle", tokens.bundleId],
    ["  Values", `${tokens.totalSecrets}, ${tokens.duplicateCount} of them more than once`],
    ["  Tokens in files", `${tokens.occurrences}, in ${tokens.filesCovered} files`],
    ["  Values by type", types.length === 0 ? "none" : types.map(([type, count]) => `${count} ${type}`).join(", ")],
    ["  Correlations", String(tokens.correlationCount)],
    ...tokens.notInMap > 0
      ? [["  In no map", `${tokens.notInMap} tokens of values beyond what is kept in memory`] as [string, string]]
      : [],
    ["  Map", tokens.map === undefined ? "none" : `${tokens.map.path}${tokens.map.encrypted ? ", encrypted" : ""}`],
    ...shown.length === 0
      ? []
      : [["  Files", [...shown, ...more > 0 ? [`and ${more} more`] : []]] as [string, string[]]],
  ]);
}
