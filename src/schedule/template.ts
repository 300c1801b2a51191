import * as z from "zod";
import { tryParseDuration } from "../core/duration.ts";
import { parseSize } from "../core/size.ts";
import { type Job, jobSchema } from "./job.ts";

/** What jobs are made from: all that the flags of `schedule create` say, without what a job has of its own: identity, whether
 * it is enabled, counters, times. */
export const templateSchema = z.object({
  schemaVersion: z.literal(1).default(1),
  name: z.string(),
  tags: z.array(z.string()).default([]),
  /** Who saved it. */
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  job: jobSchema.omit({
    schemaVersion: true,
    id: true,
    name: true,
    template: true,
    enabled: true,
    paused: true,
    createdAt: true,
    createdBy: true,
    lastRun: true,
    nextRun: true,
    runCount: true,
    scheduledRuns: true,
    failuresInRow: true,
    skipped: true,
    status: true,
    lastError: true,
  }),
});

export type JobTemplate = z.output<typeof templateSchema>;

/** The template of a job, or of a draft of one. */
export function templateOf(
  job: Job,
  facts: Pick<JobTemplate, "name" | "tags" | "createdBy" | "createdAt">,
): JobTemplate {
  return templateSchema.parse({ ...facts, job });
}

/** A job with everything that a template says, and the rest of its own. */
export function applyTemplate(job: Job, { name, job: definition }: JobTemplate): Job {
  return { ...job, ...structuredClone(definition), template: name };
}

/** `template show -o json`: a public interface. */
export function describeTemplate({ name, tags, createdBy, createdAt, job }: JobTemplate) {
  const { description, cronSchedule, namespace, specFiles, autoDiscovery, redact, analyze, upload, notify, ...rest } =
    job;
  return {
    name,
    description,
    /** The first of `policies.schedules`; empty: none. */
    defaultSchedule: cronSchedule,
    namespace,
    specFiles,
    autoDiscovery,
    redact,
    analyze,
    upload,
    resourceLimits: {
      /** Null: that of the daemon's settings. */
      maxMemoryMB: megabytes(job.limits.maxMemory, "limits.maxMemory"),
      maxDurationMin: (tryParseDuration(job.limits.timeout) ?? 0) / 60_000,
      /** Null: that of the command line; 0: none. */
      maxBundleSizeMB: megabytes(job.limits.maxBundleSize, "limits.maxBundleSize"),
    },
    notifications: notify,
    tags,
    createdBy,
    createdAt,
    /** What else a job made from it has, as jobs have it. */
    policies: rest,
  };
}

function megabytes(size: string, what: string): number | null {
  return size === "" ? null : parseSize(size, what) / 1e6;
}
