import { type Command, InvalidArgumentError } from "commander";
import { tryParseDuration } from "../../core/duration.ts";
import { SupportBundleError, UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { nearest } from "../../core/nearest.ts";
import {
  type Execution,
  EXECUTION_STATUSES,
  type ExecutionLog,
  type ExecutionStatus,
} from "../../schedule/execution.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { colorsFor, statusPaint } from "../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { utcTime } from "../render/time.ts";
import { executionDetails } from "./execution_details.ts";
import { durationText, errorText, findingsText, latenessText, logLine, sizeText } from "./execution_text.ts";
import { resolveJob } from "./job_reference.ts";
import { showDeadLetters } from "./show_dead_letters.ts";
import { withStore } from "./with_store.ts";

interface HistoryFlags {
  limit: number;
  status?: ExecutionStatus;
  since?: string;
  logs?: boolean;
  executionId?: string;
  deadLetters?: boolean;
  output: OutputFormat;
}

type ExecutionWithLogs = Execution & { logs?: ExecutionLog[] };

const MAX_LIMIT = 10_000;

/** `schedule history`: what ran, newest first; one execution in full with `--execution-id`. */
export function defineHistory(command: Command, cli: CliContext): void {
  command
    .description(
      "Show executions, newest first: when they were due and how late they started, how they ended, what they found.",
    )
    .argument("[job]", "name, id or unique start of an id; without one, all jobs")
    .option("--limit <n>", `at most so many, up to ${MAX_LIMIT}`, parseLimit, 20)
    .option("--status <status>", `only those: ${EXECUTION_STATUSES.join(", ")}`, parseExecutionStatus)
    .option("--since <time>", "due after this: a time span before now (24h, 7d) or RFC 3339")
    .option("--logs", "with their logs")
    .option("--execution-id <id>", "one execution in full, with stages, findings, redactions and its log")
    .option("--dead-letters", "only those that failed for good, and that no later success of the job made good")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule history
  support-bundle schedule history nightly --since 7d --status failed
  support-bundle schedule history --dead-letters
  support-bundle schedule history --execution-id job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule history nightly -o json --logs`,
    );
  addOutputOption(command).action((job: string | undefined, flags: HistoryFlags) => history(cli, job, flags));
}

async function history(cli: CliContext, reference: string | undefined, flags: HistoryFlags): Promise<void> {
  if (flags.executionId !== undefined) return await oneExecution(cli, reference, flags.executionId, flags.output);
  const since = flags.since === undefined ? undefined : parseSince(flags.since, cli.clock.now());
  if (flags.deadLetters) return await deadLetterHistory(cli, reference, since, flags);
  const executions = await withStore(cli, async (store) => {
    const jobId = reference === undefined ? undefined : (await resolveJob(store, reference)).id;
    const found = await store.listExecutions({ jobId, status: flags.status, since, limit: flags.limit });
    return flags.logs ? await Promise.all(found.map((execution) => withLogs(store, execution))) : found;
  });
  await printData(cli, flags.output, executions, () => executions.length === 0 ? "" : historyTable(cli, executions));
  if (executions.length === 0 && flags.output === "table") {
    await cli.stderr.write("Nothing has run yet that matches\n");
  } else if (executions.length === flags.limit && flags.output === "table") {
    await cli.stderr.write(`The newest ${flags.limit}; --limit shows more\n`);
  }
}

async function deadLetterHistory(
  cli: CliContext,
  reference: string | undefined,
  since: Date | undefined,
  flags: HistoryFlags,
) {
  if (flags.status !== undefined) {
    throw new UsageError("--status says nothing beside --dead-letters: they have failed", "Leave one of them out");
  }
  await showDeadLetters(cli, reference, since, flags);
}

async function oneExecution(cli: CliContext, reference: string | undefined, id: string, output: OutputFormat) {
  const execution = await withStore(cli, async (store) => {
    return await withLogs(store, await findExecution(store, reference, id));
  });
  await printData(cli, output, execution, () => executionDetails(cli, execution, execution.logs));
}

/** The execution of an id, which must be the job's where one is named.
 * @throws {SupportBundleError} `EXECUTION_NOT_FOUND`, and what `resolveJob` throws */
export async function findExecution(store: JobStore, reference: string | undefined, id: string): Promise<Execution> {
  const job = reference === undefined ? undefined : await resolveJob(store, reference);
  const found = await store.getExecution(id);
  if (found !== undefined && (job === undefined || found.jobId === job.id)) return found;
  throw new SupportBundleError(
    job === undefined ? `There is no execution "${id}"` : `The job "${job.name}" has no execution "${id}"`,
    {
      code: "EXECUTION_NOT_FOUND",
      exitCode: EXIT.notFound,
      hint: "`support-bundle schedule history` lists the ids",
    },
  );
}

async function withLogs(store: JobStore, execution: Execution): Promise<Execution & { logs: ExecutionLog[] }> {
  return { ...execution, logs: await store.readLogs(execution.id) };
}

function historyTable(cli: CliContext, executions: ExecutionWithLogs[]): string {
  const colors = colorsFor(cli.stdout, cli.env);
  const table = renderTable(
    [
      { title: "EXECUTION" },
      { title: "JOB", min: 6 },
      { title: "SCHEDULED", dropRank: 1 }, // the execution's id says it too
      { title: "STARTED", align: "right" },
      { title: "STATUS" },
      { title: "DURATION", align: "right", dropRank: 3 },
      { title: "SIZE", align: "right", dropRank: 2 },
      { title: "FINDINGS", min: 8 },
    ],
    executions.map((execution) => [
      execution.id,
      execution.jobName,
      utcTime(new Date(execution.scheduledAt)),
      latenessText(execution),
      { text: execution.status, paint: statusPaint(execution.status, colors) },
      durationText(execution),
      sizeText(execution),
      findingsText(execution),
    ]),
    cli.stdout.columns,
  );
  const [head = "", ...rows] = table.split("\n");
  return head + "\n" + executions.map((execution, i) => {
    const error = errorText(execution);
    const logs = (execution.logs ?? []).map((log) => "    " + logLine(log)).join("");
    return `${rows[i]}\n${error === "" ? "" : `  ${colors.red(error)}\n`}${colors.dim(logs)}`;
  }).join("");
}

function parseLimit(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) throw new InvalidArgumentError(`Write a number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

function parseExecutionStatus(text: string): ExecutionStatus {
  const status = EXECUTION_STATUSES.find((name) => name === text.trim().toLowerCase());
  if (status !== undefined) return status;
  const meant = nearest(text, EXECUTION_STATUSES);
  throw new UsageError(
    `--status: "${text}" is not a state of an execution`,
    meant === undefined ? `Write one of ${EXECUTION_STATUSES.join(", ")}` : `Did you mean ${meant}?`,
  );
}

/** @returns the instant that `24h` (before now) or an RFC 3339 time means */
export function parseSince(text: string, now: Date): Date {
  const ms = tryParseDuration(text.trim());
  if (ms !== undefined && ms >= 0) return new Date(now.getTime() - ms);
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/i.test(text.trim());
  const time = isTime ? new Date(text.trim()) : undefined;
  if (time !== undefined && !Number.isNaN(time.getTime())) return time;
  throw new UsageError(
    `--since: "${text}" is neither a time span nor a time`,
    "Write 24h, 7d, 2026-03-01 or 2026-03-01T08:00:00Z",
  );
}
