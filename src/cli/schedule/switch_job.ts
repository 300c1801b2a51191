import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import { withoutPause, withPause } from "../../schedule/apply_firing.ts";
import type { CliContext } from "../cli_context.ts";
import { operatorName } from "../operator_name.ts";
import { gone, resolveJob } from "./job_reference.ts";
import { rescheduled } from "./job_schedule.ts";
import { nextRunText } from "./schedule_text.ts";
import { lastExecution } from "./last_execution.ts";
import { nudge, withStore } from "./with_store.ts";

/** `schedule enable`: idempotent. The next run is counted from now: what was due while it was off is not caught up. */
export function defineEnable(command: Command, cli: CliContext): void {
  command
    .description("Let a job run on schedule again, from now on: runs that were due while it was disabled stay undone.")
    .argument("<job>", "name, id or unique start of an id")
    .addHelpText("after", "\nExamples:\n  support-bundle schedule enable nightly")
    .action((job: string) => switchJob(cli, job, true));
}

/** `schedule disable`: idempotent. What runs now is not ended. */
export function defineDisable(command: Command, cli: CliContext): void {
  command
    .description(
      "Keep a job, and stop running it on schedule. An execution that runs now goes on to its end; scheduled ones that " +
        "still wait are skipped. Who did it and when is noted down, and `describe` shows it.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("--note <text>", "why, for whoever looks at the job later")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule disable nightly
  support-bundle schedule disable nightly --note "cluster upgrade until Friday"`,
    )
    .action((job: string, flags: { note?: string }) => switchJob(cli, job, false, flags.note));
}

const MAX_NOTE = 1_000;

async function switchJob(cli: CliContext, reference: string, enabled: boolean, note?: string): Promise<void> {
  if (note !== undefined && note.length > MAX_NOTE) {
    throw new UsageError(`--note: ${note.length} characters are too many`, `Write ${MAX_NOTE} at most`);
  }
  const now = cli.clock.now();
  const word = enabled ? "enabled" : "disabled";
  const paused = { by: operatorName(cli.env), note: note?.trim() ?? "", since: now.toISOString() };
  const { before, after } = await withStore(cli, async (store) => {
    const before = await resolveJob(store, reference);
    if (before.enabled === enabled && note === undefined) return { before, after: before };
    const last = enabled ? await lastExecution(store, before.id) : undefined;
    const after = await store.updateJob(before.id, (job) => {
      if (!enabled) return withPause(job, { ...paused, since: job.paused?.since ?? paused.since });
      return job.enabled ? job : rescheduled(withoutPause(job), now, last);
    });
    if (!after) throw gone(before);
    return { before, after };
  });
  if (before === after) {
    await cli.stdout.write(`Job "${after.name}" (${after.id}) is ${word} already\n`);
    return;
  }
  await nudge(cli);
  await cli.stdout.write(
    `Job "${after.name}" (${after.id}) is ${word} ${before.enabled === enabled ? "already; the note is new" : "now"}` +
      (enabled ? `; next run: ${nextRunText(after, now)}\n` : "; it keeps its history\n"),
  );
}
