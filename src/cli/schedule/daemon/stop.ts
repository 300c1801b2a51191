import type { Command } from "commander";
import { parseDuration } from "../../../core/duration.ts";
import { SupportBundleError } from "../../../core/errors.ts";
import { EXIT } from "../../../core/exit_codes.ts";
import { type StateFolder, stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { needAccess } from "../access.ts";

/** `schedule daemon stop`: waits until it has stopped. */
export function defineStop(command: Command, cli: CliContext): void {
  command
    .description(
      "Stop the daemon and wait until it has. Nothing new is started; running executions get a grace period to end, " +
        "then they are interrupted, and the next daemon deals with them. " +
        "Where none is running this says so and exits with 11.",
    )
    .option("--timeout <duration>", "how long to wait", "1m")
    .addHelpText("after", "\nExamples:\n  support-bundle schedule daemon stop")
    .action(async (flags: { timeout: string }) => {
      const timeoutMs = parseDuration(flags.timeout, "--timeout");
      await needAccess(cli, "stop the daemon");
      const state = stateFolder(cli.env);
      const pid = await stopRunning(cli, state, timeoutMs);
      if (pid === undefined) throw notRunning(state);
      await cli.stdout.write(`The daemon (pid ${pid}) has stopped\n`);
    });
}

/** Stops the daemon, and says what it waits for.
 * @returns its pid; undefined when none was running */
export async function stopRunning(cli: CliContext, state: StateFolder, timeoutMs: number): Promise<number | undefined> {
  const { daemonStatus, stopDaemon } = await import("../../../daemon/control_client.ts");
  const running = (await daemonStatus(state))?.executions ?? [];
  if (running.length > 0) {
    await cli.stderr.write(
      `Waiting for ${running.length} running execution${running.length === 1 ? "" : "s"}: ${
        running.map(({ id }) => id).join(", ")
      }\n`,
    );
  }
  return await stopDaemon(state, { timeoutMs, signal: cli.signal });
}

export function notRunning(state: StateFolder): SupportBundleError {
  return new SupportBundleError(`No daemon is running for ${state.root}`, {
    code: "DAEMON_NOT_RUNNING",
    exitCode: EXIT.daemon,
    hint: "Start one with `support-bundle schedule daemon start`",
  });
}
