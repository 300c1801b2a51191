import { SupportBundleError } from "../../core/errors.ts";
import { EXIT } from "../../core/exit_codes.ts";
import { nearest } from "../../core/nearest.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";

const SHOWN_CANDIDATES = 10;

/** The job that a user means by a name, an id or the unique start of an id.
 * @throws {SupportBundleError} `JOB_NOT_FOUND` with the nearest name, `JOB_AMBIGUOUS` with the candidates */
export async function resolveJob(store: JobStore, reference: string): Promise<Job> {
  const found = reference === "" ? [] : await store.findJobs(reference);
  if (found.length === 1) return found[0]!;
  if (found.length > 1) throw ambiguous(reference, found);
  const names = (await store.listJobs()).map((job) => job.name);
  const meant = nearest(reference, names) ??
    names.find((name) => name.toLowerCase().startsWith(reference.toLowerCase()));
  throw new SupportBundleError(`There is no job "${reference}"`, {
    code: "JOB_NOT_FOUND",
    exitCode: EXIT.notFound,
    hint: meant !== undefined && reference !== ""
      ? `Did you mean "${meant}"?`
      : names.length === 0
      ? "There are no jobs yet; make one with `support-bundle schedule create`"
      : "See them all with `support-bundle schedule list --show-disabled`",
  });
}

function ambiguous(reference: string, found: Job[]): SupportBundleError {
  const shown = found.slice(0, SHOWN_CANDIDATES).map((job) => `${job.id} (${job.name})`);
  const more = found.length > shown.length ? ` and ${found.length - shown.length} more` : "";
  return new SupportBundleError(
    `"${reference}" can mean ${found.length} jobs: ${shown.join(", ")}${more}; nothing was changed`,
    { code: "JOB_AMBIGUOUS", exitCode: EXIT.notFound, hint: "Write more of the id, or the name" },
  );
}

/** For a job that another process deleted between being found and being changed. */
export function gone(job: Job): SupportBundleError {
  return new SupportBundleError(`The job "${job.name}" (${job.id}) has just been deleted by somebody else`, {
    code: "JOB_NOT_FOUND",
    exitCode: EXIT.notFound,
    hint: "See what is there with `support-bundle schedule list --show-disabled`",
  });
}
