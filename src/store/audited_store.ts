import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { AuditEvent } from "../schedule/audit.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "./job_store.ts";

/** Takes an event down. Does not throw: what was done is done. */
export type Audit = (event: AuditEvent) => Promise<void>;

/** Fields that the scheduler changes by itself. */
const OWN_FIELDS: ReadonlySet<string> = new Set<keyof Job>([
  "cronSchedule",
  "failuresInRow",
  "lastError",
  "lastRun",
  "nextRun",
  "paused",
  "runCount",
  "scheduledRuns",
  "skipped",
  "status",
]);

/** Lets a store take down what people do to jobs. */
export function auditCommands(store: JobStore, audit: Audit): void {
  const { createJob, updateJob, deleteJob, fire, deleteExecution, getJob } = bound(store);
  store.createJob = async (job) => {
    const created = await createJob(job);
    if (created) await audit({ action: "create", job: job.name, jobId: job.id });
    return created;
  };
  store.updateJob = async (id, change) => {
    let before: Job | undefined;
    const after = await updateJob(id, (job) => change(before = job));
    if (typeof after !== "object" || before === undefined) return after;
    const fields = changedFields(before, after);
    if (before.enabled !== after.enabled) await audit(switched(after));
    const others = fields.filter((field) => field !== "enabled");
    if (others.length > 0) await audit({ action: "change", job: after.name, jobId: id, detail: others.join(", ") });
    return after;
  };
  store.deleteJob = async (id) => {
    const job = await getJob(id);
    const deleted = await deleteJob(id);
    if (deleted) await audit({ action: "delete", job: job?.name, jobId: id });
    return deleted;
  };
  store.fire = async (jobId, execution, change, replaceSkipped) => {
    const outcome = await fire(jobId, execution, change, replaceSkipped);
    const { id, jobName, trigger } = execution;
    if (outcome === "created") await audit({ action: "run", job: jobName, jobId, execution: id, detail: trigger });
    return outcome;
  };
  store.deleteExecution = async (id) => {
    const deleted = await deleteExecution(id);
    if (deleted) await audit({ action: "purge", execution: id });
    return deleted;
  };
}

/** Lets a store take down what the daemon does: how executions end, where their bundles go, and which jobs pause themselves. */
export function auditDaemon(store: JobStore, audit: Audit): void {
  const { updateExecution, updateJob } = bound(store);
  store.updateJob = async (id, change) => {
    let before: Job | undefined;
    const after = await updateJob(id, (job) => change(before = job));
    if (typeof after === "object" && before !== undefined && before.enabled !== after.enabled) {
      await audit(switched(after));
    }
    return after;
  };
  store.updateExecution = async (id, change, lease) => {
    let before: Execution | undefined;
    const after = await updateExecution(id, (execution) => change(before = execution), lease);
    if (after === undefined || before === undefined) return after;
    const facts = { job: after.jobName, jobId: after.jobId, execution: id };
    const isFinal = (execution: Execution) => !ACTIVE_STATUSES.includes(execution.status);
    if (isFinal(after) && !isFinal(before)) await audit({ action: "finished", ...facts, detail: after.status });
    if (after.uploadUrl !== "" && after.uploadUrl !== before.uploadUrl) {
      await audit({ action: "uploaded", ...facts, detail: after.uploadUrl });
    }
    return after;
  };
}

function switched({ id, name, enabled, paused }: Job): AuditEvent {
  const note = paused?.note ? { detail: paused.note } : {};
  return { action: enabled ? "enable" : "disable", job: name, jobId: id, ...note };
}

function changedFields(before: Job, after: Job): string[] {
  return (Object.keys(after) as (keyof Job)[])
    .filter((field) => !OWN_FIELDS.has(field) && JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}

/** The methods as they are, before they are replaced. */
function bound(store: JobStore) {
  return {
    createJob: store.createJob.bind(store),
    updateJob: store.updateJob.bind(store),
    deleteJob: store.deleteJob.bind(store),
    fire: store.fire.bind(store),
    deleteExecution: store.deleteExecution.bind(store),
    updateExecution: store.updateExecution.bind(store),
    getJob: store.getJob.bind(store),
  };
}
