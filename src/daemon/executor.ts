import type { RunningExecution } from "./control_protocol.ts";

/** Runs the attempts of executions that the store says are pending or due for a retry. A port: the local one starts
 * child processes, a later one may hand them to a cluster. */
export interface Executor {
  start(): void;
  /** Says that something may have become runnable. Cheap, and harmless when nothing has. */
  wake(): void;
  /** Begins nothing new from now on; attempts that run go on. */
  drain(): void;
  /** Drains, gives running attempts their grace period, then ends them as interrupted. Twice is harmless. */
  stop(): Promise<void>;
  /** Cuts the grace period of a {@linkcode stop} that goes on short. */
  hurry(): void;
  running(): RunningExecution[];
  /** Executions that could run and have no slot. */
  waiting(): number;
  /** For attempts that start from now on. A lower number ends nothing that runs. */
  setLimits(limits: ExecutorLimits): void;
}

export interface ExecutorLimits {
  /** Attempts at a time. */
  maxConcurrent: number;
  /** No attempt runs longer, whatever its job says. */
  timeoutCapMs?: number;
  /** No attempt has more memory, whatever its job says. */
  maxMemoryMB?: number;
  /** No attempt collects more, whatever its job says. */
  maxBundleBytes?: number;
}
