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

interface ScheduleDiffFlags extends DiffFlags {
  since?: string;
  until?: string;
}

/** `schedule diff`: what is new since the last good run of a job. */
export function defineDiff(command: Command, cli: CliContext): void {
  command
    .description(
      "Show what changed between the two latest bundles of a job that are still on this machine, or between those of " +
        "the executions that are named.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("--since <execution>", "compare with the bundle of this one (default: the last one before)")
    .option("--until <execution>", "the bundle that is compared with an older one (default: the latest)");
  addDiffFlags(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule diff nightly
  support-bundle schedule diff nightly --since job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule diff nightly --until job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule diff nightly --format html -o changes.html`,
    )
    .action(async (job: string, flags: ScheduleDiffFlags) => {
      const [old, current] = await withStore(cli, (store) => bundlesToCompare(store, job, flags));
      await diff(cli, old.bundlePath, current.bundlePath, flags);
    });
}

/** The bundles of two executions that gave one, the older one first.
 * @throws {SupportBundleError} NOTHING_TO_COMPARE, EXECUTION_NOT_FOUND, and what `resolveJob` throws */
async function bundlesToCompare(
  store: JobStore,
  reference: string,
  { since, until }: Pick<ScheduleDiffFlags, "since" | "until">,
): Promise<[Execution, Execution]> {
  const job = await resolveJob(store, reference);
  const good = await goodExecutions(store, job);
  const current = until === undefined ? good[0] : await withBundle(store, job, until);
  if (current === undefined) throw nothingToCompare(job, `the job "${job.name}" has no bundle on this machine`);
  const old = since === undefined
    ? good.find((it) => it.scheduledAt < current.scheduledAt)
    : await withBundle(store, job, since);
  if (old === undefined) {
    throw nothingToCompare(
      job,
      `the job "${job.name}" has no bundle on this machine that is older than that of ${current.id}`,
    );
  }
  if (old.scheduledAt >= current.scheduledAt) {
    throw nothingToCompare(job, `the bundle of ${old.id} is not older than that of ${current.id}`);
  }
  return [old, current];
}

/** @throws {SupportBundleError} when its bundle is not on this machine */
async function withBundle(store: JobStore, { id, name }: Job, execution: string): Promise<Execution> {
  const found = await findExecution(store, id, execution);
  if (found.bundlePath !== "") return found;
  throw new SupportBundleError(`The bundle of ${execution} is not here: ${removedText(found) || "it gave no bundle"}`, {
    code: "NOTHING_TO_COMPARE",
    exitCode: EXIT.notFound,
    hint: `\`support-bundle schedule history ${name}\` shows which bundles are there`,
  });
}

/** Those whose bundle is on this machine, the newest first. */
async function goodExecutions(store: JobStore, { id: jobId }: Job): Promise<Execution[]> {
  const found = await Promise.all(
    (["completed", "partial"] as const).map((status) => store.listExecutions({ jobId, status, limit: LOOKED_AT })),
  );
  return found.flat().filter(({ bundlePath }) => bundlePath !== "")
    .sort((a, b) => a.scheduledAt < b.scheduledAt ? 1 : -1);
}

function nothingToCompare({ name }: Job, why: string): SupportBundleError {
  return new SupportBundleError(`There is nothing to compare: ${why}`, {
    code: "NOTHING_TO_COMPARE",
    exitCode: EXIT.notFound,
    hint: `Run it with \`support-bundle schedule run ${name} --wait\`, or compare files with \`support-bundle diff\``,
  });
}
