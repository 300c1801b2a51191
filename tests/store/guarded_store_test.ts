import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import type { Account } from "../../src/core/account.ts";
import { EXIT } from "../../src/core/exit_codes.ts";
import { AccessDeniedError, type AccessRules, decideAccess, TooManyJobsError } from "../../src/schedule/access.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { AuditEvent } from "../../src/schedule/audit.ts";
import { guardStore } from "../../src/store/guarded_store.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { openEmbeddedStore } from "./embedded_store.ts";

const ann: Account = { uid: 1001, name: "ann", groups: ["users"] };
const now = new Date("2026-03-02T00:00:00Z");
const mine = sampleJob({ id: "job-mine", name: "mine", createdBy: "ann" });
const theirs = sampleJob({ id: "job-theirs", name: "theirs", createdBy: "bob" });
const ofMine = newExecution(mine, now, "manual");
const ofTheirs = newExecution(theirs, now, "manual");
const own: Partial<AccessRules> = { requireAuth: true };
const unlisted: Partial<AccessRules> = { allowedUsers: ["bob"] };

async function withGuard(
  rules: Partial<AccessRules>,
  body: (store: JobStore, events: AuditEvent[], bare: JobStore) => Promise<void>,
  maxJobsPerUser?: number,
): Promise<void> {
  const { store, dispose } = await openEmbeddedStore();
  try {
    for (const [job, execution] of [[mine, ofMine], [theirs, ofTheirs]] as const) {
      ok(await store.createJob(job));
      await store.fire(job.id, execution, (it) => it);
    }
    const events: AuditEvent[] = [];
    const access = decideAccess({ requireAuth: false, allowedUsers: [], allowedGroups: [], ...rules }, ann);
    const audit = (event: AuditEvent) => Promise.resolve(void events.push(event));
    await body(guardStore(store, { account: ann, access, maxJobsPerUser, hint: "ask", audit }), events, store);
  } finally {
    await dispose();
  }
}

const change = (id: string) => (store: JobStore) => store.updateJob(id, (job) => ({ ...job, description: "new" }));
const run = (id: string) => (store: JobStore) =>
  store.fire(id, newExecution(id === mine.id ? mine : theirs, new Date("2026-03-03T00:00:00Z"), "manual"), applyRun);
const make = (createdBy: string) => (store: JobStore) =>
  store.createJob(sampleJob({ id: "job-new", name: "new", createdBy }));

const behaviour: [
  name: string,
  rules: Partial<AccessRules>,
  act: (store: JobStore) => Promise<unknown>,
  refused?: RegExp,
][] = [
  ["lets everybody change everything without rules", {}, change(theirs.id)],
  ["refuses an account that is not listed to make a job", unlisted, make("ann"), /^createJob: allowedUsers$/],
  ["… to change one", unlisted, change(mine.id), /^updateJob: allowedUsers$/],
  ["… to delete one", unlisted, (store) => store.deleteJob(mine.id), /^deleteJob: allowedUsers$/],
  ["… to run one", unlisted, run(mine.id), /^fire: allowedUsers$/],
  [
    "… to delete an execution",
    unlisted,
    (store) => store.deleteExecution(ofMine.id),
    /^deleteExecution: allowedUsers$/,
  ],
  ["… to change an execution", unlisted, (store) => store.updateExecution(ofMine.id, (it) => it), /^updateExecution:/],
  ["… to repair", unlisted, (store) => store.repair(), /^repair: allowedUsers$/],
  ["… even what is not there", unlisted, (store) => store.deleteJob("job-none"), /^deleteJob: allowedUsers$/],
  ["lets it read", unlisted, (store) => store.listJobs()],
  ["lets each change its own job", own, change(mine.id)],
  ["lets each make a job", own, make("ann")],
  ["lets nobody make a job in another's name", own, make("bob"), /^createJob: requireAuth$/],
  ["refuses to change another's job", own, change(theirs.id), /^updateJob: requireAuth$/],
  ["refuses to delete another's job", own, (store) => store.deleteJob(theirs.id), /^deleteJob: requireAuth$/],
  ["refuses to run another's job", own, run(theirs.id), /^fire: requireAuth$/],
  ["lets each run its own", own, run(mine.id)],
  ["refuses to delete another's execution", own, (store) => store.deleteExecution(ofTheirs.id), /^deleteExecution:/],
  ["lets each delete its own executions", own, (store) => store.deleteExecution(ofMine.id)],
  ["lets each see that nothing is there", own, (store) => store.deleteJob("job-none")],
  ["lets members of allowedGroups change all", { ...own, allowedGroups: ["users"] }, change(theirs.id)],
];
for (const [name, rules, act, refused] of behaviour) {
  Deno.test(`guardStore() ${name}`, () =>
    withGuard(rules, async (store, events, bare) => {
      const everything = async () =>
        JSON.stringify([await bare.revision(), await bare.listJobs(), await bare.listExecutions()]);
      const before = await everything();
      if (refused === undefined) {
        await act(store);
        deepStrictEqual(events, []);
        return;
      }
      await rejects(act(store), (error) => {
        ok(error instanceof AccessDeniedError);
        match(error.message, /^Cannot .* as ann: .*Nothing was changed$/);
        deepStrictEqual([error.exitCode, error.code, error.hint], [EXIT.refused, "ACCESS_DENIED", "ask"]);
        return true;
      });
      strictEqual(await everything(), before);
      deepStrictEqual(events.map(({ action }) => action), ["refused"]);
      match(events[0]!.detail!, refused);
    }));
}

Deno.test("guardStore() lets who deleted a job purge what is left of it, and nobody else", () =>
  withGuard(own, async (store, _events, bare) => {
    ok(await store.deleteJob(mine.id));
    ok(await store.deleteExecution(ofMine.id));
    ok(await bare.deleteJob(theirs.id));
    await rejects(store.deleteExecution(ofTheirs.id), AccessDeniedError);
  }));

Deno.test("guardStore() keeps a job's creator, whatever a change says", () =>
  withGuard({}, async (store) => {
    const changed = await store.updateJob(theirs.id, (job) => ({ ...job, createdBy: "ann" }));
    ok(changed);
    strictEqual(changed.createdBy, "bob");
  }));

Deno.test("guardStore() refuses one job more than maxJobsPerUser, and takes it down", () =>
  withGuard({}, async (store, events) => {
    ok(await store.createJob(sampleJob({ name: "second", createdBy: "ann" })));
    await rejects(
      store.createJob(sampleJob({ id: "job-3", name: "third", createdBy: "ann" })),
      (error) =>
        error instanceof TooManyJobsError && error.exitCode === EXIT.refused && /ann has 2/.test(error.message),
    );
    deepStrictEqual(events, [{ action: "refused", job: "third", jobId: "job-3", detail: "createJob: maxJobsPerUser" }]);
    strictEqual(await store.createJob(sampleJob({ name: "mine", createdBy: "cid" })), false, "a name that is taken");
    ok(await store.createJob(sampleJob({ name: "another's", createdBy: "bob" })));
    ok(await store.deleteJob(mine.id));
    ok(await store.createJob(sampleJob({ name: "third", createdBy: "ann" })), "there is room again");
  }, 2));
