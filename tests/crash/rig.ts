import { cp as copyFolder } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { withNextRun } from "../../src/schedule/apply_firing.ts";
import { type Job, jobSchema, newJobId } from "../../src/schedule/job.ts";
import { type StateFolder, stateFolder } from "../../src/schedule/state_folder.ts";
import { type KvJobStore, openJobStore, type StoreLocation } from "../../src/store/kv_job_store.ts";
import { until } from "../daemon/until.ts";
import type { DaemonOrder } from "./crash_daemon.ts";
import { DaemonProcess } from "./daemon_process.ts";
import { leftFiles } from "./left_files.ts";
import { killLiving, livingProcesses } from "./living_processes.ts";
import type { Evidence } from "./oracle.ts";
import type { CHILD_STEPS } from "./steps.ts";
import { unreadableRecords } from "./unreadable_records.ts";

/** What the first attempt of an execution does: it completes at once, or later, or dies at a step. */
export type AttemptMode = "ok" | "slow" | "slower" | `die-${(typeof CHILD_STEPS)[number]}`;

export interface RigOptions {
  /** How many daemons share the store, each with a state folder of its own. */
  daemons?: number;
  /** Where the state folders are; default: in the rig's own folder. */
  stateRoot?: string;
  /** A KV server instead of a file. Its token is in the environment. */
  url?: string;
  leaseTimes: DaemonOrder["leaseTimes"];
}

/** How long healthy daemons may finish nothing. What is not done by then is lost, and the oracle says so. */
const STANDSTILL_MS = 60_000;

/** A store, and daemons on it that come and go. Disposing of it ends every process that was started for it. */
export class Rig implements AsyncDisposable {
  /** What processes of this rig have in their environment. */
  readonly #mark = crypto.randomUUID();
  readonly #states: StateFolder[];
  readonly #location: StoreLocation;
  readonly #due = new Map<string, DueTimes>();
  readonly #options: RigOptions;
  /** Holds the journal, in which daemons and attempts tell what happened. */
  readonly folder: string;
  #kept = false;

