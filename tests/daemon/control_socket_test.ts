import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { daemonStatus, nudgeDaemon, reloadDaemon, stopDaemon } from "../../src/daemon/control_client.ts";
import { controlSocketPath, type DaemonStatus } from "../../src/daemon/control_protocol.ts";
import { type ControlHandlers, ControlSocket } from "../../src/daemon/control_socket.ts";
import { acquirePidFile, type ControlAddress } from "../../src/daemon/pid_file.ts";
import { processStart } from "../../src/daemon/process_identity.ts";
import { type StateFolder, stateFolder } from "../../src/schedule/state_folder.ts";
import { recordingLog } from "./fake_log.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const status = { running: true, pid: Deno.pid, jobsTotal: 3 } as DaemonStatus;

function handlers(calls: string[]): ControlHandlers {
  return {
    nudge: () => void calls.push("nudge"),
    status: () => Promise.resolve(status),
    stop: () => void calls.push("stop"),
    reload: () => Promise.resolve("read again"),
  };
}

/** A state folder with a control socket, and the record that leads to it. */
async function withControl(
  body: (state: StateFolder, calls: string[], socket: ControlSocket) => Promise<void>,
  options: {
    transport?: "unix" | "tcp";
    handlers?: Partial<ControlHandlers>;
    change?: (a: ControlAddress) => ControlAddress;
  } = {},
): Promise<void> {
  await using state = await temporaryState();
  const calls: string[] = [];
  const socket = await ControlSocket.open(
    state,
    { ...handlers(calls), ...options.handlers },
    recordingLog().log,
    options,
  );
  const self = { pid: Deno.pid, startTime: "2026-03-02T00:00:00Z", host: Deno.hostname(), version: "1" };
  const file = await acquirePidFile(state, self);
  await file.update({ control: options.change?.(socket.address) ?? socket.address });
  try {
    await body(state, calls, socket);
  } finally {
    await socket.stop();
    await socket.stop(); // twice is harmless
    await file.release();
  }
}

for (const transport of ["unix", "tcp"] as const) {
  Deno.test(`control socket (${transport}) takes every command`, () =>
    withControl(async (state, calls) => {
      strictEqual(await nudgeDaemon(state), true);
      deepStrictEqual(await daemonStatus(state), status);
      strictEqual(await reloadDaemon(state), "read again");
      deepStrictEqual(calls, ["nudge"]);
    }, { transport }));
}

Deno.test("control socket (tcp) refuses whoever does not know the token", () =>
  withControl(async (state, calls) => {
    strictEqual(await nudgeDaemon(state), false);
    strictEqual(await daemonStatus(state), undefined);
    deepStrictEqual(calls, []);
  }, { transport: "tcp", change: (address) => ({ ...address, token: "guess" } as ControlAddress) }));

Deno.test({
  name: "control socket (unix) can be opened by its user alone",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withControl(async (state) => {
      strictEqual((await Deno.stat(state.controlSocket)).mode! & 0o777, 0o600);
      strictEqual((await Deno.stat(state.root)).mode! & 0o777, 0o700);
    }),
});

const unusable: [name: string, line: string, error: RegExp][] = [
  ["what is not JSON", "hello", /not JSON/],
  ["an unknown operation", '{"op":"explode"}', /unknown operation "explode"/],
  ["JSON that is no object", "null", /unknown operation/],
  ["a line without an end", `{"op":"${"x".repeat(10_000)}`, /not JSON/],
];
for (const [name, line, error] of unusable) {
  Deno.test(`control socket answers ${name} with an error`, () =>
    withControl(async (state) => {
      const connection = await Deno.connect({ transport: "unix", path: state.controlSocket });
      await connection.write(new TextEncoder().encode(line + "\n"));
      const buffer = new Uint8Array(4096);
      const answer = JSON.parse(new TextDecoder().decode(buffer.subarray(0, (await connection.read(buffer))!)));
      connection.close();
      strictEqual(answer.ok, false);
      match(answer.error, error);
    }));
}

Deno.test("reloadDaemon() passes on why settings cannot be used", () =>
  withControl(
    (state) => rejects(reloadDaemon(state), /unknown setting `logLevl`/),
    { handlers: { reload: () => Promise.reject(new Error("unknown setting `logLevl`")) } },
  ));

