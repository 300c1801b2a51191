import { resolve } from "node:path";
import type { Command } from "commander";
import { validateCredentialReference } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { parseTokenFormat } from "../redact/tokens/token_format.ts";
import type { TokenOptions } from "../redact/tokens/tokenization.ts";
import type { CliContext } from "./cli_context.ts";
import { collect, parseBoolean } from "./command.ts";

/** The flags of `--tokenize`, as commander leaves them. */
export interface TokenFlags {
  tokenize?: boolean;
  tokenKey?: string;
  tokenPrefix?: string;
  redactionMap?: string;
  encryptRedactionMap?: boolean;
  redactionMapRecipients?: string[];
  redactionMapPassphrase?: string;
  bundleId?: string;
  tokenizationStats?: boolean;
  verifyTokenization?: boolean;
}

/** Adds the flags that put tokens in place of `***HIDDEN***`. */
export function addTokenFlags(command: Command): Command {
  return command
    .option("--tokenize [bool]", "hide behind tokens: equal values get equal ones, in all files", parseBoolean)
    .option("--token-key <ref>", "with --tokenize: key for equal tokens in several bundles: env:NAME, vault:NAME …")
    .option("--token-prefix <fmt>", "with --tokenize: another first word of tokens, such as ACME_%s")
    .option("--redaction-map <file>", "with --tokenize: write down there which token stands for what")
    .option("--encrypt-redaction-map [bool]", "encrypt the values in it with age", parseBoolean)
    .option("--redaction-map-recipients <age1…>", "who can open it then (repeatable)", collect)
    .option("--redaction-map-passphrase <ref>", "or the passphrase that opens it: env:NAME, vault:NAME …")
    .option("--bundle-id <id>", "with --tokenize: name of the bundle, in its manifest and in the map")
    .option("--tokenization-stats [bool]", "with --tokenize: say on standard error what was replaced", parseBoolean)
    .option("--verify-tokenization [bool]", "try the flags of --tokenize on a sample, and stop", parseBoolean);
}

/** What the flags ask for; undefined when they ask for nothing.
 * @param redact false when nothing is hidden at all
 * @throws {UsageError} for flags that would do nothing, or could not do what they say */
export function readTokenFlags(cli: CliContext, flags: TokenFlags, redact: boolean): TokenOptions | undefined {
  // Empty ones come from variables that are set to nothing.
  const [tokenKey, tokenPrefix, bundleId, map] = [flags.tokenKey, flags.tokenPrefix, flags.bundleId, flags.redactionMap]
    .map((text) => text || undefined);
  const encrypt = readEncryption(flags);
  const tokenize = flags.tokenize === true || flags.verifyTokenization === true;
  const idle: [flag: string, given: boolean][] = [
    ["--token-key", tokenKey !== undefined],
    ["--token-prefix", tokenPrefix !== undefined],
    ["--redaction-map", map !== undefined],
    ["--bundle-id", bundleId !== undefined],
    ["--tokenization-stats", flags.tokenizationStats === true],
  ];
  for (const [flag, given] of idle) {
    if (given && !tokenize) throw new UsageError(`${flag} does nothing without --tokenize`, "Add --tokenize");
  }
  if (encrypt !== undefined && map === undefined) {
    throw new UsageError("--encrypt-redaction-map does nothing without --redaction-map", "Add --redaction-map FILE");
  }
  if (!tokenize) return undefined;
  if (!redact) {
    throw new UsageError("--tokenize does nothing with --redact=false: no value is hidden", "Leave one of them out");
  }
  if (tokenKey !== undefined) checkReference("--token-key", tokenKey);
  if (tokenPrefix !== undefined) parseTokenFormat(tokenPrefix);
  if (bundleId !== undefined && !/^[\w.:-]{1,128}$/.test(bundleId)) {
    throw new UsageError(
      `--bundle-id: "${bundleId}" cannot be used`,
      "Use up to 128 letters, digits, dots, colons, dashes and underscores",
    );
  }
  return {
    key: tokenKey,
    format: tokenPrefix,
    bundleId,
    map: map === undefined ? undefined : { path: resolve(cli.cwd, map), encrypt },
  };
}

/** @throws {UsageError} */
export function refuseMapAsArchive(tokens: TokenOptions | undefined, archivePath: string): void {
  if (tokens?.map?.path !== archivePath) return;
  throw new UsageError("--redaction-map and --output name the same file", "Name another file for the map");
}

function readEncryption(flags: TokenFlags): NonNullable<TokenOptions["map"]>["encrypt"] {
  const recipients = (flags.redactionMapRecipients ?? []).flatMap((text) => text.split(",")).map((text) => text.trim())
    .filter((text) => text !== "");
  const passphrase = flags.redactionMapPassphrase || undefined;
  if (flags.encryptRedactionMap !== true) {
    const idle = recipients.length > 0
      ? "--redaction-map-recipients"
      : passphrase === undefined
      ? undefined
      : "--redaction-map-passphrase";
    if (idle === undefined) return undefined;
    throw new UsageError(`${idle} does nothing without --encrypt-redaction-map`, "Add --encrypt-redaction-map");
  }
  if (recipients.length > 0 && passphrase !== undefined) {
    throw new UsageError(
      "--redaction-map-recipients and --redaction-map-passphrase exclude each other: age has one or the other",
      "Use one of them",
    );
  }
  if (recipients.length > 0) return { recipients };
  if (passphrase === undefined) {
    throw new UsageError(
      "--encrypt-redaction-map: it does not say for whom, and nobody could read the map",
      "Add --redaction-map-recipients age1… (age-keygen makes one), or --redaction-map-passphrase env:NAME",
    );
  }
  checkReference("--redaction-map-passphrase", passphrase);
  return { passphrase };
}

function checkReference(flag: string, reference: string): void {
  try {
    validateCredentialReference(reference);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`${flag}: ${error.message}`, error.hint);
  }
}
