import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { newExecution } from "../../schedule/apply_firing.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { decideOverlap } from "../../schedule/overlap.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { addExecution } from "./add_execution.ts";
import { executionDetails } from "./execution_details.ts";
import { exitCodeOf } from "./execution_text.ts";
import { followExecution } from "./follow_execution.ts";
import { gone, resolveJob } from "./job_reference.ts";
import { nudge, withStore } from "./with_store.ts";

interface RunFlags {
  wait?: boolean;
  output: OutputFormat;
}

/** `schedule run`: an execution of the job that is due now, through the daemon like any other. */
export function defineRun(command: Command, cli: CliContext): void {
  command
    .description(
      "Run a job now, disabled or not, beside its schedule. The daemon runs it as it runs all others, in its place in " +
        "the queue; without a daemon nothing is queued.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("-w, --wait", "follow it to its end, and exit with its outcome's exit code");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Ctrl-C ends the following, not the execution.

Examples:
  support-bundle schedule run nightly
  support-bundle schedule run nightly --wait
  support-bundle schedule run nightly --wait -o json`,
    )
    .action((job: string, flags: RunFlags) => runJob(cli, job, flags));
}

async function runJob(cli: CliContext, reference: string, flags: RunFlags): Promise<void> {
  await withStore(cli, async (store) => {
    const job = await resolveJob(store, reference);
    await needDaemon(cli, job.name);
    const execution = await createExecution(store, job.id, cli.clock.now());
    if (execution === undefined) throw gone(job);
    await nudge(cli);
    await cli.stderr.write(`Execution ${execution.id} is queued\n`);
    if (!flags.wait) {
      return await printData(
        cli,
        flags.output,
        execution,
        () => `Follow it with\n  support-bundle schedule history --execution-id ${execution.id}\n`,
      );
    }
    const end = await followExecution(cli, store, execution);
    await printData(cli, flags.output, end, () => executionDetails(cli, end));
    cli.exitCode = exitCodeOf(end);
  });
}

/** @throws {SupportBundleError} when nobody would run it: what is queued must not lie there unseen */
export async function needDaemon(cli: CliContext, name: string): Promise<void> {
  const { daemonStatus } = await import("../../daemon/control_client.ts");
  const status = await daemonStatus(stateFolder(cli.env));
  if (status !== undefined && !status.draining) return;
  throw new SupportBundleError(
    status === undefined
      ? `Cannot run "${name}": no daemon is running. Nothing was queued`
      : `Cannot run "${name}": the daemon (pid ${status.pid}) is stopping. Nothing was queued`,
    {
      code: "DAEMON_NOT_RUNNING",
      exitCode: EXIT.daemon,
      hint: "Start it with `support-bundle schedule daemon start`, then run this again",
    },
  );
}

/** A run by hand is bound by the job's overlap policy like any other.
 * @throws {SupportBundleError} `JOB_ACTIVE` */
export async function refuseOverlap(store: JobStore, job: Job): Promise<void> {
  const own = await store.activeExecutions(job.id);
  const decision = decideOverlap(job, own);
  if (decision.do === "start") return;
  const active = own.find(({ status }) => decision.why === "overlap" || status === "pending")!;
  throw new SupportBundleError(`Cannot run "${job.name}": ${active.id} is ${active.status}. Nothing was queued`, {
    code: "JOB_ACTIVE",
    hint: "Wait for its end, or choose another policy: `support-bundle schedule modify JOB --overlap queue-all`",
  });
}

/** Two runs in the same millisecond would be one slot: the second takes the next one.
 * @throws {SupportBundleError} `JOB_ACTIVE` when the overlap policy does not allow it
 * @returns undefined when the job is gone */
async function createExecution(store: JobStore, jobId: string, now: Date): Promise<Execution | undefined> {
  for (let at = now;; at = new Date(at.getTime() + 1)) {
    const added = await addExecution(store, jobId, async (job) => {
      await refuseOverlap(store, job);
      return newExecution(job, at, "manual");
    });
    if (added !== "exists") return added === "gone" ? undefined : added;
  }
}
