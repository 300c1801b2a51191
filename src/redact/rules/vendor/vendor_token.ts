import type { RedactionRule } from "../../rule.ts";

/** A token whose issuer gave it a form by which it is known anywhere. */
export interface VendorToken {
  id: string;
  issuer: string;
  /** Without anchors: a token never begins or ends inside a word. */
  pattern: RegExp;
  /** Put together from parts, so that no scanner takes this file for secrets. */
  examples: string[];
  /** Lower-case literals, one of which is in every such token. */
  keywords: string[];
  /** Looks alike, and is none. */
  keep: string;
}

export function vendorRule({ id, issuer, keywords, pattern, examples, keep }: VendorToken): RedactionRule {
  return {
    id,
    why: `A token of ${issuer} works for whoever holds it`,
    keywords,
    pattern: new RegExp(`(?<![A-Za-z0-9])(?<mask>${pattern.source})(?![A-Za-z0-9])`, pattern.flags + "g"),
    hides: examples.flatMap((example) => [`using ${example} from environment`, `{"a":"${example}"}`]),
    keeps: [keep, `${keep} x`],
  };
}

/** Filler of so many letters and digits, hexadecimal digits, or upper-case letters and digits. */
export const ab = (length: number): string => "a1B2c3D4".repeat(40).slice(0, length);
export const hex = (length: number): string => "0123456789abcdef".repeat(20).slice(0, length);
export const upper = (length: number): string => "A2B3C4D5".repeat(40).slice(0, length);
