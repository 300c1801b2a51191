import type { Command } from "commander";
import { EXIT } from "../../../core/exit_codes.ts";
import type { CliContext } from "../../cli_context.ts";
import { confirm } from "../question.ts";
import { withStore } from "../with_store.ts";
import { findTemplate, notFound } from "./find_template.ts";

/** `schedule template delete`: jobs made from it stay. */
export function defineTemplateDelete(command: Command, cli: CliContext): void {
  command
    .description("Delete a template. Jobs that were made from it stay as they are.")
    .argument("<name>", "name of the template")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nExamples:\n  support-bundle schedule template delete nightly-s3 --yes")
    .action((name: string, flags: { yes?: boolean }) => deleteTemplate(cli, name, flags));
}

async function deleteTemplate(cli: CliContext, text: string, { yes }: { yes?: boolean }): Promise<void> {
  const deleted = await withStore(cli, async (store) => {
    const { name } = await findTemplate(store, text);
    if (!yes && !await confirm(cli, `Delete the template "${name}"? Jobs made from it stay.`)) return undefined;
    return await store.deleteTemplate(name) ? name : await notFound(store, name);
  });
  if (deleted !== undefined) return await cli.stdout.write(`Deleted template "${deleted}"\n`);
  await cli.stderr.write("Nothing was deleted\n");
  cli.exitCode = EXIT.failure;
}
