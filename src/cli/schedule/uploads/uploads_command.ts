import type { Command } from "commander";
import type { CliContext } from "../../cli_context.ts";
import { newCommand } from "../../command.ts";
import { addLazyCommands, type LazyCommand } from "../../lazy_commands.ts";

const COMMANDS: LazyCommand[] = [
  {
    name: "list",
    aliases: ["ls"],
    isDefault: true,
    summary: "list the bundles that wait for their destinations",
    load: async () => (await import("./list.ts")).defineUploadsList,
  },
  {
    name: "retry",
    summary: "try to deliver them now",
    load: async () => (await import("./retry.ts")).defineUploadsRetry,
  },
  {
    name: "abandon",
    summary: "do not deliver a bundle any more",
    load: async () => (await import("./abandon.ts")).defineUploadsAbandon,
  },
];

/** `schedule uploads` and its subcommands. */
export function uploadsCommand(cli: CliContext): Command {
  const uploads = newCommand(cli, "uploads")
    .summary("show the bundles that wait for their destinations, and retry them")
    .description(
      "Bundles that could not be delivered wait on the disk. The daemon tries again, later and later, and delivers them in the " +
        "order of their due times. What needs somebody's help (wrong credentials, a missing right) is tried once an hour.",
    )
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule uploads
  support-bundle schedule uploads list -o json
  support-bundle schedule uploads retry --all`,
    );
  return addLazyCommands(uploads, cli, COMMANDS);
}
