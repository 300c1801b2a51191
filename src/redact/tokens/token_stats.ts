import type { Secret, Tokenizer } from "./tokenizer.ts";

/** What was replaced by tokens. Of values in files that are in the bundle; keys as readers of Troubleshoot's maps know them. */
export interface TokenStats {
  /** Values that have tokens; each has one. */
  totalSecrets: number;
  uniqueSecrets: number;
  tokensGenerated: number;
  /** How often a token stands in the files. */
  occurrences: number;
  /** Values by type. */
  secretsByType: Record<string, number>;
  /** Time that making the tokens took. */
  processingTimeMs: number;
  filesCovered: number;
  /** Values that occur more than once. */
  duplicateCount: number;
  correlationCount: number;
  /** Occurrences with blanks, quotes or a word such as `Bearer` around the value, which stay. */
  normalizationHits: number;
  /** Occurrences of values that had their token already, and of those that got one. */
  cacheHits: number;
  cacheMisses: number;
  /** Occurrences of values beyond what is kept in memory: their tokens are in no map. */
  notInMap: number;
  fileCoverage: Record<string, FileStats>;
}

export interface FileStats {
  filePath: string;
  /** Occurrences. */
  secretsFound: number;
  /** Different tokens. */
  tokensUsed: number;
  /** Different tokens by type. */
  secretTypes: Record<string, number>;
}

/** Values that stand in the same files and may belong together. */
export interface Correlation {
  pattern: string;
  description: string;
  tokens: string[];
  files: string[];
  /** 0 to 1. */
  confidence: number;
  detectedAt: string;
}

/** Of one value, or of one pattern, no more files are listed. */
export const MAX_FILES = 1000;

export function tokenStats(tokenizer: Tokenizer, correlationCount: number): TokenStats {
  const secretsByType: Record<string, number> = {};
  const fileCoverage: Record<string, FileStats> = Object.create(null);
  let total = 0, occurrences = 0, duplicateCount = 0;
  for (const { type, count, files } of tokenizer.secrets()) {
    total++;
    occurrences += count;
    if (count > 1) duplicateCount++;
    secretsByType[type] = (secretsByType[type] ?? 0) + 1;
    for (const [filePath, found] of files) {
      const file = fileCoverage[filePath] ??= { filePath, secretsFound: 0, tokensUsed: 0, secretTypes: {} };
      file.secretsFound += found;
      file.tokensUsed++;
      file.secretTypes[type] = (file.secretTypes[type] ?? 0) + 1;
    }
  }
  return {
    totalSecrets: total,
    uniqueSecrets: total,
    tokensGenerated: total,
    occurrences,
    secretsByType,
    processingTimeMs: Math.round(tokenizer.tokenMs),
    filesCovered: Object.keys(fileCoverage).length,
    duplicateCount,
    correlationCount,
    normalizationHits: tokenizer.trimmed,
    cacheHits: occurrences - total,
    cacheMisses: total,
    notInMap: tokenizer.unknown,
    fileCoverage,
  };
}

const PATTERNS: { pattern: string; description: string; types: string[]; confidence: number }[] = [
  {
    pattern: "database_credentials",
    description: "What leads to a database, beside passwords",
    types: ["DATABASE", "PASSWORD"],
    confidence: 0.8,
  },
  {
    pattern: "aws_credentials",
    description: "Access keys, beside what may be their secret halves",
    types: ["APIKEY", "SECRET"],
    confidence: 0.9,
  },
  {
    pattern: "api_authentication",
    description: "API keys, beside tokens",
    types: ["APIKEY", "TOKEN"],
    confidence: 0.7,
  },
];

/** Finds values of types that belong together, two or more of them in one file. */
export function correlations(secrets: Iterable<Secret>, now: Date): Correlation[] {
  const all = [...secrets];
  return PATTERNS.flatMap(({ pattern, description, types, confidence }) => {
    const inFile = new Map<string, string[]>();
    for (const { token, type, files } of all) {
      if (!types.includes(type)) continue;
      for (const path of files.keys()) {
        const tokens = inFile.get(path);
        if (tokens === undefined) inFile.set(path, [token]);
        else tokens.push(token);
      }
    }
    const shared = [...inFile].filter(([, tokens]) => tokens.length > 1);
    if (shared.length === 0) return [];
    return [{
      pattern,
      description,
      tokens: [...new Set(shared.flatMap(([, tokens]) => tokens))],
      files: shared.map(([path]) => path).slice(0, MAX_FILES),
      confidence,
      detectedAt: now.toISOString(),
    }];
  });
}
