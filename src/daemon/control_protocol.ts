import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StateFolder } from "../schedule/state_folder.ts";

/** One line of JSON each way, one request a connection. */
export interface ControlRequest {
  op: "nudge" | "status" | "stop" | "reload";
  /** Asked for where the transport does not know its caller. */
  token?: string;
}

export type ControlAnswer =
  | { ok: true; status?: DaemonStatus; message?: string }
  | { ok: false; error: string };

/** `schedule daemon status -o json`. */
export interface DaemonStatus {
  running: true;
  pid: number;
  /** RFC 3339, UTC. */
  startTime: string;
  /** Seconds. */
  uptime: number;
  memoryMB: number;
  /** Of one processor, since the last time somebody asked (at first: since the start). */
  cpuPercent: number;
  /** Jobs that are enabled. */
  jobsActive: number;
  jobsTotal: number;
  version: string;
  host: string;
  stateFolder: string;
  /** True between the wish to stop and the end. */
  draining: boolean;
  executions: RunningExecution[];
  /** Executions that wait for a slot. */
  waiting: number;
  /** Those of them that wait for something else than a slot. An older daemon does not say. */
  held?: HeldExecution[];
  maxConcurrent: number;
  ports: { metrics?: number; health?: number };
  /** Of its HTTP servers, without paths: `https://0.0.0.0:9090`. */
  urls?: string[];
  /** Which limits of attempts the kernel keeps: there is a cgroup for each. */
  enforced?: { memory: boolean; cpu: boolean };
  /** What is not as it was asked for, such as a port that was in use. */
  warnings: string[];
}

export interface RunningExecution {
  id: string;
  job: string;
  pid: number;
  /** RFC 3339, UTC. */
  startTime: string;
  attempt: number;
  /** The last thing it said it was doing. */
  progress: string;
}

export interface HeldExecution {
  id: string;
  job: string;
  /** `disk` */
  resource: string;
  /** For people. */
  reason: string;
}

export const MAX_REQUEST_BYTES = 4096;

// sun_path holds 108 bytes on Linux and 104 on macOS, the final NUL included.
const MAX_SOCKET_PATH_BYTES = 103;

/** Where the control socket goes: in the state folder, or, when that path is too long for a socket, in a folder of the
 * system's temporary folder that only this user can enter. */
export async function controlSocketPath(state: StateFolder, temporary: string = tmpdir()): Promise<string> {
  if (new TextEncoder().encode(state.controlSocket).length <= MAX_SOCKET_PATH_BYTES) return state.controlSocket;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(state.root)));
  const name = [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return join(temporary, `support-bundle-${Deno.uid() ?? 0}`, `${name}.sock`);
}
