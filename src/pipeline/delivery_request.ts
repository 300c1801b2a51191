import * as z from "zod";
import { bundleFactsSchema, uploadPlanSchema } from "./upload_plan.ts";

/** What the child that delivers a bundle for the daemon shall do. */
export const deliveryRequestSchema = z.object({
  /** `abandon`: free what an unfinished upload has left at the destination. */
  action: z.enum(["deliver", "abandon"]),
  archive: z.object({
    path: z.string(),
    bytes: z.number(),
    sha256: z.string(),
    companions: z.array(z.string()).optional(),
  }),
  plan: uploadPlanSchema,
  facts: bundleFactsSchema,
  /** See `KubeOptions`. */
  kube: z.record(z.string(), z.unknown()).default({}),
});

export type DeliveryRequest = z.output<typeof deliveryRequestSchema>;
