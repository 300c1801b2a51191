import type { Command } from "commander";
import { tryParseDuration } from "../../core/duration.ts";
import { UsageError } from "../../core/errors.ts";
import { backfillExecution, backfillSlots } from "../../schedule/backfill.ts";
import { type Execution, executionId } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { countDueOf } from "../../schedule/job_due.ts";
import { MAX_WAITING } from "../../schedule/overlap.ts";
import { parseInstant } from "../../schedule/parse_instant.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { parseBoolean } from "../command.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { utcTime } from "../render/time.ts";
import { addExecution } from "./add_execution.ts";
import { gone, resolveJob } from "./job_reference.ts";
import { countFlag } from "./policy_flags.ts";
import { needDaemon } from "./run.ts";
import { nudge, withStore } from "./with_store.ts";

interface BackfillFlags {
  from?: string;
  to?: string;
  limit: string;
  dryRun?: boolean;
  output: OutputFormat;
}

/** Due times that are looked at, at most: a schedule of seconds has millions in a month. */
const MAX_LOOKS = 10_000;

/** `schedule backfill`: executions for due times that have passed and were not run. */
export function defineBackfill(command: Command, cli: CliContext): void {
  command
    .description(
      "Make up for due times that have passed without a run: those that were missed, skipped, or lie before the job " +
        "was enabled. The oldest come first, and wait for each other unless the job lets runs overlap. Each collects " +
        "what is there when it runs, not what was there when it was due.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("--from <time>", "the first due time: 7d (before now), 2026-03-01, 2026-03-01T08:30 (in the job's zone)")
    .option("--to <time>", "the last one; a day alone includes that day (default: now)")
    .option("--limit <n>", `at most so many, up to ${MAX_WAITING}`, "100")
    .option("--dry-run [bool]", "show what would be queued, and change nothing", parseBoolean);
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Due times in blackout hours are left out, and so are those that were run. A
further call goes on where the limit ended this one.

Examples:
  support-bundle schedule backfill nightly --from 7d --dry-run
  support-bundle schedule backfill nightly --from 2026-03-01 --to 2026-03-07
  support-bundle schedule backfill hourly --from 2026-03-01 --limit 24 -o json`,
    )
    .action((job: string, flags: BackfillFlags) => backfill(cli, job, flags));
}

async function backfill(cli: CliContext, reference: string, flags: BackfillFlags): Promise<void> {
  const limit = countFlag("--limit", flags.limit, 1, MAX_WAITING);
  if (flags.from === undefined) {
    throw new UsageError("--from is missing: nobody knows where to begin", "Add for example --from 7d");
  }
  const from = flags.from;
  await withStore(cli, async (store) => {
    const job = await resolveJob(store, reference);
    const range = readRange(job, from, flags.to, cli.clock.now());
    if (!flags.dryRun) await needDaemon(cli, job.name);
    const { slots, left } = await openSlots(store, job, range, limit);
    const executions: Execution[] = [];
    for (const slot of slots) {
      if (flags.dryRun) {
        executions.push(backfillExecution(job, slot));
        continue;
      }
      const added = await addExecution(store, job.id, (it) => backfillExecution(it, slot), true);
      if (added === "gone") throw gone(job);
      if (added !== "exists") executions.push(added);
    }
    if (!flags.dryRun && executions.length > 0) await nudge(cli);
    await printData(
      cli,
      flags.output,
      executions,
      () =>
        executions.length === 0 ? "" : renderTable(
          [{ title: "DUE" }, { title: "EXECUTION" }],
          executions.map(({ scheduledAt, id }) => [utcTime(new Date(scheduledAt)), id]),
          cli.stdout.columns,
        ),
    );
    await cli.stderr.write(summary(executions.length, left, flags.dryRun === true));
  });
}

function readRange(job: Job, fromText: string, toText: string | undefined, now: Date): { from: Date; to: Date } {
  const ago = tryParseDuration(fromText.trim());
  const from = ago !== undefined && ago >= 0
    ? new Date(now.getTime() - ago)
    : parseInstant(fromText, job.timezone, "start", "--from");
  const to = toText === undefined ? now : parseInstant(toText, job.timezone, "end", "--to");
  if (from > to || from > now) {
    throw new UsageError(
      from > now
        ? `--from: ${from.toISOString()} is still to come`
        : `--to: ${to.toISOString()} comes before ${from.toISOString()}`,
      "Write a time that has passed, and an end after it",
    );
  }
  return { from, to: to < now ? to : now };
}

/** Due times without a run, the oldest first. @returns with how many further due times were not looked at */
async function openSlots(store: JobStore, job: Job, { from, to }: { from: Date; to: Date }, limit: number) {
  const slots: Date[] = [];
  let looks = 0;
  for (const slot of backfillSlots(job, from, to)) {
    if (slots.length === limit || looks++ === MAX_LOOKS) {
      return { slots, left: countDueOf(job, new Date(slot.getTime() - 1), to) };
    }
    const existing = await store.getExecution(executionId(job.id, slot));
    if (existing === undefined || existing.status === "skipped") slots.push(slot);
  }
  return { slots, left: 0 };
}

function summary(count: number, left: number, dryRun: boolean): string {
  const what = `${count} ${count === 1 ? "execution" : "executions"}`;
  const done = count === 0
    ? "Nothing to make up for: no due time of this interval is without its run\n"
    : dryRun
    ? `${what} would be queued\n`
    : `${what} queued\n`;
  return left === 0 ? done : `${done}${left} further due times were not looked at: narrow the interval, or ` +
    (dryRun ? "raise --limit\n" : "run this again when these are done\n");
}
