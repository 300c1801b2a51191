import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { newExecution } from "../../src/schedule/apply_firing.ts";
import { KvJobStore } from "../../src/store/kv_job_store.ts";
import { KvSession } from "../../src/store/kv_session.ts";
import { sampleJob } from "../daemon/sample_job.ts";
import { temporaryState } from "../daemon/temporary_state.ts";
import { countingKv } from "./counting_kv.ts";

Deno.test("activeExecutions() reads the records that were written since it last did, and no others", async () => {
  await using state = await temporaryState();
  const { kv, asked } = countingKv(await Deno.openKv(state.store));
  const store = new KvJobStore(new KvSession(kv, state.store));
  try {
    const job = sampleJob();
    await store.createJob(job);
    const executions = Array.from(
      { length: 90 },
      (_, i) => newExecution(job, new Date(Date.UTC(2026, 2, 2, 0, i)), "manual"),
    );
    for (const execution of executions) await store.fire(job.id, execution, (it) => it);
    const look = async () => {
      const before = asked.readKeys;
      const found = await store.activeExecutions();
      return { found: found.length, read: asked.readKeys - before };
    };
    deepStrictEqual(await look(), { found: 90, read: 90 });
    deepStrictEqual(await look(), { found: 90, read: 0 });
    await store.updateExecution(executions[3]!.id, (it) => ({ ...it, error: "changed" }));
    await store.updateExecution(executions[4]!.id, (it) => ({ ...it, status: "running" }));
    await store.updateExecution(executions[5]!.id, (it) => ({ ...it, status: "completed" }));
    deepStrictEqual(await look(), { found: 89, read: 2 });
    strictEqual((await store.activeExecutions()).find(({ id }) => id === executions[3]!.id)?.error, "changed");
  } finally {
    store.close();
  }
});
