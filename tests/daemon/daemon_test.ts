import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/core/exit_codes.ts";
import { daemonStatus, nudgeDaemon, reloadDaemon, stopDaemon } from "../../src/daemon/control_client.ts";
import { readDaemonRecord, runningDaemon } from "../../src/daemon/pid_file.ts";
import { groupMembers } from "../../src/daemon/process_identity.ts";
import { startDetached } from "../../src/daemon/start_detached.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionStatus } from "../../src/schedule/execution.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { pidFrom, until } from "./until.ts";

// Real daemons in processes of their own, on real time. Started the way `schedule daemon start` does it.
const PROGRAM = fileURLToPath(new URL("../fixtures/daemon/run_daemon.ts", import.meta.url));
const command = { command: Deno.execPath(), args: ["run", "-A", "--quiet", "--unstable-kv", PROGRAM] };
// A background process must not be one that this test waits for.
const detached = { sanitizeResources: false, sanitizeOps: false, ignore: Deno.build.os === "windows" };

interface Stage {
  state: StateFolder;
  store: KvJobStore;
  start(...flags: string[]): ReturnType<typeof startDetached>;
  stop(): Promise<number | undefined>;
  log(): Promise<Record<string, unknown>[]>;
  becomes(id: string, ...statuses: ExecutionStatus[]): Promise<Execution>;
}

async function stage(body: (stage: Stage) => Promise<void>): Promise<void> {
  await using state = await temporaryState();
  await Deno.writeTextFile(state.configFile, "metricsPort: 0\nhealthCheckPort: 0\n");
  const store = await openJobStore({ path: state.store });
  const logFile = join(state.logs, "daemon.log");
  const stop = () => stopDaemon(state, { timeoutMs: 60_000 });
  try {
    await body({
      state,
      store,
      stop,
      start: (...flags) =>
        startDetached(state, { command, flags: ["--log-file", logFile, ...flags], timeoutMs: 60_000 }),
      log: async () => (await Deno.readTextFile(logFile)).trimEnd().split("\n").map((line) => JSON.parse(line)),
      becomes: (id, ...statuses) =>
        until(`${id} to be ${statuses.join(" or ")}`, async () => {
          const found = await store.getExecution(id);
          return found !== undefined && statuses.includes(found.status) && found;
        }),
    });
  } finally {
    await stop();
    store.close();
  }
}

/** A job that runs once, now, by hand. @returns the execution's id */
async function run(store: KvJobStore, state: StateFolder, mode: string, name = mode): Promise<string> {
  const job = sampleJob({ id: `job-${name}`, name, specFiles: [`fake:${mode}`], schedules: ["@yearly"] });
  await store.createJob(job);
  const execution = newExecution(job, new Date(), "manual");
  await store.fire(job.id, execution, applyRun);
  await nudgeDaemon(state);
  return execution.id;
}

Deno.test({
  name: "daemon starts in the background, runs what is due within a second of its time, and stops",
  ...detached,
  fn: () =>
    stage(async ({ state, store, start, stop, becomes, log }) => {
      const status = await start();
      strictEqual(status.running, true);
      deepStrictEqual([status.jobsTotal, status.jobsActive, status.executions], [0, 0, []]);
      ok(status.ports.metrics! > 0 && status.ports.health! > 0);
      strictEqual((await runningDaemon(state))?.pid, status.pid);

      const due = new Date(Date.now() + 1_500);
      const job = sampleJob({ schedules: ["@yearly"], nextRun: due.toISOString() });
      await store.createJob(job);
      await store.createJob(sampleJob({ id: "off", name: "off", enabled: false }));
      await nudgeDaemon(state);
      const id = newExecution(job, due, "schedule").id;
      const execution = await becomes(id, "completed");
      const lateMs = Date.parse(execution.startTime!) - due.getTime();
      ok(lateMs >= 0 && lateMs < 1_000, `${lateMs} ms late`);

      // Counted once it is recorded.
      const metrics = await until("the execution in the metrics", async () => {
        const text = await (await fetch(`http://127.0.0.1:${status.ports.metrics}/metrics`)).text();
        return /^troubleshoot_scheduler_executions_total\{status="completed"\} 1$/m.test(text) && text;
      });
      match(metrics, /^troubleshoot_scheduler_jobs_active 1$/m);
      const ready = await fetch(`http://127.0.0.1:${status.ports.health}/readyz`);
      deepStrictEqual([ready.status, await ready.text()], [200, "store: ok\nscheduler: ok\ndaemon: ok\n"]);
      const page = await (await fetch(`http://127.0.0.1:${status.ports.health}/`)).text();
      match(page, /<h1 class="good">[^]*All is well[^]*<tr role="row" id="run-job-0000000001-/);
      const later = (await daemonStatus(state))!;
      deepStrictEqual([later.jobsTotal, later.jobsActive], [2, 1]);

      strictEqual(await stop(), status.pid);
      strictEqual(await readDaemonRecord(state), undefined);
      strictEqual(await daemonStatus(state), undefined);
      strictEqual(await Deno.stat(state.controlSocket).catch(() => undefined), undefined);
      const lines = await log();
      ok(lines.every((line) => line.level && line.component && line.message));
      deepStrictEqual(lines.filter((line) => line.level === "error"), []);
      ok(lines.some((line) => line.component === "scheduler" && line.job === "nightly" && line.execution === id));
    }),
});

Deno.test({
  name: "a second daemon is refused, in the background and in the foreground",
  ...detached,
  fn: () =>
    stage(async ({ state, start }) => {
      const { pid } = await start();
      await rejects(start(), { code: "DAEMON_RUNNING" });
      const { code, stderr } = await new Deno.Command(command.command, {
        args: command.args,
        env: { TROUBLESHOOT_SCHEDULER_DIR: state.root },
      }).output();
      strictEqual(code, EXIT.daemon);
      match(new TextDecoder().decode(stderr), new RegExp(`pid ${pid}`));
    }),
});

Deno.test({
  name: "startDetached() tells why a daemon ended at its start",
  ...detached,
  fn: () =>
    stage(async ({ state, start }) => {
      await Deno.writeTextFile(state.configFile, "logLevl: info\n");
      await rejects(start(), (error: Error & { code?: string }) => {
        strictEqual(error.code, "DAEMON_START");
        match(error.message, /config\.yaml:1: unknown setting `logLevl`/);
        return true;
      });
      strictEqual(await readDaemonRecord(state), undefined);
    }),
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    name: `daemon drains on ${signal}: what runs is interrupted, and tried again by the next one`,
    ...detached,
    fn: () =>
      stage(async ({ state, store, start, becomes, log }) => {
        const { pid } = await start();
        const id = await run(store, state, "until-told");
        const leader = await pidFrom(join(state.work, id, "leader"));
        Deno.kill(pid, signal);
        await until("its end", async () => await runningDaemon(state) === undefined);
        deepStrictEqual(await groupMembers(leader), []);
        const execution = (await store.getExecution(id))!;
        deepStrictEqual([execution.status, execution.errorCode, execution.retryCount], ["retrying", "INTERRUPTED", 1]);
        ok((await log()).some((line) => line.reason === signal));

        await Deno.mkdir(join(state.bundles, "until-told"), { recursive: true });
        await Deno.writeTextFile(join(state.bundles, "until-told", `${id}.tar.gz.go`), "");
        await start();
        strictEqual((await becomes(id, "completed")).retryCount, 1);
      }),
  });
}

