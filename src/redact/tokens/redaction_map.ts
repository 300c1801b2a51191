import { Buffer } from "node:buffer";
import * as z from "zod";
import { toBytes } from "../latin1.ts";
import { type Correlation, correlations, MAX_FILES, type TokenStats, tokenStats } from "./token_stats.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What leads from tokens back to values, in the form that readers of Troubleshoot's maps know. There is nothing in it from
 * which a value could be guessed or the key be told. */
export interface RedactionMap {
  /** Values by token. In an encrypted map: an age file (armored) of this object as JSON. */
  tokens: Record<string, string> | string;
  stats: TokenStats;
  /** RFC 3339, UTC. */
  timestamp: string;
  profile: string;
  /** Says which bundle it belongs to: `tokens.bundleId` in its `MANIFEST.json`. */
  bundleId: string;
  /** Paths of files by token, of each at most 1,000. */
  secretRefs: Record<string, string[]>;
  /** Values that occur more than once. */
  duplicates: {
    token: string;
    secretType: string;
    locations: string[];
    count: number;
    firstSeen: string;
    lastSeen: string;
  }[];
  correlations: Correlation[];
  isEncrypted: boolean;
}

/** @param name what the user calls the bundle, if anything */
export function newBundleId(name: string | undefined, now: Date): string {
  return name ?? `bundle_${now.getTime()}000000_${crypto.randomUUID().slice(0, 8)}`;
}

export function redactionMap(
  tokenizer: Tokenizer,
  options: { bundleId: string; name?: string; now: Date },
): RedactionMap & { tokens: Record<string, string> } {
  const { bundleId, name, now } = options;
  const secrets = [...tokenizer.secrets()];
  const related = correlations(secrets, now);
  return {
    tokens: Object.fromEntries(
      secrets.map(({ token, value }) => [token, Buffer.from(toBytes(value)).toString("utf8")]),
    ),
    stats: tokenStats(tokenizer, related.length),
    timestamp: now.toISOString(),
    profile: name === undefined ? "support-bundle" : `support-bundle-${name}`,
    bundleId,
    secretRefs: Object.fromEntries(secrets.map(({ token, files }) => [token, [...files.keys()].slice(0, MAX_FILES)])),
    duplicates: secrets.filter(({ count }) => count > 1).map(({ token, type, files, count, firstSeen, lastSeen }) => ({
      token,
      secretType: type,
      locations: [...files.keys()].slice(0, MAX_FILES),
      count,
      firstSeen: firstSeen.toISOString(),
      lastSeen: lastSeen.toISOString(),
    })),
    correlations: related,
    isEncrypted: false,
  };
}

/** What `reveal` needs of a map. */
export const redactionMapSchema = z.object({
  tokens: z.union([z.record(z.string(), z.string()), z.string()]),
  secretRefs: z.record(z.string(), z.array(z.string())).default({}),
  bundleId: z.string().default(""),
  isEncrypted: z.boolean().default(false),
});

/** Values by token, as an encrypted map has them inside. */
export const tokenValuesSchema = z.record(z.string(), z.string());
