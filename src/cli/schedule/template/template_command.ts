import type { Command } from "commander";
import type { CliContext } from "../../cli_context.ts";
import { newCommand } from "../../command.ts";
import { addLazyCommands, type LazyCommand } from "../../lazy_commands.ts";

const COMMANDS: LazyCommand[] = [
  { name: "save", summary: "save a template", load: async () => (await import("./save.ts")).defineSave },
  {
    name: "list",
    aliases: ["ls"],
    summary: "list the templates",
    load: async () => (await import("./list.ts")).defineTemplateList,
  },
  { name: "show", summary: "show a template", load: async () => (await import("./show.ts")).defineShow },
  {
    name: "delete",
    aliases: ["rm"],
    summary: "delete a template",
    load: async () => (await import("./delete.ts")).defineTemplateDelete,
  },
];

/** `schedule template` and its subcommands. */
export function templateCommand(cli: CliContext): Command {
  const template = newCommand(cli, "template")
    .summary("keep what jobs have in common, and make jobs from it")
    .description(
      "A template is a job without a name of its own: what to collect, when, where it goes, and all policies. " +
        "`schedule create NAME --template TEMPLATE` makes a job from it; later changes of the template change no job.",
    )
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule template save nightly-s3 --from nightly
  support-bundle schedule create shop --template nightly-s3 --namespace shop
  support-bundle schedule template list`,
    );
  return addLazyCommands(template, cli, COMMANDS);
}
