import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { parseRate } from "../core/size.ts";
import type { UploadPlace, UploadPlan } from "../pipeline/upload_plan.ts";
import { parsePairs } from "./command.ts";

/** As commander leaves them. */
export interface UploadFlags {
  upload?: string;
  uploadOptions?: Record<string, string>;
  uploadCredentials?: string;
  uploadFallback?: string;
  uploadFallbackOptions?: Record<string, string>;
  uploadFallbackCredentials?: string;
  uploadBandwidth?: string;
}

/** The flags that say more of a destination, and where to deliver what it does not take. */
export function addPlaceFlags(command: Command): Command {
  return command
    .option(
      "--upload-options <k=v,…>",
      "options of the destination, such as region=eu-west-1",
      parsePairs("--upload-options"),
    )
    .option(
      "--upload-credentials <ref>",
      "where its credentials are: env:NAME, file:/path, vault:NAME …; never the value itself",
    )
    .option("--upload-fallback <url>", "deliver there what the destination does not take")
    .option(
      "--upload-fallback-options <k=v,…>",
      "options of the fallback destination",
      parsePairs("--upload-fallback-options"),
    )
    .option("--upload-fallback-credentials <ref>", "where the credentials of the fallback destination are");
}

/** The flags that say where bundles go. */
export function addUploadFlags(command: Command): Command {
  command.option(
    "--upload <url>",
    "deliver there: s3://bucket/prefix/, file:///folder/, a path; enabled: the vendor portal",
  );
  return addPlaceFlags(command)
    .option("--upload-bandwidth <rate>", "send no faster than this: 5MB/s, 500kB/s (default: no limit)");
}

/** What one run is to do, by its flags, not yet checked; undefined: it uploads nothing.
 * @throws {UsageError} for a fallback of nothing */
export function uploadPlanOf(flags: UploadFlags): UploadPlan | undefined {
  if (!flags.upload) {
    if (!flags.uploadFallback) return undefined;
    throw new UsageError("--upload-fallback means nothing without --upload", "Add --upload URL");
  }
  return {
    url: destinationUrl(flags.upload),
    options: flags.uploadOptions ?? {},
    credentials: flags.uploadCredentials || undefined,
    fallback: fallbackOf(flags),
    bandwidthBytesPerSecond: bandwidthOf(flags),
  };
}

/** The destination that `--upload-fallback` names; undefined: none.
 * @throws {UsageError} for its options or credentials without it */
export function fallbackOf(flags: UploadFlags): UploadPlace | undefined {
  const { uploadFallback: url, uploadFallbackOptions: options, uploadFallbackCredentials: credentials } = flags;
  if (url) return { url: destinationUrl(url), options: options ?? {}, credentials: credentials || undefined };
  if (options === undefined && !credentials) return undefined;
  throw new UsageError(
    "--upload-fallback-options and --upload-fallback-credentials mean nothing without --upload-fallback",
    "Add --upload-fallback URL",
  );
}

/** Bytes a second; undefined: no limit. */
export function bandwidthOf({ uploadBandwidth }: UploadFlags): number | undefined {
  return uploadBandwidth ? parseRate(uploadBandwidth, "--upload-bandwidth") : undefined;
}

/** `enabled` stands for the vendor portal. */
export function destinationUrl(text: string): string {
  return text.trim().toLowerCase() === "enabled" ? "portal:" : text.trim();
}

/** Checks the destinations of a plan, as far as that goes without a request.
 * @throws {UsageError} */
export async function checkUploadPlan(plan: UploadPlan): Promise<void> {
  const { validateDestination } = await import("../upload/registry.ts");
  for (const { url, options, credentials } of plan.fallback === undefined ? [plan] : [plan, plan.fallback]) {
    validateDestination(url, options, credentials);
  }
}
