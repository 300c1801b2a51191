import * as z from "zod";

const placeSchema = z.object({
  /** Of the destination; may have templates. */
  url: z.string(),
  options: z.record(z.string(), z.string()).default({}),
  /** A reference, never a value. */
  credentials: z.string().optional(),
});

/** Where a bundle is to go, and how. */
export const uploadPlanSchema = placeSchema.extend({
  /** Where it goes when it cannot be delivered to the first. */
  fallback: placeSchema.optional(),
  /** Default: no limit. */
  bandwidthBytesPerSecond: z.number().positive().optional(),
});

export type UploadPlace = z.output<typeof placeSchema>;
export type UploadPlan = z.output<typeof uploadPlanSchema>;

/** What is known of a bundle, for templates of destinations and for what travels with it. */
export const bundleFactsSchema = z.object({
  job: z.string().optional(),
  execution: z.string().optional(),
  cluster: z.string().optional(),
  /** RFC 3339. The date of templates is taken from it. */
  at: z.iso.datetime(),
  /** RFC 3339: when gathering began. */
  started: z.iso.datetime().optional(),
  /** Of the job. */
  labels: z.record(z.string(), z.string()).default({}),
  /** Of the user. */
  metadata: z.record(z.string(), z.string()).default({}),
});

export type BundleFacts = z.output<typeof bundleFactsSchema>;

/** Whether the cluster may be asked whose bundle it is. */
export function asksCluster({ url, fallback }: UploadPlan): boolean {
  return [url, fallback?.url].some((it) => it?.startsWith("portal:"));
}
