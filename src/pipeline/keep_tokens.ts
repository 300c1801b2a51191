import type { Tokenization, TokenReport } from "../redact/tokens/tokenization.ts";
import type { PipelineReport } from "./report.ts";

/** What became of the tokens of a bundle. */
export interface KeptTokens {
  tokens?: TokenSummary;
  /** Why there is no map of them, or no memory of them. */
  tokenError?: unknown;
}

export type TokenSummary = NonNullable<PipelineReport["tokens"]>;

const TOP_FILES = 20;

/** Keeps what leads from the tokens of a bundle back to their values. The bundle is whole and hides what it shall, whatever
 * becomes of the map: a failure is told, not thrown. */
export async function keepTokens(tokens: Tokenization): Promise<KeptTokens> {
  try {
    return { tokens: summarize(await tokens.keep()) };
  } catch (tokenError) {
    return { tokenError };
  }
}

/** Without what grows with the bundle. */
function summarize({ bundleId, map, stats: { fileCoverage, ...stats } }: TokenReport): TokenSummary {
  const files = Object.values(fileCoverage).sort((a, b) => b.secretsFound - a.secretsFound);
  const topFiles = files.slice(0, TOP_FILES).map(({ filePath, secretsFound, tokensUsed }) => ({
    path: filePath,
    occurrences: secretsFound,
    values: tokensUsed,
  }));
  return { ...stats, bundleId, map, topFiles };
}
