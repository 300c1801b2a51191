import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { ACTIVE_STATUSES, type Execution } from "../../schedule/execution.ts";
import type { CliContext } from "../cli_context.ts";
import { removedText } from "./execution_text.ts";
import { takeDownEvent, withStore } from "./with_store.ts";

/** `schedule pin`: keeps a bundle beyond all bounds of retention. */
export function definePin(command: Command, cli: CliContext): void {
  command
    .description(
      "Keep the bundle and the record of an execution, whatever retention and `cleanup` remove, until it is unpinned. " +
        "`delete --purge` of its job removes them all the same.",
    )
    .argument("<execution>", "its id, as `schedule history` shows it")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule pin job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule history nightly -o json | jq -r '.[] | select(.pinned) | .id'`,
    )
    .action((id: string) => setPinned(cli, id, true));
}

/** `schedule unpin` */
export function defineUnpin(command: Command, cli: CliContext): void {
  command
    .description("Let retention and `cleanup` remove the bundle of an execution again.")
    .argument("<execution>", "its id, as `schedule history` shows it")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule unpin job-0a1b2c3d4e-20260301T020000Z`,
    )
    .action((id: string) => setPinned(cli, id, false));
}

/** Twice is harmless. */
async function setPinned(cli: CliContext, id: string, pinned: boolean): Promise<void> {
  const { before, after } = await withStore(cli, async (store) => {
    let before: Execution | undefined;
    const after = await store.updateExecution(id, (execution) => {
      before = execution;
      if (pinned) refuseWithoutBundle(execution);
      return { ...execution, pinned };
    });
    return { before, after };
  });
  if (before === undefined || after === undefined) {
    throw new SupportBundleError(`There is no execution "${id}"`, {
      code: "EXECUTION_NOT_FOUND",
      exitCode: EXIT.notFound,
      hint: "`support-bundle schedule history` lists the ids",
    });
  }
  if (before.pinned !== pinned) {
    const { jobName: job, jobId } = after;
    await takeDownEvent(cli, { action: pinned ? "pin" : "unpin", job, jobId, execution: id });
  }
  await cli.stdout.write(
    pinned ? `Pinned ${id}: ${after.bundlePath} stays\n` : `Unpinned ${id}: retention may remove its bundle\n`,
  );
}

function refuseWithoutBundle(execution: Execution): void {
  const active = ACTIVE_STATUSES.includes(execution.status);
  if (!active && execution.bundlePath !== "") return;
  const why = active ? `it is ${execution.status}` : removedText(execution) || "it gave no bundle";
  throw new SupportBundleError(`Cannot pin ${execution.id}: ${active ? why : `its bundle is not here; ${why}`}`, {
    code: "NOTHING_TO_PIN",
    hint: active ? "Wait until it has ended" : "`support-bundle schedule history` shows which bundles are there",
  });
}
