import { resolve } from "node:path";
import type { Command } from "commander";
import { validateCredentialReference } from "../core/credential_reference.ts";
import { describeError, SupportBundleError, UsageError } from "../core/errors.ts";
import { type OpenMap, readMap } from "../redact/tokens/map_file.ts";
import type { MapKeys } from "../redact/tokens/map_lock.ts";
import { asToken, RevealTokens } from "../redact/tokens/reveal_tokens.ts";
import type { CliContext } from "./cli_context.ts";
import { addLazyCommands } from "./lazy_commands.ts";
import { readSecret } from "./read_secret.ts";
import { colorsFor } from "./render/color.ts";
import { oneLine, renderTable } from "./render/table.ts";

interface RevealFlags {
  identity?: string;
  passphrase?: string;
}

/** Adds `reveal` to the commands about redaction. */
export function addReveal(redact: Command, cli: CliContext): void {
  addLazyCommands(redact, cli, [{
    name: "reveal",
    summary: "show what tokens stand for, to the owner of the map",
    load: () => Promise.resolve(defineReveal),
  }]);
}

/** `support-bundle redact reveal`: values of tokens, or a text with the values put back. */
export function defineReveal(command: Command, cli: CliContext): void {
  command
    .description(
      "Shows what the tokens in a bundle stand for, by the map that --redaction-map has written: all of them, those that " +
        "are named, or a text with the values put back.",
    )
    .usage("MAP [TOKEN… | FILE | -] [flags]")
    .argument("<map>", "file that --redaction-map has written")
    .argument("[what...]", "tokens (the stars may be left out), or one file, or - for standard input")
    .option("--identity <file>", "for an encrypted map: file with your age identity, as age-keygen writes it")
    .option("--passphrase <ref>", "for an encrypted map: where its passphrase is: env:NAME, file:/path, vault:NAME …")
    .addHelpText(
      "after",
      `
What is shown is secret: it is what the bundle hides. It goes to standard output and nowhere else.
One token alone gives its value and nothing else, for use in scripts.

Examples:
  support-bundle redact reveal map.json
  support-bundle redact reveal map.json TOKEN_PASSWORD_0A1B2C3D4E5F
  support-bundle redact reveal map.json bundle/cluster-resources/pods/logs/shop/web.log | less
  grep -r TOKEN_ bundle | support-bundle redact reveal map.json - --identity ~/age.key`,
    )
    .action((map: string, what: string[], flags: RevealFlags) => reveal(cli, map, what, flags));
}

async function reveal(cli: CliContext, mapPath: string, what: string[], flags: RevealFlags): Promise<void> {
  if (flags.passphrase !== undefined) checkPassphrase(flags.passphrase);
  const tokens = what.map(asToken);
  const file = what.length === 1 && tokens[0] === undefined ? what[0] : undefined;
  if (file === undefined && tokens.includes(undefined)) {
    throw new UsageError(
      `"${what[tokens.indexOf(undefined)]}" is not a token, and only one file can be revealed at a time`,
      "Name tokens only, such as TOKEN_PASSWORD_0A1B2C3D4E5F, or one file",
    );
  }
  const map = await readMap(resolve(cli.cwd, mapPath), (kind) => keysFor(cli, kind, flags, file === "-"));
  if (file !== undefined) return await revealText(cli, map, file);
  if (tokens.length === 0) return await cli.stdout.write(listing(cli, map, [...map.values.keys()]));
  const missing = tokens.find((token) => !map.values.has(token!));
  if (missing !== undefined) {
    throw new SupportBundleError(`The map of ${map.bundleId || mapPath} does not have the token ${missing}`, {
      code: "TOKEN_UNKNOWN",
      hint: "Each bundle has a map of its own: tokens.bundleId in its MANIFEST.json is the map's bundleId",
    });
  }
  if (tokens.length === 1) {
    const value = map.values.get(tokens[0]!)!;
    return await cli.stdout.write((cli.stdout.isTerminal ? oneLine(value) : value) + "\n");
  }
  await cli.stdout.write(listing(cli, map, tokens as string[]));
}

function listing(cli: CliContext, { values, files }: OpenMap, tokens: string[]): string {
  if (tokens.length === 0) return "The map has no tokens: nothing was hidden.\n";
  return renderTable(
    [{ title: "TOKEN" }, { title: "VALUE", min: 10 }, { title: "FILES", min: 10, dropRank: 1 }],
    tokens.map((token) => [token, oneLine(values.get(token)!), oneLine((files[token] ?? []).join(", "))]),
    cli.stdout.columns,
  );
}

async function revealText(cli: CliContext, { values }: OpenMap, file: string): Promise<void> {
  const tokens = new RevealTokens(values);
  if (file === "-") await cli.stdout.write(tokens.push(await cli.stdin.readAll()) + tokens.end());
  else {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    try {
      using opened = await Deno.open(resolve(cli.cwd, file));
      const buffer = new Uint8Array(256 << 10);
      for (let first = true;; first = false) {
        const read = await opened.read(buffer);
        if (read === null) break;
        if (first) refuseArchive(file, buffer);
        await cli.stdout.write(tokens.push(decoder.decode(buffer.subarray(0, read), { stream: true })));
      }
    } catch (cause) {
      if (cause instanceof SupportBundleError) throw cause;
      throw new SupportBundleError(`Cannot read "${file}": ${describeError(cause)}`, { hint: "Check the path", cause });
    }
    await cli.stdout.write(tokens.push(decoder.decode()) + tokens.end());
  }
  if (tokens.unknown > 0) {
    const { yellow } = colorsFor(cli.stderr, cli.env);
    await cli.stderr.write(`${yellow("Warning:")} ${tokens.unknown} tokens are not in this map, and stay\n`);
  }
}

function refuseArchive(file: string, start: Uint8Array): void {
  if (start[0] !== 0x1f || start[1] !== 0x8b) return;
  throw new UsageError(`"${file}" is packed: tokens cannot be seen in it`, `Unpack it first: tar xzf "${file}"`);
}

/** @param stdinTaken true when standard input has the text, and nobody can be asked there */
async function keysFor(
  cli: CliContext,
  kind: "passphrase" | "identity",
  { identity, passphrase }: RevealFlags,
  stdinTaken: boolean,
): Promise<MapKeys> {
  if (kind === "identity") {
    if (identity !== undefined) return { identities: await readIdentities(resolve(cli.cwd, identity)) };
    throw new UsageError(
      "The map is encrypted for age recipients, and no identity was named",
      "Add --identity FILE, the file that age-keygen has written",
    );
  }
  if (passphrase !== undefined) return { passphrase: await readSecret(cli)(passphrase) };
  if (stdinTaken || !cli.stdin.isTerminal || !cli.stderr.isTerminal) {
    throw new UsageError(
      "The map is encrypted with a passphrase, and nobody can be asked for it here",
      "Add --passphrase env:NAME or --passphrase file:/path",
    );
  }
  const ask = () => cli.stderr.write("Passphrase of the map: ");
  if (cli.stdin.readHidden === undefined) await ask();
  const typed = await (cli.stdin.readHidden?.(ask) ?? cli.stdin.readLine());
  await cli.stderr.write("\n");
  return { passphrase: typed ?? "" };
}

async function readIdentities(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw new UsageError(`--identity: cannot read "${path}": ${describeError(cause)}`, "Check the path", { cause });
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length > 0) return lines;
  throw new UsageError(`--identity: "${path}" has no identity in it`, "Name the file that age-keygen has written");
}

function checkPassphrase(reference: string): void {
  try {
    validateCredentialReference(reference);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`--passphrase: ${error.message}`, error.hint);
  }
}