  private constructor(folder: string, options: RigOptions) {
    this.folder = folder;
    this.#options = options;
    this.#states = Array.from(
      { length: options.daemons ?? 1 },
      (_, n) => stateFolder({ TROUBLESHOOT_SCHEDULER_DIR: join(options.stateRoot ?? folder, `state-${n}`) }),
    );
    this.#location = options.url === undefined ? { path: this.#states[0]!.store } : { url: options.url };
  }

  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig(await Deno.makeTempDir({ prefix: "sb-crash-" }), options);
    const settings = ["metricsEnabled: false", "healthCheckPort: 0", "minFreeSpace: 4kB"];
    if (options.url !== undefined) {
      settings.push("storageBackend: kv-connect", `storageConfig: { url: "${options.url}" }`);
    }
    for (const state of rig.#states) {
      await Deno.mkdir(state.root, { recursive: true });
      await Deno.writeTextFile(state.configFile, settings.join("\n") + "\n");
    }
    await Deno.writeTextFile(rig.#journal, "");
    return rig;
  }

  /** Jobs with one due time each. */
  async addSlots(slots: readonly { mode: AttemptMode; dueAt: Date }[]): Promise<void> {
    const jobs = slots.map(({ mode, dueAt }) => crashJob(mode, "@yearly", { nextRun: dueAt.toISOString() }));
    await this.#withStore((store) => Promise.all(jobs.map((job) => store.createJob(job))));
    for (const { id, nextRun } of jobs) this.#due.set(id, { firstMs: Date.parse(nextRun!) });
  }

  /** A job that is due every second from now on. */
  async addEverySecond(mode: AttemptMode, overlapPolicy: Job["overlapPolicy"]): Promise<void> {
    const job = withNextRun(crashJob(mode, "@every 1s", { overlapPolicy }), new Date());
    await this.#withStore((store) => store.createJob(job));
    this.#due.set(job.id, { firstMs: Date.parse(job.nextRun!), everyMs: 1_000 });
  }

  /** @param n which of the state folders it serves */
  start(order: Omit<DaemonOrder, "leaseTimes">, n = 0): DaemonProcess {
    return new DaemonProcess({ ...order, leaseTimes: this.#options.leaseTimes }, {
      TROUBLESHOOT_SCHEDULER_DIR: this.#states[n]!.root,
      CRASH_JOURNAL: this.#journal,
      CRASH_MARK: this.#mark,
    });
  }

  /** Lets healthy daemons finish what is begun, stops them, and looks at what is left. No job is due any more after it. */
  async evidence(): Promise<Evidence> {
    const daemons = this.#states.map((_, n) => this.start({ seed: 0 }, n));
    for (const { pid } of daemons) {
      await until(
        `the daemon ${pid} to be ready`,
        async () => (await this.#noted("ready")).flat().includes(String(pid)),
      );
    }
    await this.#withStore((store) => this.#comeToRest(store));
    const strangers = (await livingProcesses(this.#mark)).filter(({ pid }) => daemons.every((it) => it.pid !== pid));
    for (const daemon of daemons) daemon.signal("SIGTERM");
    await Promise.all(daemons.map((daemon) => daemon.ended));
    const processes = [...strangers, ...await livingProcesses(this.#mark)];
    const files = (await Promise.all(this.#states.map(leftFiles))).flat();
    const unreadable = await unreadableRecords(this.#location);
    return await this.#withStore(async (store) => ({
      slots: (await store.listJobs()).map((job) => ({ job, due: dueTimes(this.#due.get(job.id)!) })),
      executions: await store.listExecutions(),
      accepted: (await this.#noted("accepted"))
        .map(([execution, status, endTime]) => ({ execution: execution!, status: status!, endTime: endTime! })),
      concurrent: (await this.#noted("concurrent")).map(([execution]) => execution!),
      processes: processes.map(({ pid, command }) => `${pid} (${command})`),
      files: files.filter((file) => !file.includes(".corrupt-")),
      unreadable: [...unreadable, ...files.filter((file) => file.includes(".corrupt-"))],
      disagreements: await store.repair({ dryRun: true }),
    }));
  }

  /** How often what was killed where: those that were killed told so. */
  async kills(): Promise<Map<string, number>> {
    const names = (await this.#noted("killed")).map(([name]) => name!);
    return new Map([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
  }

  /** Has the folder stay, for whoever looks for the reason of a fault, and what lies elsewhere with it. */
  async keep(): Promise<void> {
    this.#kept = true;
    if (this.#options.stateRoot !== undefined) {
      await copyFolder(this.#options.stateRoot, join(this.folder, "states"), { recursive: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await killLiving(this.#mark);
    if (!this.#kept) await Deno.remove(this.folder, { recursive: true });
  }

  async #comeToRest(store: KvJobStore): Promise<void> {
    for (const [id, times] of this.#due) {
      if (times.everyMs === undefined) continue;
      await store.updateJob(id, (job) => {
        times.untilMs = Date.parse(job.nextRun!);
        return { ...job, nextRun: null };
      });
    }
    // What is still to come due is neither due nor active.
    const comesLast = Math.max(
      ...[...this.#due.values()].map(({ firstMs, everyMs }) => everyMs === undefined ? firstMs : 0),
    );
    await systemClock.sleep(comesLast - Date.now());
    let least = Infinity;
    for (let deadline = Infinity; Date.now() < deadline; await systemClock.sleep(50)) {
      // In this order: what is not due any more is active, or done.
      const due = await store.dueJobs(new Date());
      const left = due.length + (await store.activeExecutions()).length;
      if (left === 0) return;
      if (left < least) deadline = Date.now() + STANDSTILL_MS;
      least = Math.min(least, left);
    }
  }

  /** The words after `what` in the lines of the journal that begin with it. */
  async #noted(what: string): Promise<string[][]> {
    const lines = (await Deno.readTextFile(this.#journal)).split("\n").map((line) => line.split(" "));
    return lines.filter(([first]) => first === what).map(([_, ...words]) => words);
  }

  get #journal(): string {
    return join(this.folder, "journal");
  }

  /** Opened for this one use, as a command would: a file that stays open here would not be recovered by the daemons. */
  async #withStore<T>(use: (store: KvJobStore) => Promise<T>): Promise<T> {
    const store = await openJobStore(this.#location);
    try {
      return await use(store);
    } finally {
      store.close();
    }
  }
}

/** The due times that a job has had: one, or a series. Milliseconds since the epoch. */
interface DueTimes {
  firstMs: number;
  everyMs?: number;
  /** The first that does not count any more. */
  untilMs?: number;
}

function dueTimes({ firstMs, everyMs = Infinity, untilMs = firstMs + 1 }: DueTimes): string[] {
  const times: string[] = [];
  for (let at = firstMs; at < untilMs; at += everyMs) times.push(new Date(at).toISOString());
  return times;
}

/** A job that is tried again until it completes, whatever happens to it. */
function crashJob(mode: AttemptMode, schedule: string, fields: Partial<Job>): Job {
  const id = newJobId();
  return jobSchema.parse({
    id,
    name: `${mode}-${id}`,
    cronSchedule: schedule,
    schedules: [schedule],
    specFiles: [`fake:${mode}`],
    retry: { maxAttempts: 10_000, delay: "10ms", maxDelay: "10ms" },
    createdAt: new Date().toISOString(),
    ...fields,
  });
}
