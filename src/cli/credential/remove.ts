import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { CliContext } from "../cli_context.ts";
import { needAccess } from "../schedule/access.ts";
import { takeDownEvent } from "../schedule/with_store.ts";
import { credentialName } from "./credential_name.ts";
import { openVault } from "./open_vault.ts";
import { vaultUses } from "./vault_uses.ts";

/** `credential remove` */
export function defineRemove(command: Command, cli: CliContext): void {
  command
    .description("Forget a credential. One that jobs use stays, unless --force says otherwise: they would fail.")
    .argument("<name>", "as `credential list` shows it")
    .option("--force", "remove it although it is used")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle credential remove old-keys
  support-bundle credential remove s3-keys --force`,
    )
    .action((name: string, flags: { force?: boolean }) => removeCredential(cli, name, flags.force === true));
}

async function removeCredential(cli: CliContext, text: string, force: boolean): Promise<void> {
  const name = credentialName([text]);
  await needAccess(cli, "remove credentials");
  const vault = await openVault(cli);
  const users = force ? [] : (await vaultUses(cli)).get(name) ?? [];
  if (users.length > 0 && (await vault.list()).some((entry) => entry.name === name)) {
    throw new SupportBundleError(`The credential ${name} is used by ${users.join(", ")}; nothing was changed`, {
      code: "CREDENTIAL_IN_USE",
      hint: "Give them others first (`support-bundle schedule modify JOB --upload-credentials REF`), or add --force",
    });
  }
  if (!await vault.remove(name)) {
    throw new SupportBundleError(`There is no credential ${name} in the vault`, {
      code: "CREDENTIAL_NOT_FOUND",
      exitCode: EXIT.notFound,
      hint: "`support-bundle credential list` shows which there are",
    });
  }
  await takeDownEvent(cli, { action: "credential-remove", detail: name });
  await cli.stdout.write(`Removed ${name}\n`);
}
