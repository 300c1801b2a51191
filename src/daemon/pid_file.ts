import { dirname, join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import { isSameProcess, processStart } from "./process_identity.ts";

/** `daemon.json`: who runs this state folder, and where it listens. */
export interface DaemonRecord {
  pid: number;
  /** See `processStart`. With the pid it is the process's identity. */
  startedAt: string;
  /** RFC 3339, UTC. */
  startTime: string;
  host: string;
  version: string;
  /** What was really bound; absent where nothing listens. */
  ports: { metrics?: number; health?: number };
  control?: ControlAddress;
}

/** Where the daemon takes commands. TCP is for systems without Unix sockets, and asks for the token. */
export type ControlAddress =
  | { transport: "unix"; path: string }
  | { transport: "tcp"; port: number; token: string };

export interface PidFile {
  /** Adds to the record, when ports are known. */
  update(change: Partial<DaemonRecord>): Promise<void>;
  /** Removes the record and gives the lock free. Twice is harmless. */
  release(): Promise<void>;
}

export class DaemonRunningError extends SupportBundleError {
  constructor(root: string, record: DaemonRecord | undefined) {
    const who = record === undefined
      ? "a daemon that is starting or stopping right now"
      : `the daemon with pid ${record.pid} on ${record.host}, since ${record.startTime}`;
    super(`Cannot start a daemon: ${root} is already served by ${who}`, {
      code: "DAEMON_RUNNING",
      exitCode: EXIT.daemon,
      hint: record === undefined
        ? "Try again in a moment, or look with `support-bundle schedule daemon status`"
        : `Stop it with \`support-bundle schedule daemon stop\` (or \`kill ${record.pid}\`), ` +
          "or serve another folder by setting TROUBLESHOOT_SCHEDULER_DIR",
    });
  }
}

/** Makes this process the one daemon of a state folder.
 *
 * What decides is a lock on `daemon.lock` that the operating system takes back when the process ends, however it ends.
 * `daemon.json` tells others who holds it, and is the second guard where a file system's locks mean nothing.
 * @throws {DaemonRunningError} */
export async function acquirePidFile(
  state: StateFolder,
  self: Omit<DaemonRecord, "startedAt" | "ports">,
  options: { waitMs?: number } = {},
): Promise<PidFile> {
  await refuseIfRunning(state);
  const file = await Deno.open(lockPath(state), { create: true, read: true, write: true, mode: 0o600 });
  let locked = false;
  const locking = file.lock(true).then(() => true, () => true); // no locks on this file system: the record decides
  const asked = new AbortController();
  locking.then(() => {
    locked = true;
    asked.abort();
  });
  try {
    // The lock is between processes of the real world, so its wait is in real time.
    for (let waitedMs = 0; !locked; waitedMs += 50) {
      if (waitedMs >= (options.waitMs ?? 2_000)) {
        throw new DaemonRunningError(state.root, await readDaemonRecord(state));
      }
      await systemClock.sleep(50, asked.signal);
      await refuseIfRunning(state);
    }
    let record: DaemonRecord = { ...self, startedAt: await processStart(self.pid) ?? "", ports: {} };
    await writeRecord(state, record);
    let released = false;
    return {
      async update(change) {
        record = { ...record, ...change };
        if (!released) await writeRecord(state, record);
      },
      async release() {
        if (released) return;
        released = true;
        await Deno.remove(state.pidFile).catch(ignoreNotFound);
        file.close(); // gives the lock free
      },
    };
  } catch (error) {
    // A lock that is still asked for cannot be called back; it is given free as soon as it is had.
    locking.then(() => file.close());
    throw error;
  }
}

/** The daemon that serves this state folder from this host, if it lives.
 * @returns undefined when there is none: no record, or one that a crash or another machine left behind */
export async function runningDaemon(state: StateFolder): Promise<DaemonRecord | undefined> {
  const record = await readDaemonRecord(state);
  return record !== undefined && record.host === Deno.hostname() && await isSameProcess(record.pid, record.startedAt)
    ? record
    : undefined;
}

/** What `daemon.json` says, true or not. */
export async function readDaemonRecord(state: StateFolder): Promise<DaemonRecord | undefined> {
  try {
    const record = JSON.parse(await Deno.readTextFile(state.pidFile));
    return typeof record?.pid === "number" && typeof record.startedAt === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

async function refuseIfRunning(state: StateFolder): Promise<void> {
  const running = await runningDaemon(state);
  if (running !== undefined) throw new DaemonRunningError(state.root, running);
}

/** Whole or not at all: readers never see half a record. What a crash left of a draft is overwritten. */
async function writeRecord(state: StateFolder, record: DaemonRecord): Promise<void> {
  const draft = `${state.pidFile}.new`;
  await Deno.writeTextFile(draft, JSON.stringify(record, null, 2) + "\n", { mode: 0o600 });
  await Deno.rename(draft, state.pidFile);
}

function lockPath(state: StateFolder): string {
  return join(dirname(state.pidFile), "daemon.lock");
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
