import type { Command } from "commander";
import { type Job, jobSchema } from "../../../schedule/job.ts";
import { describeTemplate, type JobTemplate } from "../../../schedule/template.ts";
import type { CliContext } from "../../cli_context.ts";
import { colorsFor } from "../../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../../render/output_format.ts";
import { oneLine, renderFields } from "../../render/table.ts";
import { utcTime } from "../../render/time.ts";
import { definitionFields } from "../describe.ts";
import { nextRunLines, scheduleLines } from "../schedule_text.ts";
import { withStore } from "../with_store.ts";
import { findTemplate } from "./find_template.ts";

/** `schedule template show`. */
export function defineShow(command: Command, cli: CliContext): void {
  command
    .description("Show a template: what a job made from it collects, when, and where that goes.")
    .argument("<name>", "name of the template");
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule template show nightly-s3
  support-bundle schedule template show nightly-s3 -o yaml`,
    )
    .action(async (name: string, { output }: { output: OutputFormat }) => {
      const template = await withStore(cli, (store) => findTemplate(store, name));
      await printData(cli, output, describeTemplate(template), () => templateText(cli, template));
    });
}

/** A template for people. */
export function templateText(cli: CliContext, template: JobTemplate): string {
  const { name, tags, createdBy, createdAt } = template;
  const now = cli.clock.now();
  const job = jobFrom(template, now);
  return renderFields([
    ["Name", name],
    ...job.description === "" ? [] : [["Description", oneLine(job.description)] as [string, string]],
    ...tags.length === 0 ? [] : [["Tags", tags.map(oneLine).join(", ")] as [string, string]],
    ...job.schedules.length === 0
      ? [["Schedule", "none: given when a job is made from it"] as [string, string]]
      : [...scheduleLines(job), ["Next runs", nextRunLines(job, now, 3)] as [string, string[]]],
    ...definitionFields(job, colorsFor(cli.stdout, cli.env)),
    ["Saved", `${utcTime(new Date(createdAt))} by ${oneLine(createdBy)}`],
  ]);
}

/** The job that a template would make now. */
function jobFrom({ name, job }: JobTemplate, now: Date): Job {
  return jobSchema.parse({ ...job, id: "", name, createdAt: now.toISOString() });
}
