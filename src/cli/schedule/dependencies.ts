import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { findCycle } from "../../schedule/dependency.ts";
import { DEPENDS_ON, type Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";
import { oneLine } from "../render/table.ts";
import { resolveJob } from "./job_reference.ts";

/** Reads `--depends-on JOB[:succeeded|failed|finished]`.
 * @param job the one that depends
 * @throws {UsageError} when the jobs would follow each other in a circle, with its path; and what `resolveJob` throws */
export async function readDependencies(store: JobStore, job: Job, texts: string[]): Promise<Job["dependsOn"]> {
  const dependsOn: Job["dependsOn"] = [];
  for (const text of texts) {
    const [reference, on = "succeeded", ...more] = text.split(":").map((part) => part.trim()) as [string, ...string[]];
    const end = DEPENDS_ON.find((known) => known === on.toLowerCase());
    if (end === undefined || more.length > 0) {
      const meant = nearest(on, DEPENDS_ON);
      throw new UsageError(
        `--depends-on: "${text}" names no end of an execution that there is`,
        meant === undefined ? `Write JOB, or JOB: and one of ${DEPENDS_ON.join(", ")}` : `Did you mean ${meant}?`,
      );
    }
    const other = reference === job.name ? job : await resolveJob(store, reference);
    if (dependsOn.some((it) => it.job === other.id)) {
      throw new UsageError(`--depends-on: "${other.name}" is named twice`, "Leave one out; finished means either end");
    }
    dependsOn.push({ job: other.id, on: end });
  }
  if (dependsOn.length > 0) refuseCycle({ ...job, dependsOn }, await store.listJobs());
  return dependsOn;
}

function refuseCycle(job: Job, jobs: Job[]): void {
  const cycle = findCycle(job, jobs);
  if (cycle === undefined) return;
  const names = new Map([...jobs, job].map(({ id, name }) => [id, name]));
  throw new UsageError(
    `--depends-on: the jobs would follow each other in a circle: ${cycle.map((id) => names.get(id)).join(" after ")}`,
    "Leave one of these dependencies out",
  );
}

/** What a job follows and what follows it, for `renderFields`: `nightly (succeeded)`. */
export async function dependencyFields(store: JobStore, job: Job): Promise<[label: string, value: string[]][]> {
  const before = await Promise.all(
    job.dependsOn.map(async ({ job: id, on }) =>
      `${oneLine((await store.getJob(id))?.name ?? `${id}, which was deleted`)} (${on})`
    ),
  );
  const after = (await store.dependentJobs(job.id)).map(({ name, dependsOn }) =>
    `${oneLine(name)} (${dependsOn.find((it) => it.job === job.id)!.on})`
  );
  return ([["Runs after", before], ["Followed by", after]] as [string, string[]][])
    .filter(([, lines]) => lines.length > 0);
}
