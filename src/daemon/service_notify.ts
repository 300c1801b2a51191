import { join } from "node:path";
import { describeError } from "../core/errors.ts";
import type { DaemonLog } from "./daemon_log.ts";

export interface ServiceNotifyOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Where the socket can be that messages come from. */
  folder: string;
  log: DaemonLog;
}

/** Tells systemd how the daemon is, where that wants to know: with `Type=notify` and `WatchdogSec=` in the unit.
 * @see sd_notify(3), sd_watchdog_enabled(3) */
export class ServiceNotify implements Disposable {
  readonly #socket: Deno.DatagramConn;
  readonly #path: string;
  readonly #target: Deno.UnixAddr;
  readonly #log: DaemonLog;
  #watchdog?: ReturnType<typeof setInterval>;

  private constructor(socket: Deno.DatagramConn, path: string, target: string, log: DaemonLog) {
    this.#socket = socket;
    this.#path = path;
    this.#target = { transport: "unixpacket", path: target };
    this.#log = log;
  }

  /** @returns undefined where nobody wants to know. A socket that cannot be used is logged: the manager then says so itself */
  static open({ env, folder, log }: ServiceNotifyOptions): ServiceNotify | undefined {
    const target = env.NOTIFY_SOCKET;
    if (!target || Deno.build.os !== "linux") return undefined;
    const path = join(folder, "notify.sock");
    try {
      removeQuietly(path); // of a daemon that was killed
      // "@" is an address without a file.
      const address = target.startsWith("@") ? `\0${target.slice(1)}` : target;
      const socket = Deno.listenDatagram({ transport: "unixpacket", path });
      return new ServiceNotify(socket, path, address, log);
    } catch (error) {
      log.warn("cannot tell the service manager", { error: describeError(error) });
      return undefined;
    }
  }

  async ready(status: string): Promise<void> {
    await this.#send(`READY=1\nSTATUS=${status}\n`);
  }

  async stopping(): Promise<void> {
    this.#endWatchdog();
    await this.#send("STOPPING=1\nSTATUS=finishing what runs\n");
  }

  /** Reports twice in the time that the manager waits for, as long as all is well.
   * @param look tells how it is; undefined: nothing is reported, and the manager starts the daemon again in the end */
  watch(env: ServiceNotifyOptions["env"], look: () => string | undefined): void {
    const everyMs = watchdogMs(env);
    if (everyMs === undefined) return;
    this.#watchdog = setInterval(() => {
      const status = look();
      if (status !== undefined) this.#send(`WATCHDOG=1\nSTATUS=${status}\n`);
    }, everyMs / 2);
  }

  async #send(message: string): Promise<void> {
    try {
      await this.#socket.send(new TextEncoder().encode(message), this.#target);
    } catch (error) {
      this.#log.warn("cannot tell the service manager", { error: describeError(error) });
    }
  }

  #endWatchdog(): void {
    clearInterval(this.#watchdog);
  }

  [Symbol.dispose](): void {
    this.#endWatchdog();
    this.#socket.close();
    removeQuietly(this.#path);
  }
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there.
  }
}

/** What the manager waits for; undefined where it does not watch this process. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: ServiceNotifyOptions["env"]): number | undefined {
  const ms = Number(WATCHDOG_USEC) / 1000;
  return ms > 0 && (!WATCHDOG_PID || Number(WATCHDOG_PID) === Deno.pid) ? ms : undefined;
}
