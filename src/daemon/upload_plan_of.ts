import { parseRate } from "../core/size.ts";
import type { UploadPlan } from "../pipeline/upload_plan.ts";
import type { Job } from "../schedule/job.ts";

/** Where a job's bundles go; undefined: they stay on this machine. */
export function uploadPlan(upload: Job["upload"]): UploadPlan | undefined {
  if (!upload.enabled) return undefined;
  const place = ({ endpoint, options, credentials }: Pick<Job["upload"], "endpoint" | "options" | "credentials">) => ({
    url: endpoint || "portal:",
    options,
    credentials: credentials || undefined,
  });
  return {
    ...place(upload),
    fallback: upload.fallback && place(upload.fallback),
    bandwidthBytesPerSecond: upload.bandwidth ? parseRate(upload.bandwidth, "upload.bandwidth") : undefined,
  };
}
