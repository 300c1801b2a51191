import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.ts";
import type { DaemonOrder } from "./crash_daemon.ts";

const PROGRAM = fileURLToPath(new URL("crash_daemon.ts", import.meta.url));
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

/** A `crash_daemon.ts` in a process of its own. */
export class DaemonProcess {
  readonly #child: Deno.ChildProcess;

  constructor(order: DaemonOrder, env: Record<string, string>) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", "--config", CONFIG, PROGRAM, JSON.stringify(order)],
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<Deno.CommandStatus> {
    return this.#child.status;
  }

  /** @returns false when it still lives after that time */
  async endsWithin(ms: number): Promise<boolean> {
    const waiting = new AbortController();
    void this.ended.then(() => waiting.abort());
    await systemClock.sleep(ms, waiting.signal);
    return waiting.signal.aborted;
  }

  /** Harmless when it has ended. */
  signal(name: Deno.Signal): void {
    try {
      this.#child.kill(name);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}