Deno.test("control client answers at once when no daemon ever ran", async () => {
  await using state = await temporaryState();
  strictEqual(await nudgeDaemon(state), false);
  strictEqual(await daemonStatus(state), undefined);
  strictEqual(await stopDaemon(state, { timeoutMs: 1_000 }), undefined);
  await rejects(reloadDaemon(state), { code: "DAEMON_NOT_RUNNING" });
});

Deno.test("control client is not deceived by what a killed daemon left behind", async () => {
  await using state = await temporaryState();
  const listener = Deno.listen({ transport: "unix", path: state.controlSocket });
  listener.close(); // the file stays, as after SIGKILL
  await Deno.writeTextFile(
    state.pidFile,
    JSON.stringify({
      pid: 2 ** 22 + 7,
      startedAt: "boot:1",
      host: Deno.hostname(),
      ports: {},
      control: { transport: "unix", path: state.controlSocket },
    }),
  );
  strictEqual(await daemonStatus(state), undefined);
  strictEqual(await stopDaemon(state, { timeoutMs: 1_000 }), undefined);
  const socket = await ControlSocket.open(state, handlers([]), recordingLog().log);
  strictEqual((await daemonStatus(state))?.pid, Deno.pid);
  await socket.stop();
});

Deno.test("nudgeDaemon() does not wait for a daemon that hangs", async () => {
  await using state = await temporaryState();
  const listener = Deno.listen({ transport: "unix", path: state.controlSocket });
  const accepted = listener.accept();
  const control = { transport: "unix", path: state.controlSocket };
  await Deno.writeTextFile(state.pidFile, JSON.stringify({ pid: Deno.pid, startedAt: "x", control }));
  strictEqual(await nudgeDaemon(state), false); // a second later
  (await accepted).close();
  listener.close();
});

Deno.test({
  name: "stopDaemon() stops a daemon that does not listen by a signal, and waits for its end",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using state = await temporaryState();
    const child = new Deno.Command("/bin/sh", { args: ["-c", "exec sleep 300"], stdin: "null" }).spawn();
    const record = { pid: child.pid, startedAt: await processStart(child.pid), host: Deno.hostname(), ports: {} };
    await Deno.writeTextFile(state.pidFile, JSON.stringify(record));
    strictEqual(await stopDaemon(state, { timeoutMs: 30_000 }), child.pid);
    strictEqual((await child.status).signal, "SIGTERM");
  },
});

Deno.test({
  name: "stopDaemon() says when it still runs, and how to end it",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using state = await temporaryState();
    const ready = join(state.root, "ready");
    const script = `trap '' TERM; touch ${ready}; while :; do sleep 0.1; done`;
    const child = new Deno.Command("/bin/sh", { args: ["-c", script], stdin: "null" }).spawn();
    await until("the trap", () => Deno.stat(ready).then(() => true, () => false));
    const record = { pid: child.pid, startedAt: await processStart(child.pid), host: Deno.hostname(), ports: {} };
    await Deno.writeTextFile(state.pidFile, JSON.stringify(record));
    await rejects(stopDaemon(state, { timeoutMs: 200 }), (error: Error & { code?: string; hint?: string }) => {
      strictEqual(error.code, "DAEMON_STOP");
      match(error.hint ?? "", new RegExp(`kill -9 ${child.pid}`));
      return true;
    });
    child.kill("SIGKILL");
    await child.status;
  },
});

Deno.test({
  name: "ControlSocket.open() takes a state folder that a link of this user leads to, as mounts are often reached",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using state = await temporaryState();
    const link = join(state.root, "..", "link");
    await Deno.symlink(state.root, link);
    const linked = stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: link });
    const socket = await ControlSocket.open(linked, handlers([]), recordingLog().log, { transport: "unix" });
    await socket.stop();
  },
});

Deno.test({
  name: "controlSocketPath() moves a path that is too long for a socket to a folder of this user alone",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using state = await temporaryState();
    const deep = join(state.root, "d".repeat(120));
    const long = { ...state, root: deep, controlSocket: join(deep, "daemon.sock") };
    const path = await controlSocketPath(long, state.root);
    ok(path.length < 104 && path.startsWith(state.root), path);
    strictEqual(await controlSocketPath(state), state.controlSocket);
    const socket = await ControlSocket.open(long, handlers([]), recordingLog().log, { temporary: state.root });
    deepStrictEqual(socket.address, { transport: "unix", path });
    strictEqual((await Deno.stat(join(path, ".."))).mode! & 0o777, 0o700);
    await socket.stop();
  },
});
