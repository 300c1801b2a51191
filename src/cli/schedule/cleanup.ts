import { counted } from "../../core/counted.ts";
import type { Command } from "commander";
import { parseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { formatSize } from "../../core/size.ts";
import type { CleanupReport, CleanupRequest } from "../../daemon/clean_up.ts";
import type { Execution } from "../../schedule/execution.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { parseBoolean } from "../command.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { REMOVED_FOR } from "./execution_text.ts";
import { needAccess } from "./access.ts";
import { confirm } from "./question.ts";
import { freeUpload } from "./uploads/free_upload.ts";
import { nudge, schedulerSettings, takeDownEvent, withStore } from "./with_store.ts";

interface CleanupFlags {
  olderThan?: string;
  undelivered?: boolean;
  repair?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  output: OutputFormat;
}

/** `schedule cleanup`: what retention says, what is older, and what crashes left behind. */
export function defineCleanup(command: Command, cli: CliContext): void {
  command
    .description(
      "Remove bundles and history that are not kept any longer: without flags what the retention of the jobs says, as the " +
        "daemon does by itself. Pinned bundles stay, and so do those that could not be uploaded yet and those of " +
        "executions that have not ended. A daemon may run meanwhile.",
    )
    .option("--older-than <duration>", "instead of what retention says, all that ended so long ago: 30d, 12h")
    .option("--undelivered", "with --older-than: bundles whose upload did not succeed, too")
    .option("--repair", "mend the store's indexes, and remove files that nothing needs; tells of unreadable records")
    .option("--dry-run [bool]", "show what would be done, and change nothing", parseBoolean)
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule cleanup --dry-run
  support-bundle schedule cleanup --older-than 30d --yes
  support-bundle schedule cleanup --repair`,
    );
  addOutputOption(command).action((flags: CleanupFlags) => cleanup(cli, flags));
}

async function cleanup(cli: CliContext, flags: CleanupFlags): Promise<void> {
  const request = readFlags(flags);
  if (!flags.dryRun) await needAccess(cli, "clean up", { allJobs: true });
  const done = await withStore(cli, async (store) => {
    const { cleanUp } = await import("../../daemon/clean_up.ts");
    const { hasSharedStore, retentionAgeMs } = await import("../../daemon/settings.ts");
    const settings = await schedulerSettings(cli);
    const context = {
      store,
      state: stateFolder(cli.env),
      now: () => cli.clock.now(),
      defaultAgeMs: retentionAgeMs(settings),
      shared: hasSharedStore(settings),
      beforeRemoval: (execution: Execution) => freeUpload(cli, store, execution),
    };
    if (flags.dryRun) return await cleanUp(request, { ...context, dryRun: true });
    if (!flags.yes) {
      const planned = await cleanUp(request, { ...context, dryRun: true });
      if (planned.removed.length > 0 && !await confirm(cli, `Remove ${summary(planned)}?`)) return undefined;
    }
    return await cleanUp(request, context);
  });
  if (done === undefined) {
    await cli.stderr.write("Nothing was removed\n");
    cli.exitCode = EXIT.failure;
    return;
  }
  if (!done.dryRun && done.removed.length + done.mended.length > 0) {
    await takeDownEvent(cli, { action: "cleanup", detail: summary(done) });
    await nudge(cli);
  }
  await printData(cli, flags.output, done, () => asTable(cli, done));
  if (flags.output === "table") await tellNotes(cli, done);
  for (const fault of done.faults) await cli.stderr.write(`Warning: ${fault}\n`);
  if (done.faults.length > 0) cli.exitCode = EXIT.failure;
}

function readFlags({ olderThan, undelivered, repair }: CleanupFlags): CleanupRequest {
  if (undelivered && olderThan === undefined) {
    throw new UsageError("--undelivered means nothing without --older-than", "Say how old they are: --older-than 30d");
  }
  const olderThanMs = olderThan === undefined ? undefined : parseDuration(olderThan, "--older-than");
  if (olderThanMs !== undefined && olderThanMs < 0) {
    throw new UsageError(`--older-than: ${olderThan} lies in the future`, "Write a duration such as 30d");
  }
  return { olderThanMs, undelivered, repair };
}

function asTable(cli: CliContext, { dryRun, removed, mended, setAside }: CleanupReport): string {
  const table = removed.length === 0 ? "" : renderTable(
    [
      { title: dryRun ? "WOULD REMOVE" : "REMOVED" },
      { title: "SIZE", align: "right" },
      { title: "JOB", min: 6 },
      { title: "EXECUTION OR PATH" },
      { title: "WHY", min: 10 },
    ],
    removed.map(({ what, subject, job, why, bytes }) => [
      what,
      what === "history" ? "-" : formatSize(bytes),
      job ?? "-",
      subject,
      REMOVED_FOR[why] ?? why,
    ]),
    cli.stdout.columns,
  );
  return table +
    mended.map((line) => `${dryRun ? "Would mend" : "Mended"}: ${line}\n`).join("") +
    setAside.map((line) => `Set aside: ${line}\n`).join("");
}

async function tellNotes(cli: CliContext, report: CleanupReport): Promise<void> {
  const { dryRun, undelivered, unknown, removed, mended } = report;
  const verb = dryRun ? "Would remove" : "Removed";
  if (removed.length > 0) await cli.stderr.write(`${verb} ${summary(report)}\n`);
  else if (mended.length === 0) await cli.stderr.write("There was nothing to remove\n");
  if (undelivered.length > 0) {
    await cli.stderr.write(
      `Warning: ${counted(undelivered.length, "bundle")} that could not be uploaded yet stay: ${
        undelivered.slice(0, 3).join(", ")
      }${undelivered.length > 3 ? " …" : ""}. --older-than with --undelivered removes them\n`,
    );
  }
  if (unknown.length > 0) {
    const bytes = unknown.reduce((sum, it) => sum + it.bytes, 0);
    await cli.stderr.write(
      `Warning: no execution names ${counted(unknown.length, "file")} (${formatSize(bytes)}), such as ${
        unknown[0]!.path
      }. --repair removes what nothing names\n`,
    );
  }
}

/** `3 bundles (12 MB), 5 records, 1 work folder` */
function summary({ removed, mended, bytes }: CleanupReport): string {
  const of = (what: string) => removed.filter((it) => it.what === what).length;
  const parts = [
    [of("bundle"), "bundle"],
    [of("history"), "record"],
    [of("work"), "work folder"],
    [of("part") + of("unknown") + of("tokens"), "file"],
    [mended.length, "index fault"],
  ] as const;
  const named = parts.filter(([n]) => n > 0).map(([n, noun]) => counted(n, noun)).join(", ");
  return bytes > 0 ? `${named} (${formatSize(bytes)})` : named;
}
