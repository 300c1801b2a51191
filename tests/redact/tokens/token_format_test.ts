import { equal, throws } from "node:assert/strict";
import { UsageError } from "../../../src/core/errors.ts";
import { isMask } from "../../../src/redact/mask.ts";
import { hashOf, parseTokenFormat, TokenFormat } from "../../../src/redact/tokens/token_format.ts";

const formats: [text: string, token: string][] = [
  ["ACME_%s", "***ACME_PASSWORD_0A1B2C3D4E5F***"],
  ["ACME_%s_", "***ACME_PASSWORD_0A1B2C3D4E5F***"],
  ["***ACME_%s_%s***", "***ACME_PASSWORD_0A1B2C3D4E5F***"],
  ["***MY_TOKEN_%s***", "***MY_TOKEN_PASSWORD_0A1B2C3D4E5F***"],
];
for (const [text, token] of formats) {
  Deno.test(`parseTokenFormat() reads ${text}`, () => {
    const written = parseTokenFormat(text).token("PASSWORD", "0A1B2C3D4E5F");
    equal(written, token);
    equal(isMask(written), true);
    equal(hashOf(written), "0A1B2C3D4E5F");
  });
}

const refused: [text: string, why: RegExp][] = [
  ["ACME", /does not say with %s/],
  ["", /does not say with %s/],
  ["acme_%s", /cannot be told from other text/],
  ["%s", /cannot be told from other text/],
  ["<ACME_%s>", /cannot be told from other text/],
  ["ACME_%s_%s_%s", /cannot be told from other text/],
  [`${"A".repeat(40)}_%s`, /cannot be told from other text/],
];
for (const [text, why] of refused) {
  Deno.test(`parseTokenFormat() refuses ${JSON.stringify(text)}`, () =>
    throws(() => parseTokenFormat(text), (error) => error instanceof UsageError && why.test(error.message)));
}

const masks: [text: string, is: boolean][] = [
  ["***HIDDEN***", true],
  [new TokenFormat().token("GENERIC", "0".repeat(64)), true],
  ["***TOKEN_PASSWORD_A1B2C3***", true],
  ["***TOKEN_PASSWORD_A1B2C3_12***", true],
  ["***HIDDEN*** ", false],
  ["***WARNING***", false],
  ["***TOKEN_PASSWORD_a1b2c3***", false],
  ["***TOKEN_UNHEARD_A1B2C3***", false],
  ["***TOKEN_PASSWORD_***", false],
];
for (const [text, is] of masks) {
  Deno.test(`isMask() is ${is} for ${JSON.stringify(text)}`, () => equal(isMask(text), is));
}
