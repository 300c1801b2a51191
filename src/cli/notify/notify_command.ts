import type { Command } from "commander";
import type { CliContext } from "../cli_context.ts";
import { newCommand } from "../command.ts";
import { addLazyCommands } from "../lazy_commands.ts";

/** `support-bundle notify …` */
export function notifyCommand(cli: CliContext): Command {
  const command = newCommand(cli, "notify").description("list the notifiers of the settings, and try them out");
  return addLazyCommands(command, cli, [{
    name: "list",
    aliases: ["ls"],
    summary: "list the notifiers of the settings, and how it stands with them",
    load: async () => (await import("./list.ts")).defineList,
  }, {
    name: "test",
    summary: "send a test message to a notifier",
    load: async () => (await import("./test_message.ts")).defineTest,
  }]);
}
