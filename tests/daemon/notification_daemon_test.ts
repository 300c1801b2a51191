import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { nudgeDaemon } from "../../src/daemon/control_client.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { Job } from "../../src/schedule/job.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { killLiving, livingProcesses } from "../crash/living_processes.ts";
import { startWebhookServer } from "../notify/webhook_server.ts";
import { sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/daemon/run_daemon.ts", import.meta.url));

interface Stage {
  store: KvJobStore;
  /** What the server answers; undefined: nothing, ever. */
  answer: { status: number | undefined };
  received: { id: string; summary: string; earlier: number }[];
  start(): Deno.ChildProcess;
  kill(daemon: Deno.ChildProcess): Promise<void>;
  /** Runs a job of its own that behaves so. @returns the execution's id */
  run(mode: string, fields?: Partial<Job>): Promise<string>;
  others(daemon: Deno.ChildProcess): Promise<string[]>;
}

/** Daemons in processes of their own, one at a time, with the global notifier `ops`. */
async function daemonStage(body: (stage: Stage) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const state = stack.use(await temporaryState());
  const answer: Stage["answer"] = { status: 200 };
  const received: Stage["received"] = [];
  const server = startWebhookServer(() => {
    const { headers, body } = server.received.at(-1)!;
    const { summary, earlier = [] } = JSON.parse(body);
    received.push({ id: headers.get("x-support-bundle-delivery")!, summary, earlier: earlier.length });
    return answer.status === undefined ? new Promise(() => {}) : new Response(null, { status: answer.status });
  });
  stack.defer(() => server.stop());
  const notifier = `{ kind: webhook, url: "${server.url}/x", on: always, global: true }`;
  await Deno.writeTextFile(state.configFile, `metricsPort: 0\nhealthCheckPort: 0\nnotifiers:\n  ops: ${notifier}\n`);
  const store = stack.adopt(await openJobStore({ path: state.store }), (it) => it.close());
  const mark = crypto.randomUUID();
  stack.defer(() => killLiving(mark));
  const daemons: Deno.ChildProcess[] = [];
  stack.defer(async () => void await Promise.all(daemons.map((daemon) => daemon.status)));
  stack.defer(() => killLiving(mark));
  let jobs = 0;
  await body({
    store,
    answer,
    received,
    start() {
      const daemon = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--unstable-kv", PROGRAM],
        env: { TROUBLESHOOT_SCHEDULER_DIR: state.root, CRASH_MARK: mark },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      daemons.push(daemon);
      return daemon;
    },
    async kill(daemon) {
      daemon.kill("SIGKILL");
      await daemon.status;
    },
    async run(mode, fields = {}) {
      const name = `n${jobs++}`;
      const nextRun = new Date(Date.now() + 3_600_000).toISOString();
      const job = sampleJob({ id: `job-${name}`, name, specFiles: [`fake:${mode}`], nextRun, ...fields });
      await store.createJob(job);
      const execution = newExecution(job, new Date(), "manual");
      await store.fire(job.id, execution, applyRun);
      await nudgeDaemon(state);
      return execution.id;
    },
    others: async (daemon) =>
      (await livingProcesses(mark)).filter(({ pid }) => pid !== daemon.pid).map(({ command }) => command),
  });
}

const test = (name: string, body: (stage: Stage) => Promise<void>) =>
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn: () => daemonStage(body) });

test("a daemon that is killed while it tells does so again, as it was, when it is back", async (stage) => {
  const { start, kill, run, store, answer, received, others } = stage;
  answer.status = undefined;
  const first = start();
  const id = await run("ok");
  await until("the message", () => received.length === 1);
  strictEqual((await store.getExecution(id))!.status, "completed", "the run is over, whatever the notifier does");
  await kill(first);
  await until("the process that tells to end", async () => (await others(first)).length === 0);
  answer.status = 200;
  start();
  const told = await until("the note", async () => {
    const { notifications } = (await store.getExecution(id))!;
    return notifications.length > 0 && notifications;
  });
  deepStrictEqual(told.map(({ to, status }) => [to, status]), [["ops", "sent"]]);
  deepStrictEqual(received.map(({ summary }) => summary), Array(2).fill("n0: completed, 1 failure, 1 of them new"));
  strictEqual(received[0]!.id, received[1]!.id, "the receiver can tell that it has had it");
  deepStrictEqual(await store.pendingNotices(), []);
});

test("a notifier that hangs delays no run, and what failed for good is told with its job as it is then", async (stage) => {
  const { start, run, store, answer, received } = stage;
  answer.status = undefined;
  start();
  await run("ok");
  await until("the message that hangs", () => received.length === 1);
  const ids = [await run("ok"), await run("permanent", { pauseAfterFailures: 1 })];
  for (const id of ids) {
    await until(`the end of ${id}`, async () => (await store.getExecution(id))?.endTime ?? undefined);
  }
  const started = await Promise.all(ids.map(async (id) => (await store.getExecution(id))!));
  for (const { startTime, scheduledAt } of started) {
    ok(Date.parse(startTime!) - Date.parse(scheduledAt) < 5_000, `${scheduledAt} began at ${startTime}`);
  }
  strictEqual(received.length, 1);
  const waiting = (await store.pendingNotices()).map(({ id }) => id);
  const notices = await store.getNotices("named:ops", waiting);
  deepStrictEqual(notices.map(({ message }) => message.summary).sort(), [
    "n0: completed, 1 failure, 1 of them new",
    "n1: completed, 1 failure, 1 of them new",
    "n2: failed, 1 failure, 1 of them new, the job is paused now",
  ]);
});
