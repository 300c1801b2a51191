import { ACTIVE_STATUSES, type Execution } from "../../src/schedule/execution.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { withMethods } from "../../src/store/with_methods.ts";

/** The writes by which a daemon moves an execution on, in their order: the steps at which it is killed. What lies between
 * two of them is left to random instants. */
export const DAEMON_STEPS = [
  "record-intent",
  "claim",
  "begin",
  "record-child",
  "renew-claim",
  "log",
  "record-result",
  "release-claim",
  "take-over",
] as const;
export type DaemonStep = (typeof DAEMON_STEPS)[number];

/** Of a write: not begun; under way, at a random point; done, and nothing after it. */
export const MOMENTS = ["before", "during", "after"] as const;
export type Moment = (typeof MOMENTS)[number];

/** Where the child of an attempt ends itself with SIGKILL: see `attempt.sh`. */
export const CHILD_STEPS = ["told", "half-a-bundle", "reported"] as const;

/** Told of each step. `execution` is what the write makes of it, where it writes one. */
export interface StepWatcher {
  at(step: DaemonStep, moment: Moment, execution?: Execution): void;
  /** The execution came to its end, and that is in the store. */
  accepted(execution: Execution): void;
}

/** The store, with its writes announced to `watcher`. */
export function watchedStore<T extends JobStore>(store: T, watcher: StepWatcher): T {
  async function around<R>(step: DaemonStep, write: () => Promise<R>): Promise<R> {
    watcher.at(step, "before");
    const writing = write();
    watcher.at(step, "during");
    const result = await writing;
    watcher.at(step, "after");
    return result;
  }
  return withMethods(store, {
    fire: (...args) => around("record-intent", () => store.fire(...args)),
    claimLease: (...args) => around("claim", () => store.claimLease(...args)),
    renewLease: (...args) => around("renew-claim", () => store.renewLease(...args)),
    releaseLease: (...args) => around("release-claim", () => store.releaseLease(...args)),
    appendLogs: (...args) => around("log", () => store.appendLogs(...args)),
    async updateExecution(id, change, ...more) {
      let step: DaemonStep | undefined;
      const written = await store.updateExecution(id, (before) => {
        const after = change(before);
        step = stepOf(before, after);
        if (step !== undefined) {
          watcher.at(step, "before", after);
          watcher.at(step, "during", after);
        }
        return after;
      }, ...more);
      if (written === undefined || step === undefined) return written;
      if (!ACTIVE_STATUSES.includes(written.status)) watcher.accepted(written);
      watcher.at(step, "after", written);
      return written;
    },
  });
}

/** @returns undefined for a write that changes nothing */
function stepOf(before: Execution, after: Execution): DaemonStep | undefined {
  if (before === after) return undefined;
  if (before.status !== "running") return after.status === "running" ? "begin" : "record-result";
  if (after.status === "running") return "record-child";
  return after.errorCode === "INTERRUPTED" ? "take-over" : "record-result";
}
