import type { Command } from "commander";
import { formatSize } from "../../core/size.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import { type Backup, listBackups, makeBackup } from "../../store/backup.ts";
import { StoreError } from "../../store/store_error.ts";
import type { Settings } from "../../daemon/settings.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { relativeTime } from "../render/time.ts";
import { needAccess } from "./access.ts";
import { auditEvent, schedulerSettings } from "./with_store.ts";

interface BackupFlags {
  list?: boolean;
  output: OutputFormat;
}

/** `schedule backup`: a backup of the store now, with or without a daemon. */
export function defineBackup(command: Command, cli: CliContext): void {
  command
    .description(
      "Back up the store: jobs, executions and their logs, not the bundles. The daemon does so by itself, every hour unless " +
        "the settings say otherwise; this makes one now, whether it runs or not. The newest 6 are kept, and one of each of " +
        "the last 7 days.",
    )
    .option("--list", "list the backups, the newest first, and make none")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule backup
  support-bundle schedule backup --list
  support-bundle schedule restore`,
    );
  addOutputOption(command).action((flags: BackupFlags) => flags.list ? list(cli, flags) : backUp(cli, flags));
}

async function backUp(cli: CliContext, { output }: BackupFlags): Promise<void> {
  await needAccess(cli, "back up the store");
  const settings = await schedulerSettings(cli);
  const { backups } = stateFolder(cli.env);
  const store = await storeFile(cli, settings);
  const absent = await Deno.stat(store).then(() => false, (error) => error instanceof Deno.errors.NotFound);
  if (absent) {
    throw new StoreError(`There is nothing to back up: ${store} does not exist`, {
      code: "STATE_ABSENT",
      hint: "Make a job with `support-bundle schedule create`, or name another folder with TROUBLESHOOT_SCHEDULER_DIR",
    });
  }
  const backup = await makeBackup(store, backups, cli.clock.now());
  await auditEvent(cli, settings, { action: "backup", detail: backup.path });
  await printData(cli, output, backup, () => `Backed up the store to ${backup.path} (${formatSize(backup.bytes)})\n`);
}

async function list(cli: CliContext, { output }: BackupFlags): Promise<void> {
  const { backups: folder } = stateFolder(cli.env);
  const backups = await listBackups(folder);
  await printData(cli, output, backups, () => backups.length === 0 ? "" : asTable(cli, backups));
  if (backups.length === 0 && output === "table") await cli.stderr.write(`There are no backups in ${folder}\n`);
}

function asTable(cli: CliContext, backups: Backup[]): string {
  const now = cli.clock.now();
  const rows = backups.map(({ path, createdAt, bytes }) => [
    createdAt,
    relativeTime(new Date(createdAt), now),
    formatSize(bytes),
    path,
  ]);
  const columns = [{ title: "TIME" }, { title: "AGE" }, { title: "SIZE", align: "right" as const }, { title: "FILE" }];
  return renderTable(columns, rows, cli.stdout.columns);
}

/** The file of the store.
 * @throws {StoreError} `STATE_REMOTE` when it is on a KV server */
export async function storeFile(cli: CliContext, settings: Settings): Promise<string> {
  const { storeLocation } = await import("../../daemon/settings.ts");
  const location = storeLocation(stateFolder(cli.env), settings);
  if ("path" in location) return location.path;
  throw new StoreError(`The store is on the KV server ${new URL(location.url).origin}, and no file here to back up`, {
    code: "STATE_REMOTE",
    hint: "Back up that server by its own means, and restore it there",
  });
}
