import { formatSize } from "../core/size.ts";
import type { Execution } from "../schedule/execution.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { JobStore } from "../store/job_store.ts";
import { DEFAULT_SIZE_LIMITS } from "../pipeline/size_budget.ts";
import type { Resource, ResourceView } from "./admission.ts";
import { bundleLimit } from "./build_request.ts";
import { folderBytes, freeBytes } from "./disk_space.ts";

/** How many of a job's last executions tell what the next one needs. */
const LOOK_BACK = 5;

export interface DiskLimits {
  /** So much stays free. */
  minFreeBytes: number;
  /** Bundles and work folders together. */
  quotaBytes?: number;
  /** What no attempt collects more of. */
  maxBundleBytes?: number;
}

export interface DiskFacts {
  /** Undefined where the system does not say. */
  freeBytes: number | undefined;
  /** Of bundles and work folders. */
  usedBytes: number;
  /** What running attempts are expected to need. */
  reservedBytes: number;
}

/** What an attempt lacks, and that for people. */
export interface DiskShortage {
  bytes: number;
  reason: string;
}

/** Whether there is room for an attempt. @param needBytes what it is expected to need; 0: nothing is known */
export function decideDisk(facts: DiskFacts, limits: DiskLimits, needBytes: number): DiskShortage | undefined {
  const { freeBytes = Infinity, usedBytes, reservedBytes } = facts;
  const { minFreeBytes, quotaBytes = Infinity } = limits;
  const wantedFree = Math.max(needBytes, minFreeBytes) + reservedBytes;
  if (freeBytes < wantedFree) {
    return {
      bytes: wantedFree - freeBytes,
      reason: `disk space: ${formatSize(freeBytes)} free, ${formatSize(wantedFree)} needed`,
    };
  }
  const comes = reservedBytes + needBytes;
  if (usedBytes + comes <= quotaBytes && usedBytes < quotaBytes) return undefined;
  return {
    bytes: Math.max(usedBytes + comes - quotaBytes, 1),
    reason: `disk quota: ${formatSize(usedBytes)} of ${formatSize(quotaBytes)} in use` +
      (comes > 0 ? `, ${formatSize(comes)} more needed` : ""),
  };
}

/** What an attempt is expected to need: its bundle, and the files that go into it, ten times as large.
 * @param bundles bytes of the job's last ones
 * @param limitBytes what it may collect at most; 0: any amount */
export function expectedBytes(bundles: readonly number[], limitBytes: number): number {
  const bundle = Math.max(0, ...bundles);
  return bundle + Math.min(10 * bundle, limitBytes === 0 ? Infinity : limitBytes);
}

export interface DiskResourceOptions {
  store: JobStore;
  state: StateFolder;
  limits(): DiskLimits;
  /** Removes what may go. @returns bytes that it freed */
  makeRoom(bytes: number): Promise<number>;
  /** Default {@linkcode freeBytes}. */
  freeBytes?(folder: string): Promise<number | undefined>;
}

/** Space on the disk of the state folder: what is free, and the quota of bundles and work folders. */
export class DiskResource implements Resource {
  readonly name = "disk";
  /** Of executions that were let in, by id. */
  readonly #expected = new Map<string, number>();

  constructor(private readonly options: DiskResourceOptions) {}

  async look(running: readonly string[]): Promise<ResourceView> {
    for (const id of this.#expected.keys()) if (!running.includes(id)) this.#expected.delete(id);
    let facts = await this.#facts();
    return {
      ask: async (execution) => {
        const limits = this.options.limits();
        // What nobody gets past needs no look at what this one needs.
        let need = 0;
        let shortage = decideDisk(facts, limits, need);
        if (shortage === undefined) {
          need = await this.#need(execution, limits);
          shortage = decideDisk(facts, limits, need);
        }
        if (shortage !== undefined && await this.options.makeRoom(shortage.bytes) > 0) {
          facts = await this.#facts();
          need = await this.#need(execution, limits);
          shortage = decideDisk(facts, limits, need);
        }
        if (shortage !== undefined) return shortage.reason;
        this.#expected.set(execution.id, need);
        facts = { ...facts, reservedBytes: facts.reservedBytes + need };
        return undefined;
      },
    };
  }

  async #facts(): Promise<DiskFacts> {
    const { state, limits, freeBytes: free = freeBytes } = this.options;
    const used = limits().quotaBytes === undefined
      ? [0, 0]
      : await Promise.all([folderBytes(state.bundles), folderBytes(state.work)]);
    return {
      freeBytes: await free(state.root),
      usedBytes: used[0]! + used[1]!,
      reservedBytes: [...this.#expected.values()].reduce((sum, bytes) => sum + bytes, 0),
    };
  }

  async #need({ jobId }: Execution, { maxBundleBytes }: DiskLimits): Promise<number> {
    const { store } = this.options;
    const job = await store.getJob(jobId);
    if (job === undefined) return 0;
    const last = await store.listExecutions({ jobId, limit: LOOK_BACK });
    return expectedBytes(
      last.map(({ bundleSize }) => bundleSize),
      bundleLimit(job, maxBundleBytes) ?? DEFAULT_SIZE_LIMITS.bundle,
    );
  }
}
