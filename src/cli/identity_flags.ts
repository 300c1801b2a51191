import { resolve } from "node:path";
import type { Command } from "commander";
import type { Decrypt } from "../bundle/read_bundle.ts";
import type { Decryption } from "../crypt/decryption.ts";
import type { CliContext } from "./cli_context.ts";
import { readSecret } from "./read_secret.ts";
import { checkReference } from "./encrypt_flags.ts";
import { collect } from "./command.ts";

/** The flags that say what opens an encrypted bundle, as commander leaves them. */
export interface IdentityFlags {
  identity?: string[];
  passphrase?: string;
}

export function addIdentityFlags(command: Command): Command {
  return command
    .option(
      "-i, --identity <file>",
      "for an encrypted bundle: an age identity, or an SSH private key (repeatable)",
      collect,
    )
    .option(
      "--passphrase <ref>",
      "passphrase of the bundle, or of the SSH key: env:NAME or file:/path (default: asks)",
    );
}

/** What opens encrypted bundles. Identities are read, and somebody is asked for a passphrase, when there is one.
 * @throws {UsageError} when `--passphrase` is no credential reference */
export async function readDecryption(
  cli: CliContext,
  { identity = [], passphrase }: IdentityFlags,
): Promise<Decryption> {
  if (passphrase) checkReference("--passphrase", passphrase);
  const [{ Decryption }, { readIdentities }] = await Promise.all([
    import("../crypt/decryption.ts"),
    import("../crypt/identities.ts"),
  ]);
  const once = <T>(action: () => Promise<T>) => {
    let result: Promise<T> | undefined;
    return () => result ??= action();
  };
  const ask = (of: string) => passphrase ? readSecret(cli)(passphrase) : askPassphrase(cli, of);
  return new Decryption({
    identities: once(async () =>
      (await Promise.all(identity.map((path) => readIdentities(resolve(cli.cwd, path), ask)))).flat()
    ),
    passphrase: once(() => ask("the bundle")),
  });
}

/** For commands that read bundles: opens what is encrypted, and loads nothing for what is not. */
export function bundleDecrypt(cli: CliContext, flags: IdentityFlags): Decrypt {
  let decryption: Promise<Decryption> | undefined;
  return async (source, name) => await (await (decryption ??= readDecryption(cli, flags))).open(source, name);
}

/** @returns undefined when there is nobody to ask */
async function askPassphrase(cli: CliContext, of: string): Promise<string | undefined> {
  if (!cli.stdin.isTerminal || !cli.stderr.isTerminal) return undefined;
  await cli.stderr.write(`Passphrase of ${of}: `);
  const typed = await (cli.stdin.readHidden?.() ?? cli.stdin.readLine());
  await cli.stderr.write("\n");
  return typed || undefined;
}
