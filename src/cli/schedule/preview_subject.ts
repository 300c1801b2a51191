import { SupportBundleError, UsageError } from "../../core/errors.ts";
import { CronError, parseCron } from "../../schedule/cron_expression.ts";
import type { Job } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { resolveJob } from "./job_reference.ts";
import { withStore } from "./with_store.ts";

/** What `schedule next` shows: schedules as they were written, or those of a job. */
export interface PreviewSubject {
  schedules: string[];
  job?: Job;
}

/** Tells expressions from the name of a job. What can be read as an expression is one: `--cron` would take it too.
 * @throws {CronError} with the place of the fault, {UsageError}, and what `resolveJob` throws */
export async function previewSubject(
  cli: CliContext,
  given: string[],
  flags: { cron?: string[]; every?: string },
): Promise<PreviewSubject> {
  const flagged = [...flags.cron ?? [], ...flags.every === undefined ? [] : [`@every ${flags.every.trim()}`]];
  if (given.length + flagged.length === 0) {
    throw new UsageError(
      "There is nothing to preview: neither an expression nor a job was given",
      'Write for example `support-bundle schedule next "0 2 * * *"`, or the name of a job',
    );
  }
  checkQuoted(given);
  if (given.length === 1 && !isExpression(given[0]!)) {
    if (flagged.length > 0) throw mixed(given[0]!);
    const job = await findJob(cli, given[0]!);
    return { schedules: job.schedules, job };
  }
  const stray = given.find((text) => !isExpression(text));
  if (stray !== undefined) throw mixed(stray);
  return { schedules: [...given, ...flagged] };
}

/** An expression without quotes comes as several words, its stars as names of files. */
function checkQuoted(given: string[]): void {
  if (given.length < 2 || given.every((text) => /\s/.test(text.trim()) || isMacro(text))) return;
  const joined = given.join(" ");
  const example = fault(joined) === undefined ? joined : "0 2 * * *";
  throw new UsageError(
    "An expression is one argument, and this is several",
    `Put it in quotes: support-bundle schedule next "${example}"`,
  );
}

function isMacro(text: string): boolean {
  return text.trim().startsWith("@") && fault(text) === undefined;
}

/** Whether the text can only be meant as one: names of jobs have no `*`, `/` and `?` in them. */
function isExpression(text: string): boolean {
  return text.trim() === "" || /[*/?]|^\s*@/.test(text) || fault(text) === undefined;
}

async function findJob(cli: CliContext, text: string): Promise<Job> {
  try {
    return await withStore(cli, (store) => resolveJob(store, text));
  } catch (error) {
    const missing = error instanceof SupportBundleError && error.code === "JOB_NOT_FOUND";
    // `60 2 1 1 1` is no job's name that anyone would give.
    if (missing && /^\s*\d\S*\s+\S/.test(text)) throw fault(text) ?? error;
    throw error;
  }
}

function fault(text: string): CronError | undefined {
  try {
    parseCron(text);
    return undefined;
  } catch (error) {
    if (error instanceof CronError) return error;
    throw error;
  }
}

function mixed(text: string): UsageError {
  return new UsageError(
    `"${text}" is not a cron expression, and a job cannot be shown together with other schedules`,
    "Name the job alone, or write expressions only",
  );
}
