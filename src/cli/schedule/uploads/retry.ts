import type { Command } from "commander";
import { counted } from "../../../core/counted.ts";
import { UsageError } from "../../../core/errors.ts";
import { EXIT } from "../../../core/exit_codes.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { tryNow } from "../../../schedule/upload_state.ts";
import type { CliContext } from "../../cli_context.ts";
import { nudge, takeDownEvent, withStore } from "../with_store.ts";
import { findWaiting } from "./waiting_uploads.ts";

/** `schedule uploads retry`: makes what waits due. */
export function defineUploadsRetry(command: Command, cli: CliContext): void {
  command
    .description(
      "Have the daemon try to deliver bundles now, whatever their last try said: after credentials, rights or the network were " +
        "put right. Of one destination, the earliest due time still goes first.",
    )
    .argument("[executions...]", "their ids, as `schedule uploads` shows them")
    .option("--all", "all that wait")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule uploads retry --all
  support-bundle schedule uploads retry job-0a1b2c3d4e-20260301T020000Z`,
    )
    .action((ids: string[], flags: { all?: boolean }) => retryUploads(cli, ids, flags.all === true));
}

async function retryUploads(cli: CliContext, ids: string[], all: boolean): Promise<void> {
  if (all === ids.length > 0) {
    throw new UsageError(
      all
        ? "--all means every bundle that waits: an execution beside it says something else"
        : "No execution was named",
      "Name executions, or --all; `support-bundle schedule uploads` lists what waits",
    );
  }
  const now = cli.clock.now();
  const retried = await withStore(cli, async (store) => {
    const executions = all ? await store.waitingUploads() : [];
    for (const id of ids) executions.push(await findWaiting(store, id));
    for (const { id } of executions) await store.updateExecution(id, (it) => tryNow(it, now));
    return executions;
  });
  for (const { id, jobName: job, jobId } of retried) {
    await takeDownEvent(cli, { action: "retry-upload", job, jobId, execution: id });
  }
  if (retried.length === 0) return void await cli.stderr.write("No bundle waits for its destination\n");
  if (!await nudge(cli)) {
    throw new SupportBundleError("No daemon runs that could deliver them", {
      code: "DAEMON_NOT_RUNNING",
      exitCode: EXIT.daemon,
      hint: "Start one: support-bundle schedule daemon start. It tries them at once",
    });
  }
  await cli.stdout.write(`The daemon tries to deliver ${counted(retried.length, "bundle")} now\n`);
}
