import type { Command } from "commander";
import { resolve } from "node:path";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { VERSION } from "../../core/version.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import { type Backup, backupAt, checkBackup, listBackups } from "../../store/backup.ts";
import type { Restored } from "../../store/restore_store.ts";
import { StoreError } from "../../store/store_error.ts";
import type { CliContext } from "../cli_context.ts";
import { relativeTime } from "../render/time.ts";
import { needAccess } from "./access.ts";
import { storeFile } from "./backup.ts";
import { confirm } from "./question.ts";
import { auditEvent, schedulerSettings } from "./with_store.ts";

/** `schedule restore`: a backup in the place of the store, which is set aside. */
export function defineRestore(command: Command, cli: CliContext): void {
  command
    .description(
      "Put a backup in the place of the store. Jobs become what they were then. Executions since then stay known, and " +
        "so does what jobs have run: nothing runs twice. The present store is kept beside the new one, as " +
        "store.db.replaced-<time>. The daemon has to be stopped for it.",
    )
    .argument("[file]", "the backup (default: the newest that is whole)")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule backup --list
  support-bundle schedule daemon stop
  support-bundle schedule restore
  support-bundle schedule restore ~/.troubleshoot/scheduler/backups/store-20260302T120000Z.db --yes`,
    )
    .action((file: string | undefined, flags: { yes?: boolean }) => restore(cli, file, flags.yes ?? false));
}

async function restore(cli: CliContext, file: string | undefined, yes: boolean): Promise<void> {
  const state = stateFolder(cli.env);
  await needAccess(cli, "restore the store", { allJobs: true });
  const settings = await schedulerSettings(cli);
  const path = await storeFile(cli, settings);
  await refuseWhileRunning(cli);
  const backup = file === undefined ? await newestGood(cli, state.backups) : await backupAt(resolve(cli.cwd, file));
  if (file !== undefined) await checkBackup(backup.path);
  const age = relativeTime(new Date(backup.createdAt), cli.clock.now());
  const question =
    `Restore the store from the backup of ${backup.createdAt} (${age})? Jobs become what they were then; ` +
    "the present store is kept beside it.";
  if (!yes && !await confirm(cli, question)) {
    await cli.stderr.write("Nothing was restored\n");
    cli.exitCode = EXIT.failure;
    return;
  }
  const { acquirePidFile } = await import("../../daemon/pid_file.ts");
  const { restoreStore } = await import("../../store/restore_store.ts");
  const now = cli.clock.now();
  const self = { pid: Deno.pid, startTime: now.toISOString(), host: Deno.hostname(), version: VERSION };
  await Deno.mkdir(state.root, { recursive: true, mode: 0o700 });
  const pidFile = await acquirePidFile(state, self); // no daemon starts meanwhile
  let restored: Restored;
  try {
    restored = await restoreStore(path, backup, now);
  } finally {
    await pidFile.release();
  }
  await auditEvent(cli, settings, { action: "restore", detail: `from the backup of ${backup.createdAt}` });
  await tell(cli, backup, restored);
}

async function refuseWhileRunning(cli: CliContext): Promise<void> {
  const { runningDaemon } = await import("../../daemon/pid_file.ts");
  const running = await runningDaemon(stateFolder(cli.env));
  if (running === undefined) return;
  throw new SupportBundleError(
    `Cannot restore the store while the daemon with pid ${running.pid} uses it; nothing was changed`,
    {
      code: "DAEMON_RUNNING",
      exitCode: EXIT.daemon,
      hint: "Stop it with `support-bundle schedule daemon stop`, and start it again afterwards",
    },
  );
}

async function newestGood(cli: CliContext, folder: string): Promise<Backup> {
  const backups = await listBackups(folder);
  for (const backup of backups) {
    try {
      await checkBackup(backup.path);
      return backup;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await cli.stderr.write(`Warning: ${error.message}; an older one is taken\n`);
    }
  }
  throw new StoreError(
    backups.length === 0 ? `There are no backups in ${folder}` : `None of the ${backups.length} backups can be used`,
    { code: "BACKUP_ABSENT", hint: "Name a file that was kept elsewhere: `support-bundle schedule restore FILE`" },
  );
}

async function tell(cli: CliContext, backup: Backup, { jobs, newer, aside }: Restored): Promise<void> {
  const lines = [`Restored ${jobs} ${jobs === 1 ? "job" : "jobs"} from the backup of ${backup.createdAt}`];
  if (newer.executions > 0) lines.push(`Executions since then, which stay known: ${newer.executions}`);
  if (newer.absent.length > 0 && aside !== undefined) lines.push(`Back again: ${newer.absent.join(", ")}`);
  if (newer.dropped.length > 0) lines.push(`Not in it, because they were made later: ${newer.dropped.join(", ")}`);
  if (aside !== undefined) lines.push(`The store before it is kept as ${aside}`);
  await cli.stdout.write(lines.map((line) => line + "\n").join(""));
  if (aside !== undefined && !newer.complete) {
    await cli.stderr.write(
      "Warning: the store before it is damaged: what ran since the backup is not known in full, and may run again\n",
    );
  }
}
