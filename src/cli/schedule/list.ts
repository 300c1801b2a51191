import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Job } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor, statusPaint } from "../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { type Column, renderTable } from "../render/table.ts";
import { shortRelativeTime } from "../render/time.ts";
import { globPattern } from "./glob_pattern.ts";
import { withStore } from "./with_store.ts";

interface ListFlags {
  showDisabled?: boolean;
  filter?: string;
  status?: Job["status"];
  output: OutputFormat;
}

const JOB_STATUSES: Job["status"][] = ["pending", "running", "completed", "partial", "failed", "disabled"];

/** `schedule list`: the jobs, the disabled ones hidden unless asked for. */
export function defineList(command: Command, cli: CliContext): void {
  command
    .description("List the jobs by name. Disabled jobs are hidden; their number is told on standard error.")
    .option("--show-disabled", "list disabled jobs too")
    .option("-f, --filter <pattern>", "only names that match: * any text, ? one character; casing does not count")
    .option("--status <status>", `only jobs in this state: ${JOB_STATUSES.join(", ")}`, parseJobStatus)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule list
  support-bundle schedule list --show-disabled --filter 'prod-*'
  support-bundle schedule list --status failed -o json`,
    );
  addOutputOption(command).action((flags: ListFlags) => listJobs(cli, flags));
}

async function listJobs(cli: CliContext, flags: ListFlags): Promise<void> {
  const all = await withStore(cli, (store) => store.listJobs());
  const matches = flags.filter === undefined ? undefined : globPattern(flags.filter);
  const selected = all.filter((job) =>
    (matches === undefined || matches.test(job.name)) && (flags.status === undefined || job.status === flags.status)
  );
  const showDisabled = flags.showDisabled === true || flags.status === "disabled";
  const jobs = showDisabled ? selected : selected.filter((job) => job.enabled);
  await printData(cli, flags.output, jobs, () => jobs.length === 0 ? "" : jobsTable(cli, jobs));
  await note(cli, all.length, selected.length, jobs.length, flags.output);
}

async function note(cli: CliContext, all: number, selected: number, shown: number, output: OutputFormat) {
  const hidden = selected - shown;
  if (hidden > 0) {
    await cli.stderr.write(
      `${hidden} disabled ${hidden === 1 ? "job is" : "jobs are"} hidden; --show-disabled lists ${
        hidden === 1 ? "it" : "them"
      }\n`,
    );
  } else if (shown === 0 && output === "table") {
    await cli.stderr.write(
      all === 0
        ? "There are no jobs yet; make one with `support-bundle schedule create`\n"
        : `None of the ${all} jobs matches\n`,
    );
  }
}

function jobsTable(cli: CliContext, jobs: Job[]): string {
  const colors = colorsFor(cli.stdout, cli.env);
  const now = cli.clock.now();
  const when = (time: string | null) => time === null ? "-" : shortRelativeTime(new Date(time), now);
  const columns: Column[] = [
    { title: "NAME", min: 14 },
    { title: "ID", min: 9 },
    { title: "SCHEDULE", min: 9 },
    { title: "NEXT RUN", min: 8 },
    { title: "STATUS" },
    { title: "LAST RUN", min: 8 },
    { title: "RUN COUNT", align: "right" },
  ];
  const rows = jobs.map((job) => [
    job.name,
    job.id,
    schedulesText(job),
    when(job.nextRun),
    { text: job.status, paint: statusPaint(job.status, colors) },
    when(job.lastRun),
    String(job.runCount),
  ]);
  return renderTable(columns, rows, cli.stdout.columns);
}

/** The schedules as they were written, with their zone where it matters and is not UTC. Nothing is parsed for it. */
function schedulesText({ schedules, timezone }: Job): string {
  const zoned = timezone !== "UTC" && !schedules.every((schedule) => schedule.startsWith("@every"));
  if (schedules.length === 0) return "(after other jobs)";
  return schedules.join("; ") + (zoned ? ` ${timezone}` : "");
}

function parseJobStatus(text: string): Job["status"] {
  const status = JOB_STATUSES.find((name) => name === text.trim().toLowerCase());
  if (status !== undefined) return status;
  const meant = nearest(text, JOB_STATUSES);
  throw new UsageError(
    `--status: "${text}" is not a state of a job`,
    meant === undefined ? `Write one of ${JOB_STATUSES.join(", ")}` : `Did you mean ${meant}?`,
  );
}
