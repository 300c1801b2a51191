import { systemClock } from "../core/clock.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { ControlAnswer, ControlRequest, DaemonStatus } from "./control_protocol.ts";
import { type DaemonRecord, readDaemonRecord, runningDaemon } from "./pid_file.ts";
import { isSameProcess } from "./process_identity.ts";
import { readLines } from "./read_lines.ts";

export type { DaemonStatus } from "./control_protocol.ts";

const ANSWER_TIMEOUT_MS = 2_000;
const MAX_ANSWER_BYTES = 1_000_000;

/** Tells the daemon that the store has changed. Never throws and never waits long: without it, the daemon notices by
 * itself within a second.
 * @returns false when no daemon heard it */
export async function nudgeDaemon(state: StateFolder): Promise<boolean> {
  return (await ask(state, { op: "nudge" }, 1_000))?.ok === true;
}

/** @returns undefined when no daemon answers */
export async function daemonStatus(state: StateFolder): Promise<DaemonStatus | undefined> {
  const answer = await ask(state, { op: "status" }, ANSWER_TIMEOUT_MS);
  return answer?.ok === true ? answer.status : undefined;
}

/** Makes the daemon read its settings again.
 * @returns what it says: which settings changed, or why the old ones are kept
 * @throws {SupportBundleError} DAEMON_NOT_RUNNING */
export async function reloadDaemon(state: StateFolder): Promise<string> {
  const answer = await ask(state, { op: "reload" }, 10_000);
  if (answer === undefined) throw notRunning(state);
  if (!answer.ok) {
    throw new SupportBundleError(`The daemon could not read its settings again: ${answer.error}`, {
      code: "DAEMON_RELOAD",
      exitCode: EXIT.daemon,
      hint: "Look into its log",
    });
  }
  return answer.message ?? "";
}

/** Asks the daemon to stop, and waits until it has: running executions get their grace period, so this can take a while.
 * @returns its pid; undefined when none was running
 * @throws {SupportBundleError} DAEMON_STOP when it still runs after `timeoutMs` */
export async function stopDaemon(
  state: StateFolder,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<number | undefined> {
  const record = await runningDaemon(state);
  if (record === undefined) return undefined;
  if ((await ask(state, { op: "stop" }, ANSWER_TIMEOUT_MS))?.ok !== true) {
    try {
      Deno.kill(record.pid, "SIGTERM"); // it does not listen, and a signal means the same
    } catch (error) {
      if (await isSameProcess(record.pid, record.startedAt)) throw stopFailed(record, error);
    }
  }
  for (let waitedMs = 0; await isSameProcess(record.pid, record.startedAt); waitedMs += 50) {
    if (waitedMs >= options.timeoutMs || options.signal?.aborted) throw stopFailed(record);
    await systemClock.sleep(50, options.signal);
  }
  return record.pid;
}

/** @returns undefined when nobody answers in time */
async function ask(state: StateFolder, request: ControlRequest, timeoutMs: number): Promise<ControlAnswer | undefined> {
  const control = (await readDaemonRecord(state))?.control;
  if (control === undefined) return undefined;
  let connection: Deno.Conn | undefined;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    late.resolve();
    close(connection);
  }, timeoutMs);
  try {
    const connecting: Promise<Deno.Conn> = control.transport === "unix"
      ? Deno.connect({ transport: "unix", path: control.path })
      : Deno.connect({ hostname: "127.0.0.1", port: control.port });
    // A daemon that hangs lets connections queue, and in the end even connecting waits.
    connection = await Promise.race([connecting, late.promise]) ?? undefined;
    if (connection === undefined) {
      connecting.then(close, () => {});
      return undefined;
    }
    const token = control.transport === "tcp" ? control.token : undefined;
    await connection.write(new TextEncoder().encode(JSON.stringify({ ...request, token }) + "\n"));
    for await (const line of readLines(connection.readable, MAX_ANSWER_BYTES)) {
      return line.cut ? undefined : JSON.parse(line.text) as ControlAnswer;
    }
    return undefined;
  } catch {
    return undefined; // nobody there, or it went away: both mean that no daemon answers
  } finally {
    clearTimeout(timer);
    close(connection);
  }
}

function close(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // closed already by its stream
  }
}

function notRunning(state: StateFolder): SupportBundleError {
  return new SupportBundleError(`No daemon serves ${state.root}`, {
    code: "DAEMON_NOT_RUNNING",
    exitCode: EXIT.daemon,
    hint: "Start one with `support-bundle schedule daemon start`",
  });
}

function stopFailed(record: DaemonRecord, cause?: unknown): SupportBundleError {
  return new SupportBundleError(`The daemon (pid ${record.pid}) still runs`, {
    code: "DAEMON_STOP",
    exitCode: EXIT.daemon,
    hint:
      `Wait for its running executions, or end it with \`kill -9 ${record.pid}\`: they are recovered at the next start`,
    cause,
  });
}
