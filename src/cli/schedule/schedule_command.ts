import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { newCommand } from "../command.ts";
import { templateCommand } from "./template/template_command.ts";
import { uploadsCommand } from "./uploads/uploads_command.ts";
import { addLazyCommands, type LazyCommand } from "../lazy_commands.ts";

const COMMANDS: LazyCommand[] = [
  { name: "create", summary: "make a job", load: async () => (await import("./create.ts")).defineCreate },
  { name: "list", aliases: ["ls"], summary: "list the jobs", load: async () => (await import("./list.ts")).defineList },
  {
    name: "describe",
    aliases: ["status"],
    summary: "tell all about a job: state, history, next runs",
    load: async () => (await import("./describe.ts")).defineDescribe,
  },
  { name: "modify", summary: "change a job", load: async () => (await import("./modify.ts")).defineModify },
  {
    name: "delete",
    aliases: ["rm"],
    summary: "delete a job",
    load: async () => (await import("./delete.ts")).defineDelete,
  },
  {
    name: "enable",
    aliases: ["resume"],
    summary: "let a job run on schedule",
    load: async () => (await import("./switch_job.ts")).defineEnable,
  },
  {
    name: "disable",
    aliases: ["pause"],
    summary: "keep a job, and stop running it on schedule",
    load: async () => (await import("./switch_job.ts")).defineDisable,
  },
  { name: "run", summary: "run a job now", load: async () => (await import("./run.ts")).defineRun },
  {
    name: "backfill",
    summary: "make up for due times that passed without a run",
    load: async () => (await import("./backfill.ts")).defineBackfill,
  },
  {
    name: "recover",
    summary: "restart what failed for good or was interrupted",
    load: async () => (await import("./recover.ts")).defineRecover,
  },
  {
    name: "history",
    summary: "show what ran, when, and how it ended",
    load: async () => (await import("./history.ts")).defineHistory,
  },
  {
    name: "diff",
    summary: "show what changed since the last good run of a job",
    load: async () => (await import("./diff.ts")).defineDiff,
  },
  {
    name: "pin",
    summary: "keep the bundle of an execution whatever its age",
    load: async () => (await import("./pin.ts")).definePin,
  },
  {
    name: "unpin",
    summary: "let the bundle of an execution be removed again",
    load: async () => (await import("./pin.ts")).defineUnpin,
  },
  {
    name: "cleanup",
    summary: "remove what is not kept any longer, and mend what is broken",
    load: async () => (await import("./cleanup.ts")).defineCleanup,
  },
  {
    name: "audit",
    summary: "show who did what to jobs, and whether the record is whole",
    load: async () => (await import("./audit.ts")).defineAudit,
  },
  {
    name: "backup",
    summary: "back up the store, or list its backups",
    load: async () => (await import("./backup.ts")).defineBackup,
  },
  {
    name: "restore",
    summary: "put a backup in the place of the store",
    load: async () => (await import("./restore.ts")).defineRestore,
  },
  {
    name: "next",
    summary: "show when an expression or a job is due next, and what may surprise",
    load: async () => (await import("./next.ts")).defineNext,
  },
];

const DAEMON_COMMANDS: LazyCommand[] = [
  {
    name: "start",
    summary: "start the daemon, in the background unless --foreground",
    load: async () => (await import("./daemon/start.ts")).defineStart,
  },
  { name: "stop", summary: "stop the daemon", load: async () => (await import("./daemon/stop.ts")).defineStop },
  {
    name: "status",
    summary: "tell whether it runs, and what it does",
    load: async () => (await import("./daemon/status.ts")).defineStatus,
  },
  {
    name: "restart",
    summary: "stop it if it runs, and start it again",
    load: async () => (await import("./daemon/restart.ts")).defineRestart,
  },
  {
    name: "reload",
    summary: "read the settings again",
    load: async () => (await import("./daemon/reload.ts")).defineReload,
  },
];

/** `schedule` and all its subcommands. */
export function scheduleCommand(cli: CliContext): Command {
  const daemon = addLazyCommands(
    newCommand(cli, "daemon")
      .summary("start, stop and watch the daemon that runs the jobs")
      .description(
        "The daemon runs the jobs when they are due. One serves a state folder: ~/.troubleshoot/scheduler, or what " +
          "TROUBLESHOOT_SCHEDULER_DIR names.",
      )
      .addHelpText(
        "after",
        `
Examples:
  support-bundle schedule daemon start
  support-bundle schedule daemon status --watch
  support-bundle schedule daemon stop`,
      ),
    cli,
    DAEMON_COMMANDS,
  );
  return addLazyCommands(
    newCommand(cli, "schedule")
      .summary("collect bundles on a schedule")
      .description(
        "Collect support bundles on a schedule: jobs say what and when, a daemon on this machine runs them.",
      ),
    cli,
    COMMANDS,
  )
    .addCommand(templateCommand(cli))
    .addCommand(uploadsCommand(cli))
    .addCommand(daemon)
    .addHelpText(
      "after",
      `
A JOB is a name, an id or the unique start of an id.

Examples:
  support-bundle schedule next "0 2 * * *" --timezone Europe/Berlin
  support-bundle schedule create nightly --cron "0 2 * * *" --auto
  support-bundle schedule daemon start
  support-bundle schedule run nightly --wait
  support-bundle schedule history nightly`,
    );
}
