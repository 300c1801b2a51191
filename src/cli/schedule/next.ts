import { type Command, InvalidArgumentError } from "commander";
import { UsageError } from "../../core/errors.ts";
import { describeSchedule } from "../../schedule/describe_schedule.ts";
import { nextRunsOf } from "../../schedule/job_due.ts";
import { parseLocalTime } from "../../schedule/local_time.ts";
import { nextDues } from "../../schedule/next_due.ts";
import { type DuePreview, previewDue } from "../../schedule/preview.ts";
import { scheduleWarnings } from "../../schedule/schedule_warnings.ts";
import { parseTimezone } from "../../schedule/timezone.ts";
import type { CliContext } from "../cli_context.ts";
import { collect } from "../command.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { type Column, renderFields, renderTable } from "../render/table.ts";
import { relativeTime, utcTime } from "../render/time.ts";
import { checkSchedules } from "./check_schedules.ts";
import { type PreviewSubject, previewSubject } from "./preview_subject.ts";
import { scheduleLines, whyNothingDue } from "./schedule_text.ts";
import { schedulerSettings } from "./with_store.ts";

export interface NextFlags {
  cron?: string[];
  every?: string;
  timezone?: string;
  count: number;
  from?: string;
  output: OutputFormat;
}

const DEFAULT_COUNT = 5;
const MAX_COUNT = 1_000;

/** `schedule next`: what a schedule means and when it is due, before or after a job has it. */
export function defineNext(command: Command, cli: CliContext): void {
  command
    .description(
      "Show what schedules mean and when they are due next, in words, in the zone's time and in UTC, and warn of what " +
        "may surprise. Takes expressions, several of them merged as a job would, or the name of a job. Changes nothing.",
    )
    .argument("[expression|job...]", "cron expressions in quotes, or one job: a name, id or unique start of an id")
    .option("-c, --cron <expr>", "cron expression, five fields or @daily …; repeatable", collect)
    .option("--every <duration>", 'short for --cron "@every <duration>": 90s, 30m, 12h')
    .option("-z, --timezone <zone>", "IANA name of the zone that is meant (default: the job's, or that of new jobs)")
    .option("--count <n>", `how many due times to show, up to ${MAX_COUNT}`, parseCount, DEFAULT_COUNT)
    .option("--from <time>", "from then on instead of now: 2026-03-29, 2026-03-29T01:30 in the zone, or RFC 3339");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
@every counts from now, or from --from; in a job, from its creation.

Examples:
  support-bundle schedule next "30 2 * * *" --timezone America/New_York --from 2026-03-07
  support-bundle schedule next "0 9 * * MON-FRI" "0 12 * * SAT" --count 10
  support-bundle schedule next --every 6h -o json
  support-bundle schedule next nightly`,
    )
    .action((given: string[], flags: NextFlags) => next(cli, given, flags));
}

async function next(cli: CliContext, given: string[], flags: NextFlags): Promise<void> {
  const now = cli.clock.now();
  const subject = await previewSubject(cli, given, flags);
  const { job } = subject;
  const zone = parseTimezone(flags.timezone ?? job?.timezone ?? (await schedulerSettings(cli)).defaultTimezone);
  const from = flags.from === undefined ? now : parseFrom(flags.from, zone);
  const schedules = job?.schedules ?? checkSchedules(subject.schedules, zone, from).schedules;
  const warnings = scheduleWarnings(schedules, zone, from);
  const anchor = job === undefined ? from : new Date(job.createdAt);
  // A due time at --from itself belongs to what is due from then on.
  const after = flags.from === undefined ? now : new Date(from.getTime() - 1);
  const runs =
    (job === undefined
      ? nextDues(schedules, zone, after, anchor, flags.count)
      : nextRunsOf({ ...job, timezone: zone }, after, flags.count))
      .map((at) => previewDue(schedules, zone, at, anchor, now));
  const preview = {
    ...job === undefined ? {} : { job: { id: job.id, name: job.name, enabled: job.enabled } },
    schedules,
    timezone: zone,
    description: describeSchedule(schedules, zone),
    from: from.toISOString(),
    nextRuns: runs,
    warnings,
  };
  await printData(cli, flags.output, preview, () =>
    renderFields([
      ...job === undefined ? [] : [["Job", `${job.name} (${job.id})`] as [string, string]],
      ...scheduleLines({ schedules, timezone: zone }),
    ]) + "\n" + (runs.length > 0 ? runTable(cli, runs, schedules, now) : `None: ${whyNone(subject, now)}\n`));
  for (const warning of [...warnings, ...jobWarnings(subject)]) await cli.stderr.write(`Warning: ${warning}\n`);
}

function runTable(cli: CliContext, runs: DuePreview[], schedules: string[], now: Date): string {
  const several = schedules.length > 1;
  const noted = runs.some(({ note }) => note !== undefined);
  const columns: Column[] = [
    { title: "LOCAL TIME" },
    { title: "UTC" },
    { title: "FROM NOW" },
    ...several ? [{ title: "SCHEDULE", min: 10, dropRank: 1 }] : [],
    ...noted ? [{ title: "NOTE", min: 10 }] : [],
  ];
  const rows = runs.map((run) => [
    localText(run.local),
    utcTime(new Date(run.scheduledAt)),
    relativeTime(new Date(run.scheduledAt), now),
    ...several ? [run.schedules.join("; ")] : [],
    ...noted ? [run.note ?? ""] : [],
  ]);
  return renderTable(columns, rows, cli.stdout.columns);
}

function whyNone({ job }: PreviewSubject, now: Date): string {
  return job === undefined ? "it is not due within nine years" : whyNothingDue(job, now);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** @param local as `2026-03-29T03:00:00+02:00` @returns as `Sun 2026-03-29 03:00 +02:00` */
function localText(local: string): string {
  const [date, time] = [local.slice(0, 10), local.slice(11, 19).replace(/:00$/, "")];
  return `${DAYS[new Date(date).getUTCDay()]} ${date} ${time} ${local.slice(19)}`;
}

function jobWarnings({ job }: PreviewSubject): string[] {
  return job === undefined || job.enabled
    ? []
    : [`The job is disabled: none of this runs until \`support-bundle schedule enable "${job.name}"\``];
}

function parseCount(text: string): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : 0;
  if (count < 1 || count > MAX_COUNT) throw new InvalidArgumentError(`Write a number from 1 to ${MAX_COUNT}.`);
  return count;
}

function parseFrom(text: string, zone: string): Date {
  const from = parseLocalTime(text, zone);
  if (from !== undefined) return from;
  throw new UsageError(
    `--from: "${text}" is not a time`,
    `Write 2026-03-29, 2026-03-29T01:30 (in ${zone}) or 2026-03-29T01:30:00Z`,
  );
}
