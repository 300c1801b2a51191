// A second daemon, in a process of its own: fires every due job of the store and claims what it created.
// Arguments: the store's path, the time. Waits for a line on standard input, answers with one line of JSON.
import { applyPlan, newExecution } from "../../src/schedule/apply_firing.ts";
import { planDue } from "../../src/schedule/firing.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";

const [path, time] = Deno.args;
const now = new Date(time!);
const store = await openJobStore({ path: path! });
const jobs = await store.dueJobs(now);
console.log("ready");
await Deno.stdin.read(new Uint8Array(16));
const answers = { created: 0, exists: 0, gone: 0, stale: 0, claimed: 0 };
for (const job of jobs) {
  const plan = planDue(job, now, [])!;
  const execution = newExecution(job, plan.dueAt, "schedule");
  answers[await store.fire(job.id, execution, (current) => applyPlan(current, plan))]++;
  if (await store.claimLease(execution.id, `daemon-${Deno.pid}`, now, 60_000) !== undefined) answers.claimed++;
}
store.close();
console.log(JSON.stringify(answers));
