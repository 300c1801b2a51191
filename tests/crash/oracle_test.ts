import { deepStrictEqual } from "node:assert/strict";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import { sampleJob } from "../daemon/sample_job.ts";
import { type Evidence, type FaultKind, judge } from "./oracle.ts";

const due = ["2026-03-02T00:00:00.000Z", "2026-03-02T00:01:00.000Z"];
const job = { ...[0, 1].reduce(applyRun, sampleJob()), status: "completed" as const };
const run = (at: string, fields: Partial<Execution> = {}): Execution => ({
  ...newExecution(job, new Date(at), "schedule"),
  status: "completed",
  ...fields,
});
const [first, second] = [run(due[0]!), run(due[1]!)];
const skippedOnce = { ...job, runCount: 1, skipped: { overlap: 1 } };

const sound: Evidence = {
  slots: [{ job, due }],
  executions: [first, second],
  accepted: [first, second].map(({ id }) => ({ execution: id, status: "completed", endTime: "00:02" })),
  concurrent: [],
  processes: [],
  files: [],
  unreadable: [],
  disagreements: [],
};

const behaviour: [name: string, evidence: Partial<Evidence>, expect: FaultKind[]][] = [
  ["finds nothing where each slot has its outcome", {}, []],
  ["counts a slot that was skipped and has an execution that says so", {
    slots: [{ job: skippedOnce, due }],
    executions: [first, run(due[1]!, { status: "skipped" })],
  }, []],
  ["counts a slot that was skipped and has none", {
    slots: [{ job: skippedOnce, due }],
    executions: [second],
  }, []],
  ["lets an outcome be written twice", { accepted: [...sound.accepted, sound.accepted[0]!] }, []],
  ["lets a disabled job be of no execution's status", {
    slots: [{ job: { ...job, enabled: false, status: "disabled" }, due }],
  }, []],

  ["finds a lost slot", { slots: [{ job: { ...job, runCount: 1 }, due }], executions: [first] }, ["lost"]],
  ["finds a lost slot behind a count that is right", { executions: [first] }, ["lost", "disagrees"]],
  ["finds a job of which no slot was decided", {
    slots: [{ job: sampleJob(), due }],
    executions: [],
  }, ["lost"]],
  ["finds an execution that never came to its end", {
    slots: [{ job: { ...job, status: "running" }, due }],
    executions: [first, run(due[1]!, { status: "running" })],
  }, ["lost"]],
  ["finds a slot that was run and skipped", {
    slots: [{ job: { ...job, skipped: { superseded: 1 } }, due }],
  }, ["doubled"]],
  ["finds a run that was counted twice", { slots: [{ job: { ...job, runCount: 3 }, due }] }, ["disagrees"]],
  ["finds an execution that no due time asked for", {
    slots: [{ job: { ...job, runCount: 3 }, due }],
    executions: [first, second, run("2026-03-02T00:00:30.000Z")],
  }, ["doubled", "doubled"]],
  ["finds a second outcome that was accepted", {
    accepted: [...sound.accepted, { execution: first.id, status: "failed", endTime: "00:03" }],
  }, ["doubled"]],
  ["finds two attempts at a time", { concurrent: [first.id] }, ["doubled"]],
  ["finds a child that is left over", { processes: ["4711 (/bin/sh attempt.sh)"] }, ["left-over"]],
  ["finds a file that is left over", { files: ["state/work/job-1"] }, ["left-over"]],
  ["finds a record that cannot be read", { unreadable: ["execution/job-1"] }, ["unreadable"]],
  ["finds an index that points to nothing", { disagreements: ["removed the index entry job_by_due/1"] }, ["disagrees"]],
  ["finds a job that is still running after its last run", {
    slots: [{ job: { ...job, status: "running" }, due }],
  }, ["disagrees"]],
];

for (const [name, evidence, expect] of behaviour) {
  Deno.test(`judge() ${name}`, () => {
    deepStrictEqual(judge({ ...sound, ...evidence }).map(({ kind }) => kind), expect);
  });
}
