import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { AuditEvent } from "../schedule/audit.ts";
import type { Job } from "../schedule/job.ts";
import type { JobStore } from "./job_store.ts";
import { withMethods } from "./with_methods.ts";

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

/** A store that takes down what people do to jobs. */
export function auditCommands<Store extends JobStore>(store: Store, audit: Audit): Store {
  const createJob: JobStore["createJob"] = async (job, maxPerOwner) => {
    const created = await store.createJob(job, maxPerOwner);
    if (created) await audit({ action: "create", job: job.name, jobId: job.id });
    return created;
  };
  const updateJob: JobStore["updateJob"] = async (id, change) => {
    let before: Job | undefined;
    const after = await store.updateJob(id, (job) => change(before = job));
    if (typeof after !== "object" || before === undefined) return after;
    const fields = changedFields(before, after);
    if (before.enabled !== after.enabled) await audit(switched(after));
    const others = fields.filter((field) => field !== "enabled");
    if (others.length > 0) await audit({ action: "change", job: after.name, jobId: id, detail: others.join(", ") });
    return after;
  };
  const deleteJob: JobStore["deleteJob"] = async (id) => {
    const job = await store.getJob(id);
    const deleted = await store.deleteJob(id);
    if (deleted) await audit({ action: "delete", job: job?.name, jobId: id });
    return deleted;
  };
  const fire: JobStore["fire"] = async (jobId, execution, change, replaceSkipped) => {
    const outcome = await store.fire(jobId, execution, change, replaceSkipped);
    const { id, jobName, trigger } = execution;
    if (outcome === "created") await audit({ action: "run", job: jobName, jobId, execution: id, detail: trigger });
    return outcome;
  };
  const deleteExecution: JobStore["deleteExecution"] = async (id) => {
    const deleted = await store.deleteExecution(id);
    if (deleted) await audit({ action: "purge", execution: id });
    return deleted;
  };
  const saveTemplate: JobStore["saveTemplate"] = async (template, replace) => {
    const saved = await store.saveTemplate(template, replace);
    if (saved) await audit({ action: "save-template", detail: template.name });
    return saved;
  };
  const deleteTemplate: JobStore["deleteTemplate"] = async (name) => {
    const deleted = await store.deleteTemplate(name);
    if (deleted) await audit({ action: "delete-template", detail: name });
    return deleted;
  };
  const own = { createJob, updateJob, deleteJob, fire, deleteExecution, saveTemplate, deleteTemplate };
  return withMethods(store, own);
}

/** A store that takes down what the daemon does: how executions end, where their bundles go, and which jobs pause themselves. */
export function auditDaemon<Store extends JobStore>(store: Store, audit: Audit): Store {
  const updateExecution: JobStore["updateExecution"] = async (id, change, lease, changeJob, notices) => {
    let before: Execution | undefined;
    let paused: Job | undefined;
    const after = await store.updateExecution(
      id,
      (execution) => change(before = execution),
      lease,
      changeJob && ((job, changed) => {
        const then = changeJob(job, changed);
        paused = then.enabled === job.enabled ? undefined : then;
        return then;
      }),
      notices,
    );
    if (after === undefined || before === undefined) return after;
    if (paused !== undefined) await audit(switched(paused));
    const facts = { job: after.jobName, jobId: after.jobId, execution: id };
    const isFinal = (execution: Execution) => !ACTIVE_STATUSES.includes(execution.status);
    if (isFinal(after) && !isFinal(before)) await audit({ action: "finished", ...facts, detail: after.status });
    if (after.uploadUrl !== "" && after.uploadUrl !== before.uploadUrl) {
      await audit({ action: "uploaded", ...facts, detail: after.uploadUrl });
    }
    return after;
  };
  return withMethods(store, { updateExecution });
}

function switched({ id, name, enabled, paused }: Job): AuditEvent {
  const note = paused?.note ? { detail: paused.note } : {};
  return { action: enabled ? "enable" : "disable", job: name, jobId: id, ...note };
}

function changedFields(before: Job, after: Job): string[] {
  return (Object.keys(after) as (keyof Job)[])
    .filter((field) => !OWN_FIELDS.has(field) && JSON.stringify(before[field]) !== JSON.stringify(after[field]));
}
