import type { Command } from "commander";
import { describeTemplate } from "../../../schedule/template.ts";
import type { CliContext } from "../../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../../render/output_format.ts";
import { oneLine, renderTable } from "../../render/table.ts";
import { utcTime } from "../../render/time.ts";
import { withStore } from "../with_store.ts";

/** `schedule template list`. */
export function defineTemplateList(command: Command, cli: CliContext): void {
  command
    .description("List the templates by name.")
    .option("--tag <tag>", "only those with this tag");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule template list
  support-bundle schedule template list --tag prod -o json`,
    )
    .action((flags: { tag?: string; output: OutputFormat }) => listTemplates(cli, flags));
}

async function listTemplates(cli: CliContext, { tag, output }: { tag?: string; output: OutputFormat }): Promise<void> {
  const all = await withStore(cli, (store) => store.listTemplates());
  const templates = all.filter(({ tags }) => tag === undefined || tags.includes(tag));
  await printData(cli, output, templates.map(describeTemplate), () =>
    templates.length === 0 ? "" : renderTable(
      [
        { title: "NAME", min: 10 },
        { title: "SCHEDULE", min: 9 },
        { title: "TAGS", min: 6, dropRank: 2 },
        { title: "DESCRIPTION", min: 10, dropRank: 1 },
        { title: "SAVED" },
        { title: "BY", min: 6, dropRank: 3 },
      ],
      templates.map(({ name, tags, createdAt, createdBy, job }) => [
        name,
        job.schedules.join("; ") || "-",
        tags.map(oneLine).join(", ") || "-",
        oneLine(job.description) || "-",
        utcTime(new Date(createdAt)),
        createdBy,
      ]),
      cli.stdout.columns,
    ));
  if (templates.length > 0 || output !== "table") return;
  await cli.stderr.write(
    all.length === 0
      ? "There are no templates yet; save one with `support-bundle schedule template save`\n"
      : `None of the ${all.length} templates has the tag "${tag}"\n`,
  );
}
