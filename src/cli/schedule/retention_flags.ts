import type { Command } from "commander";
import { UsageError } from "../../core/errors.ts";
import { parseSize } from "../../core/size.ts";
import type { Job } from "../../schedule/job.ts";
import { countFlag, durationFlag } from "./policy_flags.ts";

/** What is kept of a job's bundles. An empty value takes a bound away. */
export interface RetentionFlags {
  retainFor?: string;
  retainCount?: string;
  retainSize?: string;
}

export function addRetentionFlags(command: Command): Command {
  return command
    .option(
      "--retain-for <duration>",
      "remove bundles that are older; 0: keep them (default: as the settings say, 30d)",
    )
    .option("--retain-count <n>", "keep so many bundles, the newest (default: any number)")
    .option("--retain-size <size>", "keep bundles of this size together, the newest (default: any size)");
}

/** @throws {UsageError} that names the flag */
export function applyRetentionFlags(draft: Job, flags: RetentionFlags): void {
  const { retainFor, retainCount, retainSize } = flags;
  const retention = { ...draft.retention };
  if (retainFor !== undefined) {
    const plain = ["", "0"].includes(retainFor.trim());
    retention.maxAge = plain ? retainFor.trim() : durationFlag("--retain-for", retainFor, "1m", "36500d");
  }
  if (retainCount !== undefined) {
    retention.maxCount = retainCount.trim() === "" ? null : countFlag("--retain-count", retainCount, 1, 1_000_000);
  }
  if (retainSize !== undefined) {
    if (retainSize.trim() !== "" && parseSize(retainSize, "--retain-size") < 1) {
      throw new UsageError(
        `--retain-size: ${retainSize} would keep nothing`,
        'Write a size such as 5GB, or --retain-size "" for no bound',
      );
    }
    retention.maxBytes = retainSize.trim();
  }
  draft.retention = retention;
}

/** For `describe`. */
export function retentionText({ retention: { maxAge, maxCount, maxBytes } }: Pick<Job, "retention">): string {
  const bounds = [
    maxAge === "" ? "bundles for as long as the settings say" : maxAge === "0" ? "" : `bundles for ${maxAge}`,
    maxCount === null ? "" : `the newest ${maxCount}`,
    maxBytes === "" ? "" : `${maxBytes} together`,
  ].filter((text) => text !== "");
  return bounds.length === 0 ? "bundles stay until they are deleted" : bounds.join(", ");
}
