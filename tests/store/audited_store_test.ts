import { deepStrictEqual } from "node:assert/strict";
import { applyRun, newExecution, withPause } from "../../src/schedule/apply_firing.ts";
import type { AuditEvent } from "../../src/schedule/audit.ts";
import type { Job } from "../../src/schedule/job.ts";
import { templateOf } from "../../src/schedule/template.ts";
import { auditCommands, auditDaemon } from "../../src/store/audited_store.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

const job = sampleJob();
const now = new Date("2026-03-02T00:00:00Z");
const execution = newExecution(job, now, "manual");
const paused = { by: "ann@h1", note: "maintenance", since: now.toISOString() };
const template = templateOf(job, { name: "t", tags: [], createdBy: "ann@h1", createdAt: now.toISOString() });
const ofJob = { job: job.name, jobId: job.id };
const ofExecution = { ...ofJob, execution: execution.id };

const commands: [name: string, act: (store: JobStore) => Promise<unknown>, expect: AuditEvent[]][] = [
  ["a job that is made", (store) => store.createJob(sampleJob({ id: "job-b", name: "b" })), [
    { action: "create", job: "b", jobId: "job-b" },
  ]],
  ["not one whose name is taken", (store) => store.createJob(sampleJob({ id: "job-c", name: job.name })), []],
  [
    "the fields that are changed, by name",
    (store) => store.updateJob(job.id, (it) => ({ ...it, description: "x", redact: false })),
    [
      { action: "change", ...ofJob, detail: "description, redact" },
    ],
  ],
  ["not what the scheduler counts", (store) => store.updateJob(job.id, applyRun), []],
  ["disabling, and why", (store) => store.updateJob(job.id, (it) => withPause(it, paused)), [
    { action: "disable", ...ofJob, detail: "maintenance" },
  ]],
  ["nothing that changes nothing", (store) => store.updateJob(job.id, (it) => it), []],
  ["a job that is deleted", (store) => store.deleteJob(job.id), [{ action: "delete", ...ofJob }]],
  ["not one that is not there", (store) => store.deleteJob("job-none"), []],
  ["a template that is saved, once", async (store) => {
    for (const _ of [1, 2]) await store.saveTemplate(template);
  }, [{ action: "save-template", detail: "t" }]],
  ["a template that is deleted, once", async (store) => {
    await store.saveTemplate(template);
    for (const _ of [1, 2]) await store.deleteTemplate("t");
  }, [{ action: "save-template", detail: "t" }, { action: "delete-template", detail: "t" }]],
  ["a run by hand", (store) => store.fire(job.id, execution, applyRun), [{
    action: "run",
    ...ofExecution,
    detail: "manual",
  }]],
];
for (const [name, act, expect] of commands) {
  Deno.test(`auditCommands() takes down ${name}`, async () => {
    const { store, dispose } = await openEmbeddedStore();
    try {
      await store.createJob(job);
      const events: AuditEvent[] = [];
      await act(auditCommands(store, (event) => Promise.resolve(void events.push(event))));
      deepStrictEqual(events, expect);
    } finally {
      await dispose();
    }
  });
}

Deno.test("auditDaemon() takes down a job that pauses itself, and nothing else of jobs", async () => {
  const { store, dispose } = await openEmbeddedStore();
  try {
    await store.createJob(job);
    const events: AuditEvent[] = [];
    const audited = auditDaemon(store, (event) => Promise.resolve(void events.push(event)));
    await audited.updateJob(job.id, applyRun);
    await audited.fire(job.id, execution, applyRun);
    const pause = (it: Job) => withPause(it, { ...paused, note: "failed 3 times" });
    await audited.updateExecution(execution.id, (it) => ({ ...it, status: "running" }), undefined, pause);
    deepStrictEqual(events, [{ action: "disable", ...ofJob, detail: "failed 3 times" }]);
  } finally {
    await dispose();
  }
});

Deno.test("auditDaemon() takes down how executions end and where bundles go, once", async () => {
  const { store, dispose } = await openEmbeddedStore();
  try {
    await store.createJob(job);
    await store.fire(job.id, execution, applyRun);
    const events: AuditEvent[] = [];
    const audited = auditDaemon(store, (event) => Promise.resolve(void events.push(event)));
    await audited.updateExecution(execution.id, (it) => ({ ...it, status: "running" }));
    await audited.updateExecution(execution.id, (it) => ({ ...it, status: "retrying" }));
    deepStrictEqual(events, []);
    await audited.updateExecution(execution.id, (it) => ({ ...it, status: "completed", uploadUrl: "s3://b/x" }));
    await audited.updateExecution(execution.id, (it) => ({ ...it, bundleSize: 1 }));
    deepStrictEqual(events, [
      { action: "finished", ...ofExecution, detail: "completed" },
      { action: "uploaded", ...ofExecution, detail: "s3://b/x" },
    ]);
  } finally {
    await dispose();
  }
});
