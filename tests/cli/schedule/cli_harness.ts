import { join } from "node:path";
import type { CliContext } from "../../../src/cli/cli_context.ts";
import { isPrinted } from "../../../src/cli/command.ts";
import { scheduleCommand } from "../../../src/cli/schedule/schedule_command.ts";
import type { Account } from "../../../src/core/account.ts";
import type { Clock } from "../../../src/core/clock.ts";
import { SupportBundleError } from "../../../src/core/errors.ts";
import { type Execution, executionId, executionSchema } from "../../../src/schedule/execution.ts";
import { type Job, jobSchema } from "../../../src/schedule/job.ts";
import { stateFolder } from "../../../src/schedule/state_folder.ts";
import type { JobStore } from "../../../src/store/job_store.ts";
import { openJobStore } from "../../../src/store/kv_job_store.ts";
import { ManualClock } from "../../manual_clock.ts";

export const NOW = "2026-03-02T10:00:00.000Z";

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
  /** What was thrown, as the user would read it. */
  message: string;
  hint: string;
}

export interface HarnessOptions {
  /** Width of the terminal on standard output; absent: a pipe. */
  columns?: number;
  /** What the user types; present: standard input and error are a terminal. */
  answer?: string;
  env?: Record<string, string>;
  /** Ctrl-C. */
  signal?: AbortSignal;
  /** Who gives the command, instead of who runs the test. */
  account?: Account;
  /** Instead of the harness's own, which stands still. */
  clock?: Clock;
}

/** A state folder with a real store, and the commands of `schedule` run in this process against it. */
export class CliHarness implements AsyncDisposable {
  readonly clock = new ManualClock(NOW);
  private constructor(readonly root: string) {}

  static async create(): Promise<CliHarness> {
    return new CliHarness(await Deno.makeTempDir({ prefix: "schedule-cli-" }));
  }

  get env(): Record<string, string> {
    return { HOME: this.root, TROUBLESHOOT_SCHEDULER_DIR: join(this.root, "state") };
  }

  get state() {
    return stateFolder(this.env);
  }

  async run(args: string[], options: HarnessOptions = {}): Promise<Result> {
    const { cli, printed } = this.context(options);
    const ended = (code: number, message = "", hint = "") => ({ code, ...printed, message, hint });
    try {
      await scheduleCommand(cli).parseAsync(args, { from: "user" });
      return ended(cli.exitCode);
    } catch (error) {
      if (isPrinted(error)) return ended(error.exitCode);
      if (!(error instanceof SupportBundleError)) throw error;
      return ended(error.exitCode, error.message, error.hint);
    }
  }

  /** The outside world of one command, and what the command prints to it. */
  context(options: HarnessOptions = {}): { cli: CliContext; printed: { stdout: string; stderr: string } } {
    const printed = { stdout: "", stderr: "" };
    const never = new AbortController().signal;
    const cli: CliContext = {
      env: { ...this.env, ...options.env },
      cwd: this.root,
      clock: options.clock ?? this.clock,
      stdout: {
        write: (text) => void (printed.stdout += text),
        isTerminal: options.columns !== undefined,
        columns: options.columns ?? Infinity,
      },
      stderr: { write: (text) => void (printed.stderr += text), isTerminal: options.answer !== undefined, columns: 80 },
      stdin: {
        isTerminal: options.answer !== undefined,
        readAll: () => Promise.resolve(""),
        readLine: () => Promise.resolve(options.answer),
      },
      account: options.account,
      signal: options.signal ?? never,
      abort: never,
      exitCode: 0,
    };
    return { cli, printed };
  }

  /** As `run`, for what must succeed; its standard output is parsed as JSON. */
  // deno-lint-ignore no-explicit-any -- a test reads what a script would
  async json(args: string[]): Promise<any> {
    const result = await this.run([...args, "-o", "json"]);
    if (result.code !== 0) throw new Error(`exit code ${result.code}: ${result.message || result.stderr}`);
    return JSON.parse(result.stdout);
  }

  async withStore<T>(action: (store: JobStore) => Promise<T>): Promise<T> {
    const store = await openJobStore({ path: this.state.store });
    try {
      return await action(store);
    } finally {
      store.close();
    }
  }

  async addJob(fields: Partial<Job> & { name: string }): Promise<Job> {
    const schedules = fields.schedules ?? ["0 2 * * *"];
    const job = jobSchema.parse({
      id: `job-${(++this.#count).toString(16).padStart(10, "0")}`,
      cronSchedule: schedules[0],
      schedules,
      autoDiscovery: true,
      createdAt: "2026-03-01T00:00:00.000Z",
      nextRun: fields.enabled === false ? null : "2026-03-03T02:00:00.000Z",
      status: fields.enabled === false ? "disabled" : "pending",
      ...fields,
    });
    await this.withStore((store) => store.createJob(job));
    return job;
  }

  async addExecution(job: Job, scheduledAt: string, fields: Partial<Execution> = {}): Promise<Execution> {
    const execution = executionSchema.parse({
      id: executionId(job.id, new Date(scheduledAt)),
      jobId: job.id,
      jobName: job.name,
      scheduledAt,
      ...fields,
    });
    await this.withStore((store) => store.fire(job.id, execution, (it) => it));
    return execution;
  }

  /** Everything that is stored, to see that nothing has changed. */
  async snapshot(): Promise<unknown> {
    return await this.withStore(async (store) => ({
      jobs: await store.listJobs(),
      executions: await store.listExecutions({ limit: 1000 }),
    }));
  }

  async file(name: string, text: string): Promise<string> {
    const path = join(this.root, name);
    await Deno.writeTextFile(path, text);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }

  #count = 0;
}
