import { formatDuration } from "../../core/duration.ts";
import { type Job, jobSchema, newJobId } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { schedulerSettings } from "./with_store.ts";

/** A new job with all defaults, those of the settings included, and without a schedule. */
export async function blankJob(cli: CliContext, name: string): Promise<Job> {
  const settings = await schedulerSettings(cli);
  return jobSchema.parse({
    id: newJobId(),
    name,
    cronSchedule: "",
    schedules: [],
    timezone: settings.defaultTimezone,
    limits: { timeout: formatDuration(settings.defaultTimeout) },
    createdAt: cli.clock.now().toISOString(),
  });
}
