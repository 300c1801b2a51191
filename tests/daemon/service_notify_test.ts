import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { ServiceNotify } from "../../src/daemon/service_notify.ts";
import { recordingLog } from "./fake_log.ts";
import { temporaryState } from "./temporary_state.ts";

const linux = { ignore: Deno.build.os !== "linux" };

/** A socket such as systemd's, and what comes there. */
class Manager implements Disposable {
  readonly #socket: Deno.DatagramConn;

  constructor(readonly path: string) {
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  async next(): Promise<string[]> {
    const [bytes] = await this.#socket.receive();
    return new TextDecoder().decode(bytes).trim().split("\n");
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }
}

Deno.test({ ...linux, name: "ServiceNotify tells systemd of its start, its turning and its end" }, async () => {
  await using state = await temporaryState();
  using manager = new Manager(join(state.root, "systemd.sock"));
  const { log, lines } = recordingLog();
  const env = { NOTIFY_SOCKET: manager.path, WATCHDOG_USEC: "40000", WATCHDOG_PID: String(Deno.pid) };
  using notify = ServiceNotify.open({ env, folder: state.root, log })!;
  await notify.ready("0 running");
  deepStrictEqual(await manager.next(), ["READY=1", "STATUS=0 running"]);

  let looks = 0;
  // Every other look finds it hanging: nothing may be said then.
  notify.watch(env, () => ++looks % 2 === 0 ? undefined : `look ${looks}`);
  deepStrictEqual(await manager.next(), ["WATCHDOG=1", "STATUS=look 1"]);
  deepStrictEqual(await manager.next(), ["WATCHDOG=1", "STATUS=look 3"]);

  await notify.stopping();
  let last = await manager.next();
  while (last[0] === "WATCHDOG=1") last = await manager.next();
  strictEqual(last[0], "STOPPING=1");
  deepStrictEqual(lines, []);
});

const unasked: [name: string, env: Record<string, string>][] = [
  ["where nobody listens", {}],
  ["where the variable is empty", { NOTIFY_SOCKET: "" }],
];
for (const [name, env] of unasked) {
  Deno.test(`ServiceNotify.open() is undefined ${name}`, async () => {
    await using state = await temporaryState();
    strictEqual(ServiceNotify.open({ env, folder: state.root, log: recordingLog().log }), undefined);
  });
}

Deno.test(
  { ...linux, name: "ServiceNotify watches for nobody else, and goes on when the manager is gone" },
  async () => {
    await using state = await temporaryState();
    const { log, lines } = recordingLog();
    const env = { NOTIFY_SOCKET: join(state.root, "gone.sock"), WATCHDOG_USEC: "20000", WATCHDOG_PID: "1" };
    using notify = ServiceNotify.open({ env, folder: state.root, log })!;
    let looks = 0;
    notify.watch(env, () => String(++looks));
    await notify.ready("x");
    await new Promise((resolve) => setTimeout(resolve, 60));
    deepStrictEqual([looks, lines.map(({ level }) => level)], [0, ["warn"]]);
  },
);

Deno.test(
  { ...linux, name: "ServiceNotify takes over the socket of a daemon that was killed, and leaves none" },
  async () => {
    await using state = await temporaryState();
    const left = join(state.root, "notify.sock");
    Deno.listenDatagram({ transport: "unixpacket", path: left }).close(); // closing does not remove the file
    ok(await Deno.lstat(left));
    using manager = new Manager(join(state.root, "systemd.sock"));
    {
      using notify = ServiceNotify.open({
        env: { NOTIFY_SOCKET: manager.path },
        folder: state.root,
        log: recordingLog().log,
      })!;
      await notify.ready("again");
      strictEqual((await manager.next())[0], "READY=1");
    }
    strictEqual(await Deno.lstat(left).catch(() => undefined), undefined);
  },
);
