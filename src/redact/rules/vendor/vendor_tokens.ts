import type { RedactionRule } from "../../rule.ts";
import { cloudTokens } from "./cloud_tokens.ts";
import { codeTokens } from "./code_tokens.ts";
import { insightTokens } from "./insight_tokens.ts";
import { serviceTokens } from "./service_tokens.ts";
import { vendorRule } from "./vendor_token.ts";

/** Tokens that are known by their form, one rule for each issuer. */
export const vendorTokens: RedactionRule[] = [...codeTokens, ...cloudTokens, ...serviceTokens, ...insightTokens]
  .map(vendorRule);
