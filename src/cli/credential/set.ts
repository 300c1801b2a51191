import { type Command, Option } from "commander";
import { UsageError } from "../../core/errors.ts";
import { KEY_PLACES, type KeyPlace } from "../../credentials/vault_file.ts";
import type { CliContext } from "../cli_context.ts";
import { needAccess } from "../schedule/access.ts";
import { takeDownEvent } from "../schedule/with_store.ts";
import { credentialName } from "./credential_name.ts";
import { openVault } from "./open_vault.ts";
import { readValue, type ValueFlags } from "./read_value.ts";

interface SetFlags extends ValueFlags {
  description?: string;
  key?: KeyPlace;
}

/** `credential set` */
export function defineSet(command: Command, cli: CliContext): void {
  command
    .description(
      "Keep a credential, or give one another value. It is asked for on the terminal, where it is not shown, or read from " +
        "standard input or a file; it is never an argument. With the first one, the vault and its key are made.",
    )
    .usage("NAME [flags]")
    .argument("<name>", "what jobs call it: vault:NAME")
    .allowExcessArguments() // which are refused in words that repeat nothing
    .option("--from-file <file>", "read it from a file; - for standard input")
    .option("--description <text>", "a note for people; it is not sealed")
    .addOption(keyOption("where the key of a new vault is kept, by default in a file"))
    .addHelpText(
      "after",
      `
The key: vault.key in the state folder (or where TROUBLESHOOT_VAULT_KEY_FILE says),
the system's keychain, or the variable TROUBLESHOOT_VAULT_KEY, for you and the daemon.

Examples:
  support-bundle credential set s3-keys
  support-bundle credential set s3-keys --from-file keys.json --description "bucket bundles"
  pass show bundles/s3 | support-bundle credential set s3-keys
  support-bundle credential set hook --key keychain`,
    )
    .action((_: string, flags: SetFlags) => setCredential(cli, command.args, flags));
}

export function keyOption(description: string): Option {
  const places = `${KEY_PLACES.slice(0, -1).join(", ")} or ${KEY_PLACES.at(-1)}`;
  return new Option("--key <place>", `${description}: ${places}`).argParser((text) => {
    const place = KEY_PLACES.find((known) => known === text.trim());
    if (place !== undefined) return place;
    // It is not repeated: it may be the key itself.
    throw new UsageError("--key: that is not a place where a key can be", `Write ${places}`);
  });
}

async function setCredential(cli: CliContext, args: string[], flags: SetFlags): Promise<void> {
  const name = credentialName(args);
  await needAccess(cli, "change credentials");
  const vault = await openVault(cli);
  const isNew = await vault.keyPlace() === undefined;
  const value = await readValue(cli, name, flags);
  const outcome = await vault.set(name, value, { description: flags.description, place: flags.key });
  await takeDownEvent(cli, { action: "credential-set", detail: name });
  if (isNew) {
    const key = vault.keyTitle((await vault.keyPlace())!);
    await cli.stderr.write(`The vault was made; its key is in ${key}. Without it, nobody can read the credentials.\n`);
  }
  await cli.stdout.write(`${outcome === "added" ? "Kept" : "Replaced"} ${name}: jobs name it as vault:${name}\n`);
}
