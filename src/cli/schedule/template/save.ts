import type { Command } from "commander";
import { SupportBundleError, UsageError } from "../../../core/errors.ts";
import type { Job } from "../../../schedule/job.ts";
import { describeTemplate, type JobTemplate, templateOf } from "../../../schedule/template.ts";
import type { JobStore } from "../../../store/job_store.ts";
import type { CliContext } from "../../cli_context.ts";
import { operatorName } from "../../operator_name.ts";
import { addOutputOption, type OutputFormat, printData } from "../../render/output_format.ts";
import { blankJob } from "../blank_job.ts";
import { readDependencies } from "../dependencies.ts";
import { applyJobFlags } from "../job_changes.ts";
import { checkJobName } from "../job_name.ts";
import { addJobOptions, type JobFlags } from "../job_options.ts";
import { resolveJob } from "../job_reference.ts";
import { withStore } from "../with_store.ts";
import { templateText } from "./show.ts";

type SaveFlags = JobFlags & { from?: string; tags?: string[]; replace?: boolean; output: OutputFormat };

/** `schedule template save`: from a job, from flags, or from a job with other flags. */
export function defineSave(command: Command, cli: CliContext): void {
  command
    .description(
      "Save a template: what a job says, the flags of `create`, or both, where the flags outrank the job. Everything is " +
        "checked as `create` does; a schedule may be left to the jobs.",
    )
    .argument("<name>", "name of the template")
    .option("--from <job>", "begin with what this job says: a name, an id or the unique start of an id")
    .option("--tags <tags>", "words to find it by, comma-separated", parseTags)
    .option("--replace", "take the place of a template of this name");
  addJobOptions(command);
  addOutputOption(command)
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule template save nightly-s3 --from nightly --tags prod,s3
  support-bundle schedule template save weekly --cron "0 6 * * MON" --auto --retries 5
  support-bundle schedule template save weekly --from weekly-shop --namespace "" --replace`,
    )
    .action((name: string, flags: SaveFlags) => save(cli, name, flags));
}

async function save(cli: CliContext, text: string, flags: SaveFlags): Promise<void> {
  const name = checkJobName(text, "template");
  if (flags.enabled !== undefined) {
    throw new UsageError("--enabled: a template neither runs nor rests", "Give it to the jobs that are made from it");
  }
  const { from } = flags;
  const { template, warnings } = await withStore(cli, async (store) => {
    const base = from === undefined ? await blankJob(cli, name) : await resolveJob(store, from);
    const { job, warnings } = await applyJobFlags(cli, base, flags, from === undefined, { needsSchedule: false });
    if (flags.dependsOn !== undefined) job.dependsOn = await readDependencies(store, job, flags.dependsOn);
    return { template: await storeTemplate(cli, store, name, job, flags), warnings };
  });
  await printData(
    cli,
    flags.output,
    describeTemplate(template),
    () => `Saved template\n${templateText(cli, template)}`,
  );
  for (const warning of warnings) await cli.stderr.write(`Warning: ${warning}\n`);
}

/** @param job what the template is to say
 * @throws {SupportBundleError} `TEMPLATE_EXISTS` */
export async function storeTemplate(
  cli: CliContext,
  store: JobStore,
  name: string,
  job: Job,
  { tags = [], replace = false }: { tags?: string[]; replace?: boolean },
): Promise<JobTemplate> {
  const createdAt = cli.clock.now().toISOString();
  const template = templateOf(job, { name, tags, createdBy: operatorName(cli.env), createdAt });
  if (await store.saveTemplate(template, replace)) return template;
  throw new SupportBundleError(`There is already a template "${name}"; nothing was changed`, {
    code: "TEMPLATE_EXISTS",
    hint: "Choose another name, or overwrite it with `support-bundle schedule template save … --replace`",
  });
}

function parseTags(text: string): string[] {
  return [...new Set(text.split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""))];
}
