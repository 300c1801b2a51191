import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { addDiffFlags, diff, type DiffFlags } from "../diff/diff.ts";
import { removedText } from "./execution_text.ts";
import { findExecution } from "./history.ts";
import { resolveJob } from "./job_reference.ts";
import { withStore } from "./with_store.ts";

/** Bundles may have been removed: so many runs are looked through for those that are still here. */
const LOOKED_AT = 200;

/** `schedule diff`: what is new since the last good run of a job. */
export function defineDiff(command: Command, cli: CliContext): void {
  command
    .description(
      "Show what changed between the two latest bundles of a job that are still on this machine, or since an " +
        "execution of it.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("--since <execution>", "compare the latest bundle with that of this one, by its id");
  addDiffFlags(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule diff nightly
  support-bundle schedule diff nightly --since job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule diff nightly --format html -o changes.html`,
    )
    .action(async (job: string, flags: DiffFlags & { since?: string }) => {
      const [old, current] = await withStore(cli, (store) => bundlesToCompare(store, job, flags.since));
      await diff(cli, old.bundlePath, current.bundlePath, flags);
    });
}

/** The bundles of two executions that gave one, the older one first.
 * @throws {SupportBundleError} NOTHING_TO_COMPARE, EXECUTION_NOT_FOUND, and what `resolveJob` throws */
async function bundlesToCompare(
  store: JobStore,
  reference: string,
  since: string | undefined,
): Promise<[Execution, Execution]> {
  const job = await resolveJob(store, reference);
  const good = await goodExecutions(store, job);
  const [newest, before] = good;
  if (since === undefined) {
    if (newest === undefined || before === undefined) throw nothingToCompare(job, good.length);
    return [before, newest];
  }
  const old = await findExecution(store, job.id, since);
  if (old.bundlePath === "") {
    const why = removedText(old) || "it gave no bundle";
    throw new SupportBundleError(`The bundle of ${since} is not here: ${why}`, {
      code: "NOTHING_TO_COMPARE",
      exitCode: EXIT.notFound,
      hint: `\`support-bundle schedule history ${job.name}\` shows which bundles are there`,
    });
  }
  if (newest === undefined || newest.scheduledAt <= old.scheduledAt) throw nothingToCompare(job, good.length, since);
  return [old, newest];
}

/** Those whose bundle is on this machine, the newest first. */
async function goodExecutions(store: JobStore, { id: jobId }: Job): Promise<Execution[]> {
  const found = await Promise.all(
    (["completed", "partial"] as const).map((status) => store.listExecutions({ jobId, status, limit: LOOKED_AT })),
  );
  return found.flat().filter(({ bundlePath }) => bundlePath !== "")
    .sort((a, b) => a.scheduledAt < b.scheduledAt ? 1 : -1);
}

function nothingToCompare({ name }: Job, count: number, since?: string): SupportBundleError {
  const what = since !== undefined
    ? `has no bundle that is newer than that of ${since}`
    : count === 0
    ? "has no bundle on this machine"
    : "has one bundle on this machine: there is nothing to compare it with";
  return new SupportBundleError(`The job "${name}" ${what}`, {
    code: "NOTHING_TO_COMPARE",
    exitCode: EXIT.notFound,
    hint: `Run it with \`support-bundle schedule run ${name} --wait\`, or compare files with \`support-bundle diff\``,
  });
}
