import { ControlSocket } from "../../../src/daemon/control_socket.ts";
import type { DaemonStatus } from "../../../src/daemon/control_protocol.ts";
import type { DaemonLog } from "../../../src/daemon/daemon_log.ts";
import { acquirePidFile, type PidFile } from "../../../src/daemon/pid_file.ts";
import type { CliHarness } from "./cli_harness.ts";
import { NOW } from "./cli_harness.ts";

const silent: DaemonLog = { debug() {}, info() {}, warn() {}, error() {}, with: () => silent };

/** What the CLI sees of a daemon: its record, and a real control socket that answers with `status`. It runs nothing. */
export class AnsweringDaemon implements AsyncDisposable {
  nudges = 0;
  status: DaemonStatus;
  /** What `reload` answers; an error is thrown. */
  reloaded: string | Error = "read the settings again (defaults)";
  /** Called before each answer to `status`. */
  onStatus: () => Promise<void> = () => Promise.resolve();
  #socket: ControlSocket | undefined;
  #pidFile: PidFile | undefined;

  private constructor(root: string) {
    this.status = {
      running: true,
      pid: Deno.pid,
      startTime: NOW,
      uptime: 3725,
      memoryMB: 61.5,
      cpuPercent: 0.4,
      jobsActive: 2,
      jobsTotal: 3,
      version: "0.0.0",
      host: Deno.hostname(),
      stateFolder: root,
      draining: false,
      executions: [],
      waiting: 0,
      held: [],
      maxConcurrent: 3,
      ports: { metrics: 9090, health: 9091 },
      warnings: [],
    };
  }

  static async start(harness: CliHarness): Promise<AnsweringDaemon> {
    const daemon = new AnsweringDaemon(harness.state.root);
    await Deno.mkdir(harness.state.root, { recursive: true, mode: 0o700 });
    daemon.#pidFile = await acquirePidFile(harness.state, {
      pid: Deno.pid,
      startTime: NOW,
      host: Deno.hostname(),
      version: "0.0.0",
    });
    daemon.#socket = await ControlSocket.open(harness.state, {
      nudge: () => void daemon.nudges++,
      status: async () => {
        await daemon.onStatus();
        return daemon.status;
      },
      stop: () => {},
      reload: () =>
        daemon.reloaded instanceof Error ? Promise.reject(daemon.reloaded) : Promise.resolve(daemon.reloaded),
    }, silent);
    await daemon.#pidFile.update({ control: daemon.#socket.address });
    return daemon;
  }

  /** Stops answering, as a daemon does that hangs or was killed; its record stays. */
  async silence(): Promise<void> {
    await this.#socket?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#socket?.stop();
    await this.#pidFile?.release();
  }
}
