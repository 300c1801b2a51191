import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { EXIT } from "../../src/core/exit_codes.ts";
import {
  acquirePidFile,
  type DaemonRecord,
  DaemonRunningError,
  readDaemonRecord,
  runningDaemon,
} from "../../src/daemon/pid_file.ts";
import { processStart } from "../../src/daemon/process_identity.ts";
import { temporaryState } from "./temporary_state.ts";

const self = { pid: Deno.pid, startTime: "2026-03-02T00:00:00.000Z", host: Deno.hostname(), version: "1.2.3" };

/** What others left behind: none of it is a running daemon. */
const leftovers: [name: string, content: (own: string) => Promise<string> | string][] = [
  [
    "a record of a process that is gone",
    (own) => JSON.stringify({ ...self, pid: 2 ** 22 + 7, startedAt: own, ports: {} }),
  ],
  ["a record whose pid is another process's now", () => JSON.stringify({ ...self, startedAt: "boot:1", ports: {} })],
  ["a record of another machine", (own) => JSON.stringify({ ...self, host: "elsewhere", startedAt: own, ports: {} })],
  ["half a record", () => '{"pid": 12'],
  ["an empty file", () => ""],
  [
    "a record of a daemon that could not tell when it started",
    () => JSON.stringify({ ...self, startedAt: "", ports: {} }),
  ],
];

for (const [name, content] of leftovers) {
  Deno.test(`acquirePidFile() takes the place of ${name}`, async () => {
    await using state = await temporaryState();
    const own = (await processStart(Deno.pid))!;
    await Deno.writeTextFile(state.pidFile, await content(own));
    strictEqual(await runningDaemon(state), undefined);
    const file = await acquirePidFile(state, self);
    deepStrictEqual(await readDaemonRecord(state), { ...self, startedAt: own, ports: {} });
    await file.release();
  });
}

Deno.test("acquirePidFile() refuses a second daemon, names the first and says how to end it", async () => {
  await using state = await temporaryState();
  const file = await acquirePidFile(state, self);
  await rejects(acquirePidFile(state, self), (error) => {
    ok(error instanceof DaemonRunningError);
    strictEqual(error.code, "DAEMON_RUNNING");
    strictEqual(error.exitCode, EXIT.daemon);
    match(error.message, new RegExp(`pid ${Deno.pid}`));
    match(error.hint ?? "", /schedule daemon stop.*kill/);
    return true;
  });
  await file.release();
  await file.release(); // twice is harmless
  await (await acquirePidFile(state, self)).release();
});

Deno.test("acquirePidFile() lets one of several win that start at once", async () => {
  await using state = await temporaryState();
  const tries = await Promise.allSettled([1, 2, 3, 4, 5].map(() => acquirePidFile(state, self)));
  const won = tries.filter((it) => it.status === "fulfilled");
  strictEqual(won.length, 1);
  for (const it of tries) if (it.status === "rejected") ok(it.reason instanceof DaemonRunningError, String(it.reason));
  await won[0]!.value.release();
  // The losers' locks are had, and given free, only now.
  await (await acquirePidFile(state, self)).release();
});

Deno.test("acquirePidFile() refuses when the lock is held by one that has not said yet who it is", async () => {
  await using state = await temporaryState();
  const holder = await Deno.open(`${state.root}/daemon.lock`, { create: true, write: true });
  await holder.lock(true);
  await rejects(acquirePidFile(state, self, { waitMs: 100 }), /starting or stopping right now/);
  holder.close();
  await (await acquirePidFile(state, self)).release();
});

Deno.test("PidFile.update() adds what is known later", async () => {
  await using state = await temporaryState();
  const file = await acquirePidFile(state, self);
  await file.update({ ports: { metrics: 9090 }, control: { transport: "unix", path: "/x.sock" } });
  const record = await readDaemonRecord(state) as DaemonRecord;
  deepStrictEqual(record.ports, { metrics: 9090 });
  deepStrictEqual(record.control, { transport: "unix", path: "/x.sock" });
  strictEqual((await Deno.stat(state.pidFile)).mode! & 0o777, 0o600);
  await file.release();
  strictEqual(await readDaemonRecord(state), undefined);
});
