import * as z from "zod";
import { customStages } from "./custom/custom_stages.ts";
import type { RedactorSpec } from "./redactor.ts";

/** `spec.redactors[]` of a document of kind Redactor. */
export const redactorListSchema = z.array(z.object({
  name: z.string().optional(),
  fileSelector: z.object({
    file: z.string().optional(),
    files: z.array(z.string()).optional(),
  }).optional(),
  removals: z.object({
    values: z.array(z.coerce.string()).optional(),
    regex: z.array(z.object({ selector: z.string().optional(), redactor: z.string() })).optional(),
    yamlPath: z.array(z.string()).optional(),
  }).optional(),
}));

/** @throws {SupportBundleError} REDACTOR_INVALID when a pattern or a glob cannot be used */
export function validateRedactorSpec(spec: RedactorSpec): void {
  customStages([spec]);
}
