import type { Clock } from "../core/clock.ts";
import { VERSION } from "../core/version.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobCounts } from "../store/job_store.ts";
import type { DaemonStatus, HeldExecution } from "./control_protocol.ts";
import type { Executor } from "./executor.ts";
import { ownCpuMs } from "./process_identity.ts";

export interface StatusSource {
  state: StateFolder;
  counts(): Promise<JobCounts>;
  clock: Clock;
  executor: Pick<Executor, "running" | "waiting">;
  held(): HeldExecution[];
  startTime: Date;
  ports: DaemonStatus["ports"];
  urls?: string[];
  warnings: string[];
  draining(): boolean;
  maxConcurrent(): number;
  enforced: NonNullable<DaemonStatus["enforced"]>;
}

// Over a shorter time, the clock's grain would be all one sees.
const MIN_CPU_WINDOW_MS = 500;

const MAX_HELD = 100;

/** @returns what answers `status`; it remembers the last time it was asked, for the processor's share since then */
export function daemonStatusReader(source: StatusSource): () => Promise<DaemonStatus> {
  let since = { at: source.startTime.getTime(), cpuMs: 0 };
  let cpuPercent = 0;
  return async () => {
    const now = source.clock.now();
    const windowMs = now.getTime() - since.at;
    if (windowMs >= MIN_CPU_WINDOW_MS) {
      const cpuMs = ownCpuMs();
      cpuPercent = Math.round((cpuMs - since.cpuMs) / windowMs * 1000) / 10;
      since = { at: now.getTime(), cpuMs };
    }
    const jobs = await source.counts();
    return {
      running: true,
      pid: Deno.pid,
      startTime: source.startTime.toISOString(),
      uptime: (now.getTime() - source.startTime.getTime()) / 1000,
      memoryMB: Math.round(Deno.memoryUsage().rss / 1e5) / 10,
      cpuPercent,
      jobsActive: jobs.enabled,
      jobsTotal: jobs.total,
      version: VERSION,
      host: Deno.hostname(),
      stateFolder: source.state.root,
      draining: source.draining(),
      executions: source.executor.running(),
      waiting: source.executor.waiting(),
      held: source.held().slice(0, MAX_HELD),
      maxConcurrent: source.maxConcurrent(),
      ports: source.ports,
      urls: source.urls,
      enforced: source.enforced,
      warnings: source.warnings,
    };
  };
}
