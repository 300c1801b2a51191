import { systemClock } from "../core/clock.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { selfCommand } from "../core/self.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { type DaemonStatus, daemonStatus } from "./control_client.ts";
import { daemonOutputFile } from "./daemon_output.ts";
import { DaemonRunningError, runningDaemon } from "./pid_file.ts";
import { ONE_ARENA } from "./one_arena.ts";
import { isSameProcess, processStart } from "./process_identity.ts";

export interface StartDetachedOptions {
  /** Flags for `schedule daemon start --foreground`, such as `--config FILE`. `--log-file` is added when it is absent
   * and no settings file can name another. */
  flags?: string[];
  /** Default 20 s. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** The command line of the daemon; default: this program's. */
  command?: { command: string; args: string[] };
}

/** Starts the daemon in the background, in a session of its own, and waits until it answers.
 * @throws {DaemonRunningError} when one runs
 * @throws {SupportBundleError} DAEMON_START with the last lines it said */
export async function startDetached(state: StateFolder, options: StartDetachedOptions = {}): Promise<DaemonStatus> {
  const running = await runningDaemon(state);
  if (running !== undefined) throw new DaemonRunningError(state.root, running);
  await Deno.mkdir(state.root, { recursive: true, mode: 0o700 });
  await Deno.mkdir(state.logs, { recursive: true, mode: 0o700 });
  const output = daemonOutputFile(state);
  await Deno.writeTextFile(output, "", { mode: 0o600 });

  const self = options.command ?? {
    command: selfCommand().command,
    args: [...selfCommand().args, "schedule", "daemon", "start", "--foreground"],
  };
  const args = [...self.args, ...(options.flags ?? [])];
  const env = { ...ONE_ARENA, TROUBLESHOOT_SCHEDULER_DIR: state.root };
  const detached = { env, stdin: "null", stdout: "null", stderr: "null", detached: true } as const;
  const child = Deno.build.os === "windows"
    ? new Deno.Command(self.command, { ...detached, args }).spawn()
    // A child's output can only be sent to a file by a shell; `exec` leaves no shell behind.
    : new Deno.Command("/bin/sh", {
      ...detached,
      args: ["-c", 'out=$1; shift; exec "$@" >>"$out" 2>&1', "sh", output, self.command, ...args],
    }).spawn();
  child.unref();
  const startedAt = await processStart(child.pid) ?? "";

  const timeoutMs = options.timeoutMs ?? 20_000;
  for (let waitedMs = 0;; waitedMs += 50) {
    const status = await daemonStatus(state);
    if (status?.pid === child.pid) return status;
    const alive = await isSameProcess(child.pid, startedAt);
    if (!alive || waitedMs >= timeoutMs || options.signal?.aborted) {
      const said = await lastLines(output);
      throw new SupportBundleError(
        `The daemon ${alive ? `(pid ${child.pid}) does not answer` : "ended right after its start"}` +
          (said === "" ? "" : `:\n${said}`),
        {
          code: "DAEMON_START",
          exitCode: EXIT.daemon,
          hint: `Look into ${output}, or run it with \`support-bundle schedule daemon start --foreground\``,
        },
      );
    }
    await systemClock.sleep(50, options.signal);
  }
}

async function lastLines(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.slice(-4000).trimEnd().split("\n").slice(-10).map((line) => `  ${line}`).join("\n").trimEnd();
}
