import type { Command } from "commander";
import { accountLabel } from "../../core/account.ts";
import { SupportBundleError } from "../../core/errors.ts";
import { formatDuration } from "../../core/duration.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { jobSchema, newJobId } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderFields } from "../render/table.ts";
import { accountOf } from "./access.ts";
import { applyJobFlags } from "./job_changes.ts";
import { readDependencies } from "./dependencies.ts";
import { checkJobName } from "./job_name.ts";
import { addJobOptions, type JobFlags } from "./job_options.ts";
import { rescheduled } from "./job_schedule.ts";
import { nextRunLines, scheduleLines } from "./schedule_text.ts";
import { nudge, schedulerSettings, withStore } from "./with_store.ts";

type CreateFlags = JobFlags & { output: OutputFormat };

/** `schedule create`: checks everything, then writes the job. */
export function defineCreate(command: Command, cli: CliContext): void {
  command
    .description(
      "Make a job: what to collect, when, and where to deliver it. Everything is checked before anything is written: " +
        "the schedule, the specs, the destination, the notifications.",
    )
    .argument("<name>", 'name of the job, unique: 1 to 100 characters without / \\ : * ? " < > |');
  addJobOptions(command);
  addOutputOption(command);
  command
    .addHelpText(
      "after",
      `
Several --cron and --every make one job that is due when any of them is.
Credentials are written down as references only: env:NAME is read from the
daemon's environment, file:/path from a file of mode 0600.
{job} {execution} {cluster} {yyyy} {mm} {dd} in the URL of --upload are filled in
at each delivery.

Examples:
  support-bundle schedule create nightly --cron "0 2 * * *" --timezone Europe/Berlin --spec spec.yaml
  support-bundle schedule create pulse --every 15m --auto --analyze --notify https://hooks.example.com/T0
  support-bundle schedule create weekly -c "0 6 * * MON" --auto --upload s3://bundles/{job}/{yyyy}/ \\
      --upload-options region=eu-west-1 --upload-credentials env:BUNDLE_S3
  support-bundle schedule create after-failure --depends-on nightly:failed --spec deep.yaml
  support-bundle schedule create office -c "0 9 * * 1-5" -c "0 17 * * 1-5" --auto --labels team=ops -o json`,
    )
    .action((name: string, flags: CreateFlags) => createJob(cli, name, flags));
}

async function createJob(cli: CliContext, text: string, flags: CreateFlags): Promise<void> {
  const name = checkJobName(text);
  const now = cli.clock.now();
  const settings = await schedulerSettings(cli);
  const blank = jobSchema.parse({
    id: newJobId(),
    name,
    cronSchedule: "@daily",
    schedules: ["@daily"],
    timezone: settings.defaultTimezone,
    limits: { timeout: formatDuration(settings.defaultTimeout) },
    createdAt: now.toISOString(),
    createdBy: accountLabel(await accountOf(cli)),
  });
  const { job: draft, warnings } = await applyJobFlags(cli, blank, flags, true);
  const job = rescheduled(draft, now);
  await withStore(cli, async (store) => {
    if (flags.dependsOn !== undefined) job.dependsOn = await readDependencies(store, job, flags.dependsOn);
    if (await store.createJob(job)) return;
    throw new SupportBundleError(`There is already a job "${name}"; nothing was changed`, {
      code: "JOB_EXISTS",
      exitCode: EXIT.failure,
      hint: `Choose another name, or change it with \`support-bundle schedule modify "${name}"\``,
    });
  });
  const heard = await nudge(cli);
  await printData(cli, flags.output, job, () =>
    renderFields([
      ["Created job", `"${job.name}"`],
      ["Id", job.id],
      ...scheduleLines(job),
      ["Next runs", nextRunLines(job, now, 3)],
    ]));
  for (const warning of warnings) await cli.stderr.write(`Warning: ${warning}\n`);
  if (!heard) {
    await cli.stderr.write(
      "No daemon is running, so nothing will run until you start one:\n  support-bundle schedule daemon start\n",
    );
  }
}
