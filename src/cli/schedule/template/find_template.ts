import { SupportBundleError } from "../../../core/errors.ts";
import { EXIT } from "../../../core/exit_codes.ts";
import { nearest } from "../../../core/nearest.ts";
import type { JobTemplate } from "../../../schedule/template.ts";
import type { JobStore } from "../../../store/job_store.ts";

/** @throws {SupportBundleError} `TEMPLATE_NOT_FOUND` with the nearest name */
export async function findTemplate(store: JobStore, name: string): Promise<JobTemplate> {
  return await store.getTemplate(name.trim()) ?? await notFound(store, name);
}

/** @throws {SupportBundleError} always */
export async function notFound(store: JobStore, name: string): Promise<never> {
  const names = (await store.listTemplates()).map((template) => template.name);
  const meant = nearest(name, names);
  throw new SupportBundleError(`There is no template "${name}"`, {
    code: "TEMPLATE_NOT_FOUND",
    exitCode: EXIT.notFound,
    hint: meant !== undefined
      ? `Did you mean "${meant}"?`
      : names.length === 0
      ? "There are no templates yet; save one with `support-bundle schedule template save`"
      : "See them all with `support-bundle schedule template list`",
  });
}
