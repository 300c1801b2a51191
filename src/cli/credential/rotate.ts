import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import type { KeyPlace } from "../../credentials/vault_file.ts";
import { KEY_ENV, NEW_KEY_ENV } from "../../credentials/vault_key.ts";
import type { CliContext } from "../cli_context.ts";
import { needAccess } from "../schedule/access.ts";
import { takeDownEvent } from "../schedule/with_store.ts";
import { credentialName } from "./credential_name.ts";
import { openVault } from "./open_vault.ts";
import { readValue, type ValueFlags } from "./read_value.ts";
import { keyOption } from "./set.ts";
import { vaultUses } from "./vault_uses.ts";

interface RotateFlags extends ValueFlags {
  key?: KeyPlace;
}

/** `credential rotate` */
export function defineRotate(command: Command, cli: CliContext): void {
  command
    .description(
      "Replace the value of a credential, which is asked for as `credential set` does; its runs read the new one from " +
        "then on. Without a name: make a new key for the vault, and seal all credentials for it.",
    )
    .usage("[NAME] [flags]")
    .argument("[name]", "whose value is replaced")
    .allowExcessArguments() // which are refused in words that repeat nothing
    .option("--from-file <file>", "read the value from a file; - for standard input")
    .addOption(keyOption("without a name: where the new key is kept, by default where the old one is"))
    .addHelpText(
      "after",
      `
A key in the variable ${KEY_ENV} is replaced by that in
${NEW_KEY_ENV}; put it into the other one afterwards.

Examples:
  support-bundle credential rotate s3-keys
  support-bundle credential rotate s3-keys --from-file new-keys.json
  support-bundle credential rotate
  support-bundle credential rotate --key keychain`,
    )
    .action((name: string | undefined, flags: RotateFlags) =>
      name === undefined ? rotateKey(cli, flags) : rotateValue(cli, command.args, flags)
    );
}

async function rotateValue(cli: CliContext, args: string[], flags: RotateFlags): Promise<void> {
  const name = credentialName(args);
  if (flags.key !== undefined) {
    throw new UsageError("--key says where the vault's key is: it means nothing for one credential", "Leave it out");
  }
  await needAccess(cli, "change credentials");
  const vault = await openVault(cli);
  await vault.set(name, await readValue(cli, name, flags), { rotated: true });
  await takeDownEvent(cli, { action: "credential-rotate", detail: name });
  const users = (await vaultUses(cli).catch(() => undefined))?.get(name) ?? [];
  await cli.stdout.write(
    users.length === 0
      ? `Rotated ${name}\n`
      : `Rotated ${name}: the next runs of ${users.join(", ")} read the new value\n`,
  );
}

async function rotateKey(cli: CliContext, { key, fromFile }: RotateFlags): Promise<void> {
  if (fromFile !== undefined) throw new UsageError("--from-file: whose value is it?", "Name the credential");
  await needAccess(cli, "change the key of the vault");
  const vault = await openVault(cli);
  const before = await vault.keyPlace();
  const count = await vault.rotateKey(key);
  const place = (await vault.keyPlace())!;
  await takeDownEvent(cli, { action: "vault-key-rotate", detail: place });
  await cli.stdout.write(
    `The vault has a new key, in ${vault.keyTitle(place)}; ${count} credentials are sealed for it\n`,
  );
  if (place === "env") {
    await cli.stderr.write(`Put the value of ${NEW_KEY_ENV} into ${KEY_ENV} now, for you and for the daemon\n`);
  } else if (before !== place) {
    await cli.stderr.write(`The old key opens nothing any more; remove it from ${vault.keyTitle(before!)}\n`);
  }
}
