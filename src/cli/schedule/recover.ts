import type { Command } from "commander";
import { SupportBundleError, UsageError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { parseBoolean } from "../command.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderTable } from "../render/table.ts";
import { executionDetails } from "./execution_details.ts";
import { exitCodeOf } from "./execution_text.ts";
import { findDeadLetters } from "./find_dead_letters.ts";
import { followExecution } from "./follow_execution.ts";
import { findExecution } from "./history.ts";
import { resolveJob } from "./job_reference.ts";
import { recoverAll, recoverExecution } from "./recover_execution.ts";
import { needDaemon } from "./run.ts";
import { nudge, withStore } from "./with_store.ts";

interface RecoverFlags {
  executionId?: string;
  all?: boolean;
  dryRun?: boolean;
  wait?: boolean;
  output: OutputFormat;
}

/** `schedule recover`: a new execution in place of one that failed or was interrupted. */
export function defineRecover(command: Command, cli: CliContext): void {
  command
    .description(
      "Restart an execution that failed for good or was interrupted: the job as it is now runs once more, in its place in " +
        "the queue, disabled or not. What failed stays in the history, with the recovery's id. One execution has one " +
        "recovery at a time.",
    )
    .argument("[job]", "recover the newest of its dead letters; one success makes those before it good too")
    .option("--execution-id <id>", "recover this one, whether a later run made it good or not")
    .option("--all", "recover the newest dead letter of every job")
    .option("--dry-run [bool]", "show what would be queued, and change nothing", parseBoolean)
    .option("-w, --wait", "follow what was queued to its end, and exit with its outcome's exit code");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
"support-bundle schedule history --dead-letters" lists what can be recovered.
Executions that the end of a daemon cut off are tried again by the next daemon,
without this command.

Examples:
  support-bundle schedule recover nightly --wait
  support-bundle schedule recover --execution-id job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule recover --all --dry-run`,
    )
    .action((job: string | undefined, flags: RecoverFlags) => recover(cli, job, flags));
}

async function recover(cli: CliContext, reference: string | undefined, flags: RecoverFlags): Promise<void> {
  const named = reference !== undefined || flags.executionId !== undefined;
  if (named === (flags.all === true)) {
    throw new UsageError(
      named
        ? "--all means every job: a job or an execution beside it says something else"
        : "Nothing to recover was named",
      "Name a job, an --execution-id or --all; `support-bundle schedule history --dead-letters` lists what has failed",
    );
  }
  await withStore(cli, async (store) => {
    const queued = flags.all ? await recoverEvery(cli, store, flags) : [await recoverOne(cli, store, reference, flags)];
    if (flags.dryRun || queued.length === 0) return await print(cli, queued, flags);
    await nudge(cli);
    for (const { id, causedBy } of queued) {
      await cli.stderr.write(`Execution ${id} is queued in place of ${causedBy}\n`);
    }
    if (!flags.wait) return await print(cli, queued, flags);
    const ends: Execution[] = [];
    for (const execution of queued) ends.push(await followExecution(cli, store, execution));
    await print(cli, ends, flags);
    cli.exitCode = ends.map(exitCodeOf).find((code) => code !== EXIT.ok) ?? EXIT.ok;
  });
}

async function recoverOne(
  cli: CliContext,
  store: JobStore,
  reference: string | undefined,
  { executionId, dryRun }: RecoverFlags,
): Promise<Execution> {
  const failed = executionId !== undefined
    ? await findExecution(store, reference, executionId)
    : await newestLetter(store, reference!);
  if (!dryRun) await needDaemon(cli, failed.jobName);
  return await recoverExecution(store, failed, cli.clock.now(), dryRun);
}

async function newestLetter(store: JobStore, reference: string): Promise<Execution> {
  const job = await resolveJob(store, reference);
  const [newest] = await findDeadLetters(store, { jobId: job.id });
  if (newest !== undefined) return newest;
  throw new SupportBundleError(`Nothing to recover: no run of "${job.name}" has failed since its last success`, {
    code: "NOTHING_TO_RECOVER",
    exitCode: EXIT.notFound,
    hint: `Name an older one with --execution-id, or run it: \`support-bundle schedule run "${job.name}"\``,
  });
}

async function recoverEvery(cli: CliContext, store: JobStore, { dryRun }: RecoverFlags): Promise<Execution[]> {
  const letters = await findDeadLetters(store);
  if (letters.length === 0) await cli.stderr.write("Nothing to recover: no job has failed since its last success\n");
  else if (!dryRun) await needDaemon(cli, letters[0]!.jobName);
  const { executions, left } = await recoverAll(store, cli.clock.now(), { dryRun });
  for (const why of left) await cli.stderr.write(`${why}\n`);
  return executions;
}

/** One for one, a list for `--all`. */
async function print(cli: CliContext, executions: Execution[], { all, wait, dryRun, output }: RecoverFlags) {
  await printData(cli, output, all ? executions : executions[0], () => {
    if (executions.length === 0) return "";
    if (!all && wait && !dryRun) return executionDetails(cli, executions[0]!);
    return renderTable(
      [{ title: "EXECUTION" }, { title: "JOB", min: 6 }, { title: "IN PLACE OF" }, { title: "STATUS" }],
      executions.map(({ id, jobName, causedBy, status }) => [
        id,
        jobName,
        causedBy,
        dryRun ? "would be queued" : status,
      ]),
      cli.stdout.columns,
    );
  });
}
