import type { Command } from "commander";
import { stateFolder } from "../../../schedule/state_folder.ts";
import type { CliContext } from "../../cli_context.ts";
import { needAccess } from "../access.ts";

/** `schedule daemon reload`: the same as SIGHUP, with an answer. */
export function defineReload(command: Command, cli: CliContext): void {
  command
    .description(
      "Make the daemon read its settings again. A file that cannot be used changes nothing, and the answer says why.",
    )
    .addHelpText("after", "\nExamples:\n  support-bundle schedule daemon reload")
    .action(async () => {
      await needAccess(cli, "reload the daemon's settings");
      const { reloadDaemon } = await import("../../../daemon/control_client.ts");
      const answer = await reloadDaemon(stateFolder(cli.env));
      await cli.stdout.write(`${answer === "" ? "The settings were read again" : answer}\n`);
    });
}
