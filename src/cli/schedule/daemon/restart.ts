import type { Command } from "commander";
import { parseDuration } from "../../../core/duration.ts";
import { stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { addDaemonOptions, type DaemonFlags, startInBackground } from "./start.ts";
import { recoverInterrupted } from "./recover_interrupted.ts";
import { stopRunning } from "./stop.ts";

/** `schedule daemon restart`: starts it, too, when none was running. */
export function defineRestart(command: Command, cli: CliContext): void {
  command.description(
    "Stop the daemon if it runs, as `stop` does, and start it in the background. The flags it was started with before " +
      "are not remembered: give them again, or keep them in config.yaml.",
  );
  addDaemonOptions(command)
    .option("--timeout <duration>", "how long to wait for the end of the one before", "1m")
    .option("--recover", "queue once more what was interrupted and has no attempts left")
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule daemon restart
  support-bundle schedule daemon restart --recover
  support-bundle schedule daemon restart --log-level debug`,
    )
    .action(async (flags: DaemonFlags & { timeout: string; recover?: boolean }) => {
      const pid = await stopRunning(cli, stateFolder(cli.env), parseDuration(flags.timeout, "--timeout"));
      await cli.stderr.write(pid === undefined ? "No daemon was running\n" : `The daemon (pid ${pid}) has stopped\n`);
      await startInBackground(cli, flags);
      if (flags.recover) await recoverInterrupted(cli);
    });
}
