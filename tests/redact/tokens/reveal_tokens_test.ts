import { equal } from "node:assert/strict";
import { asToken, RevealTokens } from "../../../src/redact/tokens/reveal_tokens.ts";

const one = "***TOKEN_PASSWORD_0A1B2C3D4E5F***", two = `***ACME_APIKEY_${"0".repeat(64)}***`;
const other = "***TOKEN_KEY_FFFFFFFFFFFF***";
const values = new Map([[one, "hunter2"], [two, `é ${one}`]]);

const behaviour: [text: string, revealed: string, count: number, unknown: number][] = [
  ["", "", 0, 0],
  [`a ${one}${two}* b`, `a hunter2é ${one}* b`, 2, 0],
  [`${other} ***HIDDEN*** ${one}`, `${other} ***HIDDEN*** hunter2`, 1, 1],
  [`**${one}`, "**hunter2", 1, 0],
  [one.slice(0, -1), one.slice(0, -1), 0, 0],
  ["*".repeat(500), "*".repeat(500), 0, 0],
];
for (const [text, revealed, count, unknown] of behaviour) {
  Deno.test(`RevealTokens puts values back in ${JSON.stringify(text.slice(0, 60))}, however it is cut`, () => {
    for (let size = 1; size <= Math.max(1, text.length); size++) {
      const tokens = new RevealTokens(values);
      let out = "";
      for (let at = 0; at < text.length; at += size) out += tokens.push(text.slice(at, at + size));
      equal(out + tokens.end(), revealed, `pieces of ${size}`);
      equal(tokens.revealed, count);
      equal(tokens.unknown, unknown);
    }
  });
}

const tokens: [text: string, token: string | undefined][] = [
  [one, one],
  [one.replaceAll("*", ""), one],
  ["TOKEN_PASSWORD_0A1B2C3D4E5F_2", "***TOKEN_PASSWORD_0A1B2C3D4E5F_2***"],
  ["HIDDEN", undefined],
  ["app.log", undefined],
  ["-", undefined],
];
for (const [text, token] of tokens) {
  Deno.test(`asToken() of ${text} is ${token}`, () => equal(asToken(text), token));
}
