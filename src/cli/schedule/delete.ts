import { counted } from "../../core/counted.ts";
import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { formatSize } from "../../core/size.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { gone, resolveJob } from "./job_reference.ts";
import { purgeExecutions } from "./purge_executions.ts";
import { confirm } from "./question.ts";
import { nudge, withStore } from "./with_store.ts";

interface DeleteFlags {
  yes?: boolean;
  purge?: boolean;
}

/** `schedule delete`: the job, and with `--purge` all that it left behind. */
export function defineDelete(command: Command, cli: CliContext): void {
  command
    .description(
      "Delete a job. Its bundles and its history stay, unless --purge is given. " +
        "An execution that runs now goes on to its end; --purge refuses while one does.",
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("-y, --yes", "do not ask")
    .option("--purge", "delete its bundles and its history too")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule delete nightly
  support-bundle schedule delete job-0a1b --purge --yes`,
    )
    .action((job: string, flags: DeleteFlags) => deleteJob(cli, job, flags));
}

async function deleteJob(cli: CliContext, reference: string, flags: DeleteFlags): Promise<void> {
  const done = await withStore(cli, async (store) => {
    const job = await resolveJob(store, reference);
    const active = await store.activeExecutions(job.id);
    if (flags.purge) refuseWhileRunning(job, active);
    const history = () => store.listExecutions({ jobId: job.id, limit: Number.MAX_SAFE_INTEGER });
    const executions = flags.purge ? await history() : [];
    if (!flags.yes && !await confirm(cli, question(job, active, flags.purge ? executions : undefined))) {
      return undefined;
    }
    if (!await store.deleteJob(job.id)) throw gone(job);
    // The job goes first: nothing new can start from here on, and what did start meanwhile is left alone.
    const purged = flags.purge
      ? await purgeExecutions(
        store,
        stateFolder(cli.env),
        await history(),
        async (execution) => await (await import("./uploads/free_upload.ts")).freeUpload(cli, store, execution),
      )
      : undefined;
    return { job, active, purged, dependents: await store.dependentJobs(job.id) };
  });
  if (done === undefined) {
    await cli.stderr.write("Nothing was deleted\n");
    cli.exitCode = EXIT.failure;
    return;
  }
  await nudge(cli);
  const { job, active, purged, dependents } = done;
  const { removeTokenKey } = await import("../../daemon/job_tokens.ts");
  await removeTokenKey(job.id, stateFolder(cli.env));
  await cli.stdout.write(`Deleted job "${job.name}" (${job.id})\n`);
  for (const dependent of dependents) {
    await cli.stderr.write(`Warning: the job "${dependent.name}" ran after it, and will not do so any more\n`);
  }
  if (purged !== undefined) {
    await cli.stdout.write(
      `Purged ${counted(purged.executions, "execution")} and ${counted(purged.bundles, "bundle")} (${
        formatSize(purged.bytes)
      })\n`,
    );
    for (const fault of purged.faults) await cli.stderr.write(`Warning: ${fault}\n`);
    if (purged.faults.length > 0) cli.exitCode = EXIT.failure;
  } else if (active.length > 0) {
    for (const line of fates(active)) await cli.stderr.write(`${line}\n`);
  }
}

function question(job: Job, active: Execution[], purge: Execution[] | undefined): string {
  const running = purge !== undefined ? "" : fates(active).map((line) => ` ${line}.`).join("");
  const rest = purge === undefined
    ? "Its bundles and history stay."
    : `Its ${counted(purge.length, "execution")} and their bundles are deleted too.`;
  return `Delete job "${job.name}" (${job.id})?${running} ${rest}`;
}

function refuseWhileRunning(job: Job, active: Execution[]): void {
  const running = active.filter(({ status }) => status === "running");
  if (running.length === 0) return;
  throw new SupportBundleError(`Cannot purge job "${job.name}" while ${ids(running)} is running; nothing was deleted`, {
    code: "JOB_ACTIVE",
    hint: "Wait until it has ended (`support-bundle schedule describe JOB`), or delete without --purge",
  });
}

/** What becomes of the executions that a deleted job leaves behind. */
function fates(active: Execution[]): string[] {
  const running = active.filter(({ status }) => status === "running");
  const waiting = active.filter(({ status }) => status !== "running");
  return [
    running.length === 0 ? "" : `Still running, to its end: ${ids(running)}`,
    waiting.length === 0 ? "" : `Will not run any more: ${ids(waiting)}`,
  ].filter((line) => line !== "");
}

function ids(executions: Execution[]): string {
  return executions.slice(0, 3).map(({ id }) => id).join(", ") + (executions.length > 3 ? " …" : "");
}
