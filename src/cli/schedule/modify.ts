import type { Command } from "commander";
import { SupportBundleError, UsageError } from "../../core/errors.ts";
import type { Job } from "../../schedule/job.ts";
import { stateFolder } from "../../schedule/state_folder.ts";
import type { CliContext } from "../cli_context.ts";
import { addOutputOption, type OutputFormat, printData } from "../render/output_format.ts";
import { renderFields } from "../render/table.ts";
import { applyJobFlags } from "./job_changes.ts";
import { readDependencies } from "./dependencies.ts";
import { describeChanges } from "./job_difference.ts";
import { checkJobName } from "./job_name.ts";
import { addJobOptions, type JobFlags } from "./job_options.ts";
import { gone, resolveJob } from "./job_reference.ts";
import { rescheduled } from "./job_schedule.ts";
import { lastExecution } from "./last_execution.ts";
import { nextRunText } from "./schedule_text.ts";
import { nudge, withStore } from "./with_store.ts";

type ModifyFlags = JobFlags & { name?: string; output: OutputFormat };

/** The fields that the flags of `create` are about. Everything else of a job belongs to the daemon. */
const DEFINITION = [
  "name",
  "description",
  "labels",
  "cronSchedule",
  "schedules",
  "timezone",
  "enabled",
  "namespace",
  "specFiles",
  "autoDiscovery",
  "loadClusterSpecs",
  "selector",
  "redactors",
  "redact",
  "tokenize",
  "scrubSecrets",
  "scrubValues",
  "leakGate",
  "hide",
  "encrypt",
  "sign",
  "analyze",
  "kubernetes",
  "upload",
  "notify",
  "overlapPolicy",
  "catchUp",
  "dependsOn",
  "priority",
  "jitter",
  "jitterMode",
  "blackout",
  "startAt",
  "endAt",
  "maxRuns",
  "paused",
  "pauseAfterFailures",
  "failuresInRow",
  "retry",
  "limits",
  "retention",
] as const satisfies readonly (keyof Job)[];

const MOVES_NEXT_RUN: readonly string[] = ["schedules", "timezone", "enabled", "startAt", "endAt", "maxRuns"];

/** `schedule modify`: checks the changes as `create` does, then writes them. */
export function defineModify(command: Command, cli: CliContext): void {
  command
    .description(
      "Change a job. What is not named stays as it is; a repeatable flag replaces the whole list, and an empty value " +
        'empties it (--notify "", --upload "", --end ""). An execution that runs now keeps what it was started with.',
    )
    .argument("<job>", "name, id or unique start of an id")
    .option("--name <name>", "rename it");
  addJobOptions(command);
  addOutputOption(command);
  command
    .addHelpText(
      "after",
      `
Examples:
  support-bundle schedule modify nightly --cron "30 1 * * *" --timezone America/New_York
  support-bundle schedule modify nightly --spec new.yaml --timeout 45m
  support-bundle schedule modify job-0a1b --name hourly --upload ""`,
    )
    .action((job: string, flags: ModifyFlags) => modifyJob(cli, job, flags));
}

async function modifyJob(cli: CliContext, reference: string, flags: ModifyFlags): Promise<void> {
  const { name, output, ...jobFlags } = flags;
  if (name === undefined && Object.keys(jobFlags).length === 0) {
    throw new UsageError(
      "Nothing was named that should change",
      "support-bundle schedule modify --help lists the flags",
    );
  }
  const newName = name === undefined ? undefined : checkJobName(name);
  const now = cli.clock.now();
  const { before, after, warnings } = await withStore(cli, async (store) => {
    const before = await resolveJob(store, reference);
    const { job: draft, warnings } = await applyJobFlags(cli, before, jobFlags, false);
    if (newName !== undefined) draft.name = newName;
    if (flags.dependsOn !== undefined) draft.dependsOn = await readDependencies(store, draft, flags.dependsOn);
    const changed = DEFINITION.filter((field) => JSON.stringify(draft[field]) !== JSON.stringify(before[field]));
    if (changed.length === 0) return { before, after: before, warnings };
    const moved = changed.some((field) => MOVES_NEXT_RUN.includes(field));
    const last = changed.includes("enabled") ? await lastExecution(store, before.id) : undefined;
    const after = await store.updateJob(before.id, (job) => {
      // Only what was named is written: the daemon may have moved the rest on since it was read.
      const next = { ...job, ...Object.fromEntries(changed.map((field) => [field, draft[field]])) } as Job;
      return moved ? rescheduled(next, now, last) : next;
    });
    if (after === undefined) throw gone(before);
    if (after === false) {
      throw new SupportBundleError(`There is already a job "${newName}"; nothing was changed`, {
        code: "JOB_EXISTS",
        hint: "Choose another name",
      });
    }
    return { before, after, warnings };
  });
  if (before.tokenize && !after.tokenize) {
    const { removeTokenKey } = await import("../../daemon/job_tokens.ts");
    await removeTokenKey(after.id, stateFolder(cli.env));
  }
  if (after !== before) await nudge(cli);
  await printData(cli, output, after, () => {
    if (after === before) return `Job "${after.name}" (${after.id}) is so already; nothing was changed\n`;
    return `Changed job "${after.name}" (${after.id})\n` +
      renderFields([
        ...describeChanges(before, after, DEFINITION).map(({ label, from, to }): [string, string] => [
          `  ${label}`,
          `${from} → ${to}`,
        ]),
        ["  Next run", nextRunText(after, now)],
      ]);
  });
  for (const warning of warnings) await cli.stderr.write(`Warning: ${warning}\n`);
}
