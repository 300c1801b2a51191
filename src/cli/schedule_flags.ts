import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { collect, parseBoolean } from "./command.ts";

/** The flags of the main command that are about scheduled runs with its options, as commander leaves them. */
export interface ScheduleFlags {
  schedulePreview?: boolean;
  scheduleTemplate?: string;
  cron?: string[];
  timezone?: string;
}

export function addScheduleFlags(command: Command): Command {
  return command
    .option("--schedule-preview [bool]", "show what a scheduled run with these options would collect", parseBoolean)
    .option("--schedule-template <name>", "save these options as a template, for schedule create --template")
    .option("--cron <expr>", "with one of them: the schedule, as schedule create takes it (repeatable)", collect)
    .option("--timezone <zone>", "with --cron: IANA name of its zone");
}

/** Whether the run is not to collect, but to be looked at as a scheduled one.
 * @throws {UsageError} for flags that would do nothing */
export function asksForSchedule({ schedulePreview, scheduleTemplate, cron, timezone }: ScheduleFlags): boolean {
  // Empty ones come from variables that are set to nothing.
  if (schedulePreview === true || scheduleTemplate) return true;
  const idle = cron !== undefined && cron.length > 0 ? "--cron" : timezone ? "--timezone" : undefined;
  if (idle === undefined) return false;
  throw new UsageError(
    `${idle} does nothing without --schedule-preview or --schedule-template`,
    "Make a job with `support-bundle schedule create NAME --cron …`",
  );
}