Deno.test({
  name: "a daemon that is killed leaves a child; the next one ends it and runs the slot again, once",
  ...detached,
  fn: () =>
    stage(async ({ state, store, start, becomes }) => {
      const { pid } = await start();
      const id = await run(store, state, "stubborn");
      const leader = await pidFrom(join(state.work, id, "leader"));
      await pidFrom(join(state.work, id, "grandchild"));
      Deno.kill(pid, "SIGKILL");
      await until("its end", async () => await runningDaemon(state) === undefined);
      strictEqual((await groupMembers(leader)).length, 2, "the child outlives its daemon");
      const job = (await store.getJob("job-stubborn"))!;
      await store.updateJob(job.id, (it) => ({ ...it, specFiles: ["fake:ok"] }));

      await start(); // the first one's record, socket, lock and lease are all still there
      await until("the child's end", async () => (await groupMembers(leader)).length === 0);
      const execution = await becomes(id, "completed");
      strictEqual(execution.retryCount, 1);
      strictEqual((await store.listExecutions({ jobId: job.id })).length, 1);
      deepStrictEqual(await Array.fromAsync(Deno.readDir(state.work)), []);
      const messages = (await store.readLogs(id)).map((it) => it.message);
      ok(
        messages.some((message) => message.startsWith("interrupted: the daemon stopped while it ran")),
        String(messages),
      );
    }),
});

Deno.test({
  name: "daemon reads its settings again, on demand and on SIGHUP, and keeps the old ones of a bad file",
  ...detached,
  fn: () =>
    stage(async ({ state, start, log }) => {
      const { pid, maxConcurrent } = await start();
      strictEqual(maxConcurrent, 3);
      await Deno.writeTextFile(state.configFile, "metricsPort: 0\nhealthCheckPort: 0\nmaxConcurrentJobs: 5\n");
      match(await reloadDaemon(state), /read the settings again \(.*config\.yaml\)$/);
      strictEqual((await daemonStatus(state))!.maxConcurrent, 5);
      await Deno.writeTextFile(state.configFile, "maxConcurrentJob: 7\n");
      await rejects(reloadDaemon(state), /unknown setting `maxConcurrentJob`/);
      strictEqual((await daemonStatus(state))!.maxConcurrent, 5);
      await Deno.writeTextFile(state.configFile, "metricsPort: 9999\nhealthCheckPort: 0\nmaxConcurrentJobs: 2\n");
      Deno.kill(pid, "SIGHUP");
      await until("the new number", async () => (await daemonStatus(state))!.maxConcurrent === 2);
      const messages = (await log()).map((line) => line.message);
      ok(messages.includes("the settings cannot be used; the old ones stay in effect"));
      ok(messages.some((message) => /metricsPort will take effect after a restart/.test(String(message))));
    }),
});

Deno.test({
  name: "daemon refuses a port that was asked for and is in use",
  ...detached,
  fn: () =>
    stage(async ({ state, start }) => {
      const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = taken.addr as Deno.NetAddr;
      await Deno.writeTextFile(state.configFile, `metricsPort: ${port}\nhealthCheckPort: 0\n`);
      await rejects(start(), new RegExp(`Cannot listen on 127.0.0.1:${port}`));
      taken.close();
    }),
});
