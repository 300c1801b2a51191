import type { Execution } from "../schedule/execution.ts";
import type { HeldExecution } from "./control_protocol.ts";
import type { DaemonLog } from "./daemon_log.ts";

/** What an attempt may have to wait for, beside a slot. */
export interface Resource {
  /** In the log and the metrics: `disk`. */
  readonly name: string;
  /** Looks once, for all executions that are about to be asked about.
   * @param running ids of executions that run */
  look(running: readonly string[]): Promise<ResourceView>;
}

export interface ResourceView {
  /** @returns why it has to wait, for people; undefined: it may begin, and what it takes is counted from here on */
  ask(execution: Execution): Promise<string | undefined>;
}

export interface AdmissionOptions {
  resources: readonly Resource[];
  log: DaemonLog;
  /** Called when an execution begins to wait. */
  onHeld(resource: string): void;
}

/** Decides which executions may begin, and remembers which have to wait, and for what. */
export class Admission {
  #held = new Map<string, HeldExecution>();

  constructor(private readonly options: AdmissionOptions) {}

  /** Begins a round of decisions: who is not asked about in it waits for nothing any more.
   * @returns whether an execution may begin */
  round(running: readonly string[]): (execution: Execution) => Promise<boolean> {
    const { resources } = this.options;
    const before = this.#held;
    this.#held = new Map();
    let looking: Promise<ResourceView[]> | undefined;
    return async (execution) => {
      const views = await (looking ??= Promise.all(resources.map((it) => it.look(running))));
      for (const [i, view] of views.entries()) {
        const reason = await view.ask(execution);
        if (reason === undefined) continue;
        this.#hold(execution, resources[i]!.name, reason, before);
        return false;
      }
      return true;
    };
  }

  /** Executions that had to wait when they were last asked about. */
  held(): HeldExecution[] {
    return [...this.#held.values()];
  }

  #hold({ id, jobName: job }: Execution, resource: string, reason: string, before: ReadonlyMap<string, unknown>): void {
    this.#held.set(id, { id, job, resource, reason });
    if (before.has(id)) return;
    this.options.onHeld(resource);
    this.options.log.warn("resource limit reached", {
      component: "executor",
      job,
      execution: id,
      limit: resource,
      reason,
    });
  }
}
