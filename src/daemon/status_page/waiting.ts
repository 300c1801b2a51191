import type { Execution } from "../../schedule/execution.ts";
import type { RunningExecution } from "../control_protocol.ts";

/** An execution that has not begun, or is to begin again. */
export interface Waiting {
  id: string;
  job: string;
  scheduledAt: string;
  why: string;
  /** RFC 3339, UTC; where it waits for a time. */
  until?: string;
}

/** What the daemon has to give. */
export interface Slots {
  running: readonly RunningExecution[];
  maxConcurrent: number;
}

const MAX_ERROR = 200;

/** Why a pending or retrying execution does not run.
 * @param slots of this daemon; another one on the same store may have the execution's job in hand */
export function waitingFor(execution: Execution, slots: Slots, now: Date): Waiting {
  const { id, jobName: job, scheduledAt, notBefore, retryAt } = execution;
  const waits = (why: string, until?: string): Waiting => ({ id, job, scheduledAt, why, until });
  if (execution.status === "retrying" && retryAt !== null && new Date(retryAt) > now) {
    const attempt = `attempt ${execution.retryCount + 1}`;
    const error = execution.error === "" ? "" : `, after: ${execution.error.slice(0, MAX_ERROR)}`;
    return waits(`for the time of ${attempt}${error}`, retryAt);
  }
  if (notBefore !== null && new Date(notBefore) > now) {
    return waits("for its start time: jitter or blackout hours put it off", notBefore);
  }
  if (execution.overlap !== "allow" && slots.running.some((it) => it.job === job && it.id !== id)) {
    return waits("for the job's run before it to end");
  }
  if (slots.running.length >= slots.maxConcurrent) {
    return waits(`for a slot: all ${slots.maxConcurrent} are in use`);
  }
  return waits("for its turn: it starts within moments");
}
