import type { Command } from "commander";
import { describeError } from "../../core/errors.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { shortRelativeTime } from "../render/time.ts";
import { openVault } from "./open_vault.ts";
import { vaultUses } from "./vault_uses.ts";

/** `credential list` */
export function defineList(command: Command, cli: CliContext): void {
  command
    .description("List the credentials of the vault, and who uses them. Their values are not shown, and not read.")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle credential list
  support-bundle credential list -o json | jq -r '.[] | select(.usedBy == []) | .name'`,
    );
  addOutputOption(command).action((flags: { output: OutputFormat }) => listCredentials(cli, flags.output));
}

async function listCredentials(cli: CliContext, output: OutputFormat): Promise<void> {
  const vault = await openVault(cli);
  const entries = await vault.list();
  const uses = entries.length === 0 ? new Map<string, string[]>() : await vaultUses(cli).catch(async (error) => {
    await cli.stderr.write(`Warning: it cannot be told who uses them: ${describeError(error)}\n`);
    return undefined;
  });
  const shown = entries.map((entry) => ({ ...entry, usedBy: uses === undefined ? null : uses.get(entry.name) ?? [] }));
  const now = cli.clock.now();
  await printData(cli, output, shown, () =>
    shown.length === 0 ? "" : renderTable(
      [
        { title: "NAME", min: 10 },
        { title: "CHANGED" },
        { title: "USED BY", min: 10 },
        { title: "DESCRIPTION", min: 10, dropRank: 1 },
      ],
      shown.map(({ name, updatedAt, usedBy, description }) => [
        name,
        shortRelativeTime(new Date(updatedAt), now),
        usedBy === null ? "?" : usedBy.join(", ") || "-",
        description,
      ]),
      cli.stdout.columns,
    ));
  if (output !== "table") return;
  const place = await vault.keyPlace();
  await cli.stderr.write(
    shown.length === 0
      ? "There are no credentials; `support-bundle credential set NAME` keeps one\n"
      : `Their key is in ${vault.keyTitle(place!)}\n`,
  );
}
