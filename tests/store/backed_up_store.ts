import { join } from "node:path";
import { newExecution } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import { type Backup, makeBackup } from "../../src/store/backup.ts";
import { type KvJobStore, openJobStore, type OpenJobStoreOptions } from "../../src/store/kv_job_store.ts";
import { sampleJob } from "../contracts/job_store_contract.ts";
import { ManualClock } from "../manual_clock.ts";

export const NOW = "2026-03-02T12:00:00.000Z";

/** A store's file with backups beside it. */
export class BackedUpStore implements AsyncDisposable {
  readonly clock = new ManualClock(NOW);

  private constructor(readonly root: string) {}

  static async create(at?: string): Promise<BackedUpStore> {
    return new BackedUpStore(await Deno.makeTempDir({ dir: at }));
  }

  get path(): string {
    return join(this.root, "store.db");
  }

  get folder(): string {
    return join(this.root, "backups");
  }

  open(options: OpenJobStoreOptions = {}): Promise<KvJobStore> {
    return openJobStore({ path: this.path }, { clock: this.clock, backups: this.folder, ...options });
  }

  async use<T>(action: (store: KvJobStore) => Promise<T>): Promise<T> {
    const store = await this.open();
    try {
      return await action(store);
    } finally {
      store.close();
    }
  }

  async addJob(name: string, changes: Partial<Job> = {}): Promise<Job> {
    const job = sampleJob({ name, id: `job-${name}`, ...changes });
    await this.use((store) => store.createJob(job));
    return job;
  }

  /** @param at minutes from {@linkcode NOW} */
  addExecution(job: Job, at: number, changes: Partial<Execution> = {}): Promise<Execution> {
    const due = new Date(Date.parse(NOW) + at * 60_000);
    return this.use(async (store) => {
      const execution = newExecution(job, due, "schedule");
      await store.fire(job.id, execution, (current) => ({ ...current, runCount: current.runCount + 1 }));
      return (await store.updateExecution(execution.id, (it) => ({ ...it, ...changes })))!;
    });
  }

  /** Half a megabyte that is no record, behind all records in the file. */
  async addFiller(name = "filler"): Promise<void> {
    using kv = await Deno.openKv(this.path);
    const value = new Uint8Array(2_000).fill(1);
    for (let i = 0; i < 250; i++) await kv.set([`zz ${name}`, i], value);
  }

  async backUp(): Promise<Backup> {
    const backup = await makeBackup(this.path, this.folder, this.clock.now());
    await this.clock.advance(60_000);
    return backup;
  }

  /** Overwrites a part of the file; positions are shares of its size. */
  async damage(from: number, to: number): Promise<Uint8Array> {
    const bytes = await Deno.readFile(this.path);
    const page = (share: number) => Math.floor(bytes.length * share / 4_096) * 4_096;
    bytes.fill(0xab, page(from), page(to));
    await Deno.writeFile(this.path, bytes);
    return bytes;
  }

  /** Names in its folder that tell of a store which made room, or of work that was left. */
  leftovers(): string[] {
    return [...Deno.readDirSync(this.root)].map(({ name }) => name)
      .filter((name) => !/^(store\.db(-wal|-shm|\.lock)?|backups)$/.test(name)).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

export const names = (jobs: Job[]) => jobs.map(({ name }) => name);

/** Flips one bit in the middle. */
export async function flipBit(path: string): Promise<void> {
  const bytes = await Deno.readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await Deno.writeFile(path, bytes);
}
