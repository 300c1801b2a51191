import type { Command } from "commander";
import { EXIT } from "../../../core/exit_codes.ts";
import { formatSize } from "../../../core/size.ts";
import { afterGivingUp, jobAfterUpload } from "../../../schedule/upload_state.ts";
import type { CliContext } from "../../cli_context.ts";
import { operatorName } from "../../operator_name.ts";
import { confirm } from "../question.ts";
import { takeDownEvent, withStore } from "../with_store.ts";
import { freeUpload } from "./free_upload.ts";
import { findWaiting } from "./waiting_uploads.ts";

/** `schedule uploads abandon`: nobody delivers the bundle any more. */
export function defineUploadsAbandon(command: Command, cli: CliContext): void {
  command
    .description(
      "Do not deliver a bundle any more. It stays on this machine until its retention ends, and what has arrived of it at its " +
        "destination is freed.",
    )
    .argument("<execution>", "its id, as `schedule uploads` shows it")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule uploads abandon job-0a1b2c3d4e-20260301T020000Z
  support-bundle schedule uploads abandon job-0a1b2c3d4e-20260301T020000Z --yes`,
    )
    .action((id: string, flags: { yes?: boolean }) => abandonUpload(cli, id, flags.yes === true));
}

async function abandonUpload(cli: CliContext, id: string, yes: boolean): Promise<void> {
  const abandoned = await withStore(cli, async (store) => {
    const execution = await findWaiting(store, id);
    const { jobName, bundleSize, upload } = execution;
    const what = `the bundle of "${jobName}" (${formatSize(bundleSize)}) to ${upload.destination || "its destination"}`;
    if (!yes && !await confirm(cli, `Give up delivering ${what}? It stays here until its retention ends.`)) {
      return undefined;
    }
    const why = `Its upload was given up by ${operatorName(cli.env)}`;
    await store.updateExecution(id, (it) => afterGivingUp(it, why, "UPLOAD_ABANDONED"), undefined, jobAfterUpload);
    await freeUpload(cli, store, execution);
    return execution;
  });
  if (abandoned === undefined) {
    await cli.stderr.write("Nothing was changed\n");
    cli.exitCode = EXIT.failure;
    return;
  }
  const { jobName: job, jobId } = abandoned;
  await takeDownEvent(cli, { action: "abandon-upload", job, jobId, execution: id });
  await cli.stdout.write(`Gave up delivering the bundle of ${id}: it stays in ${abandoned.bundlePath}\n`);
}
