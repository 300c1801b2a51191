import { deepStrictEqual, match, throws } from "node:assert/strict";
import type { CliContext } from "../../src/cli/cli_context.ts";
import { readTokenFlags, type TokenFlags } from "../../src/cli/token_flags.ts";
import { UsageError } from "../../src/core/errors.ts";

const cli = { cwd: "/home/me" } as CliContext;
const RECIPIENT = "age1" + "q".repeat(58);

const read: [name: string, flags: TokenFlags, options: ReturnType<typeof readTokenFlags>][] = [
  ["nothing", {}, undefined],
  [
    "nothing but empty variables",
    { redactionMap: "", tokenKey: "", bundleId: "", redactionMapPassphrase: "" },
    undefined,
  ],
  ["no tokens", { tokenize: false }, undefined],
  ["tokens", { tokenize: true }, { key: undefined, format: undefined, bundleId: undefined, map: undefined }],
  ["a check of tokens", { verifyTokenization: true }, {
    key: undefined,
    format: undefined,
    bundleId: undefined,
    map: undefined,
  }],
  [
    "everything",
    {
      tokenize: true,
      tokenKey: "env:KEY",
      tokenPrefix: "ACME_%s",
      bundleId: "case-7",
      redactionMap: "map.json",
      encryptRedactionMap: true,
      redactionMapRecipients: [`${RECIPIENT},${RECIPIENT}`, RECIPIENT],
      tokenizationStats: true,
    },
    {
      key: "env:KEY",
      format: "ACME_%s",
      bundleId: "case-7",
      map: { path: "/home/me/map.json", encrypt: { recipients: [RECIPIENT, RECIPIENT, RECIPIENT] } },
    },
  ],
  ["a passphrase", {
    tokenize: true,
    redactionMap: "/m",
    encryptRedactionMap: true,
    redactionMapPassphrase: "file:/pass",
  }, {
    key: undefined,
    format: undefined,
    bundleId: undefined,
    map: { path: "/m", encrypt: { passphrase: "file:/pass" } },
  }],
];
for (const [name, flags, options] of read) {
  Deno.test(`readTokenFlags() reads ${name}`, () => deepStrictEqual(readTokenFlags(cli, flags, true), options));
}

const map = { tokenize: true, redactionMap: "m" };
const refused: [name: string, flags: TokenFlags, message: RegExp, hint: RegExp][] = [
  ["a map without tokens", { redactionMap: "m" }, /--redaction-map does nothing without --tokenize/, /--tokenize/],
  ["a map with tokens off", { redactionMap: "m", tokenize: false }, /--redaction-map does nothing/, /--tokenize/],
  ["a key without tokens", { tokenKey: "env:KEY" }, /--token-key does nothing/, /--tokenize/],
  ["a prefix without tokens", { tokenPrefix: "A_%s" }, /--token-prefix does nothing/, /--tokenize/],
  ["a bundle id without tokens", { bundleId: "x" }, /--bundle-id does nothing/, /--tokenize/],
  ["statistics without tokens", { tokenizationStats: true }, /--tokenization-stats does nothing/, /--tokenize/],
  [
    "encryption without a map",
    { tokenize: true, encryptRedactionMap: true, redactionMapRecipients: [RECIPIENT] },
    /without --redaction-map/,
    /--redaction-map FILE/,
  ],
  [
    "encryption for nobody",
    { ...map, encryptRedactionMap: true },
    /nobody could read/,
    /--redaction-map-recipients age1/,
  ],
  [
    "recipients without encryption",
    { ...map, redactionMapRecipients: [RECIPIENT] },
    /recipients does nothing/,
    /--encrypt/,
  ],
  [
    "a passphrase without encryption",
    { ...map, redactionMapPassphrase: "env:P" },
    /passphrase does nothing/,
    /--encrypt/,
  ],
  [
    "recipients and a passphrase",
    { ...map, encryptRedactionMap: true, redactionMapRecipients: [RECIPIENT], redactionMapPassphrase: "env:P" },
    /exclude each other/,
    /one of them/,
  ],
  ["a key as it is", { tokenize: true, tokenKey: "hunter2" }, /^--token-key: .*not a reference/, /env:NAME/],
  [
    "a passphrase as it is",
    { ...map, encryptRedactionMap: true, redactionMapPassphrase: "hunter2" },
    /^--redaction-map-passphrase: .*not a reference/,
    /env:NAME/,
  ],
  ["a prefix without %s", { tokenize: true, tokenPrefix: "ACME" }, /does not say with %s/, /ACME_%s/],
  ["a bundle id with a slash", { tokenize: true, bundleId: "a/b" }, /"a\/b" cannot be used/, /letters/],
];
for (const [name, flags, message, hint] of refused) {
  Deno.test(`readTokenFlags() refuses ${name}, and says why`, () =>
    throws(() => readTokenFlags(cli, flags, true), (error) => {
      match((error as UsageError).message, message);
      match((error as UsageError).hint!, hint);
      return error instanceof UsageError && !`${error.message}${error.hint}`.includes("hunter2");
    }));
}

Deno.test("readTokenFlags() refuses tokens where nothing is hidden", () =>
  throws(() => readTokenFlags(cli, { tokenize: true }, false), /--tokenize does nothing with --redact=false/));
