import type { Command } from "commander";
import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import type { Job } from "../../schedule/job.ts";
import { applyTemplate } from "../../schedule/template.ts";
import type { JobStore } from "../../store/job_store.ts";
import type { CliContext } from "../cli_context.ts";
import { parseBoolean } from "../command.ts";
import { colorsFor } from "../render/color.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderFields } from "../render/table.ts";
import { blankJob } from "./blank_job.ts";
import { definitionFields } from "./describe.ts";
import { applyJobFlags } from "./job_changes.ts";
import { readDependencies } from "./dependencies.ts";
import { checkJobName } from "./job_name.ts";
import { addJobOptions, type JobFlags } from "./job_options.ts";
import { rescheduled } from "./job_schedule.ts";
import { nextRunLines, scheduleLines } from "./schedule_text.ts";
import { findTemplate } from "./template/find_template.ts";
import { nudge, withStore } from "./with_store.ts";

type CreateFlags = JobFlags & { template?: string; dryRun?: boolean; output: OutputFormat };

/** `schedule create`: checks everything, then writes the job. */
export function defineCreate(command: Command, cli: CliContext): void {
  command
    .description(
      "Make a job: what to collect, when, and where to deliver it. Everything is checked before anything is written: " +
        "the schedule, the specs, the destination, the notifications.",
    )
    .argument("<name>", 'name of the job, unique: 1 to 100 characters without / \\ : * ? " < > |');
  addJobOptions(command)
    .option("--template <name>", "begin with what a template says; other flags outrank it")
    .option("--dry-run [bool]", "check everything, show what would be made, and write nothing", parseBoolean);
  addOutputOption(command);
  command
    .addHelpText(
      "after",
      `
Several --cron and --every make one job that is due when any of them is.
Credentials are written down as references only: vault:NAME is what
\`support-bundle credential set NAME\` keeps, file:/path a file of mode 0600,
env:NAME a variable of the daemon's environment. docs/credentials.md has more.
{job} {execution} {cluster} {yyyy} {mm} {dd} in the URL of --upload are filled in
at each delivery.

Examples:
  support-bundle schedule create nightly --cron "0 2 * * *" --timezone Europe/Berlin --spec spec.yaml
  support-bundle schedule create pulse --every 15m --auto --analyze --notify https://hooks.example.com/T0
  support-bundle schedule create weekly -c "0 6 * * MON" --auto --upload s3://bundles/{job}/{yyyy}/ \\
      --upload-options region=eu-west-1 --upload-credentials env:BUNDLE_S3
  support-bundle schedule create sealed --every 1d --auto --encrypt-to vendor.txt --sign file:/etc/keys/signing
  support-bundle schedule create shop --template nightly-s3 --namespace shop --dry-run
  support-bundle schedule create after-failure --depends-on nightly:failed --spec deep.yaml
  support-bundle schedule create office -c "0 9 * * 1-5" -c "0 17 * * 1-5" --auto --labels team=ops -o json`,
    )
    .action((name: string, flags: CreateFlags) => createJob(cli, name, flags));
}

async function createJob(cli: CliContext, text: string, flags: CreateFlags): Promise<void> {
  const name = checkJobName(text);
  const now = cli.clock.now();
  const { template, dryRun = false } = flags;
  const blank = await blankJob(cli, name);
  const base = template === undefined
    ? blank
    : await withStore(cli, async (store) => applyTemplate(blank, await findTemplate(store, template)));
  const { job: draft, warnings } = await applyJobFlags(cli, base, flags, true);
  const job = rescheduled(draft, now);
  await withStore(cli, async (store) => {
    if (flags.dependsOn !== undefined) job.dependsOn = await readDependencies(store, job, flags.dependsOn);
    else job.dependsOn = await existing(store, job, warnings);
    if (dryRun ? (await store.findJobs(name)).every((it) => it.name !== name) : await store.createJob(job)) return;
    throw new SupportBundleError(`There is already a job "${name}"; nothing was changed`, {
      code: "JOB_EXISTS",
      exitCode: EXIT.failure,
      hint: `Choose another name, or change it with \`support-bundle schedule modify "${name}"\``,
    });
  });
  const heard = dryRun || await nudge(cli);
  await printData(cli, flags.output, job, () =>
    renderFields([
      [dryRun ? "Would create job" : "Created job", `"${job.name}"`],
      ...dryRun ? [] : [["Id", job.id] as [string, string]],
      ...scheduleLines(job),
      ["Next runs", nextRunLines(job, now, dryRun ? 10 : 3)],
      ...dryRun ? definitionFields(job, colorsFor(cli.stdout, cli.env)) : [],
    ]));
  for (const warning of warnings) await cli.stderr.write(`Warning: ${warning}\n`);
  if (!heard) {
    await cli.stderr.write(
      "No daemon is running, so nothing will run until you start one:\n  support-bundle schedule daemon start\n",
    );
  }
}

/** Of the jobs that a template follows, those that are still there. */
async function existing(store: JobStore, { dependsOn }: Job, warnings: string[]): Promise<Job["dependsOn"]> {
  const kept: Job["dependsOn"] = [];
  for (const dependency of dependsOn) {
    if (await store.getJob(dependency.job) !== undefined) kept.push(dependency);
    else warnings.push(`The template follows the job ${dependency.job}, which was deleted: this job does not`);
  }
  return kept;
}
