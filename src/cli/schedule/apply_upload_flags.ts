import { isAbsolute, resolve } from "node:path";
import { UsageError } from "../../core/errors.ts";
import type { Job } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { bandwidthOf, checkUploadPlan, destinationUrl, type UploadFlags } from "../upload_flags.ts";

/** Applies the flags that say where the bundles of a job go, and checks the destinations.
 * @throws {UsageError} */
export async function applyUploadFlags(cli: CliContext, draft: Job, flags: UploadFlags): Promise<void> {
  const given = Object.keys(flags).filter((name) => name.startsWith("upload"))
    .some((name) => flags[name as keyof UploadFlags] !== undefined);
  if (!given) return;
  bandwidthOf(flags);
  const endpoint = flags.upload === undefined ? draft.upload.endpoint : absoluteDestination(cli, flags.upload);
  if (endpoint === "") {
    const others = Object.entries(flags).some(([name, value]) =>
      /^upload./.test(name) && value !== undefined && value !== ""
    );
    if (others) {
      throw new UsageError(
        "--upload-options, --upload-credentials, --upload-fallback and --upload-bandwidth mean nothing without --upload",
        "Add --upload URL",
      );
    }
    draft.upload = { enabled: false, endpoint: "", credentials: "", options: {} };
    return;
  }
  const fallback = changedFallback(cli, draft.upload.fallback, flags);
  const bandwidth = flags.uploadBandwidth?.trim() ?? draft.upload.bandwidth;
  const upload = {
    enabled: true,
    ...changedPlace(draft.upload, endpoint, flags.uploadOptions, flags.uploadCredentials),
    ...fallback && { fallback },
    ...bandwidth && { bandwidth },
  };
  const place = ({ endpoint: url, options, credentials }: Place) => ({
    url,
    options,
    credentials: credentials || undefined,
  });
  await checkUploadPlan({ ...place(upload), fallback: upload.fallback && place(upload.fallback) });
  draft.upload = upload;
}

type Place = Pick<Job["upload"], "endpoint" | "options" | "credentials">;

function changedFallback(
  cli: CliContext,
  before: Job["upload"]["fallback"],
  { uploadFallback, uploadFallbackOptions: options, uploadFallbackCredentials: credentials }: UploadFlags,
): Job["upload"]["fallback"] {
  const endpoint = uploadFallback === undefined ? before?.endpoint ?? "" : absoluteDestination(cli, uploadFallback);
  if (endpoint !== "") {
    return changedPlace(before ?? { endpoint, options: {}, credentials: "" }, endpoint, options, credentials);
  }
  if (options === undefined && !credentials) return undefined;
  throw new UsageError(
    "--upload-fallback-options and --upload-fallback-credentials mean nothing without --upload-fallback",
    "Add --upload-fallback URL",
  );
}

/** Another kind of destination has other options and other credentials. */
function changedPlace(before: Place, endpoint: string, options?: Record<string, string>, credentials?: string): Place {
  const kept = schemeOf(endpoint) === schemeOf(before.endpoint) ? before : { options: {}, credentials: "" };
  return { endpoint, options: options ?? kept.options, credentials: credentials ?? kept.credentials };
}

/** Paths become absolute, with the `/` at their end that says "into this folder"; URLs stay as they are. */
function absoluteDestination(cli: CliContext, given: string): string {
  const text = destinationUrl(given);
  if (!/^\.{0,2}[/\\]|^\.{1,2}$/.test(text) || isAbsolute(text)) return text;
  return resolve(cli.cwd, text) + (/[/\\]$/.test(text) ? "/" : "");
}

function schemeOf(endpoint: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(endpoint)?.[1]?.toLowerCase() ?? "file";
}
