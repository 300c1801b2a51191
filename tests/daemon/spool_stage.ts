import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { executionPaths } from "../../src/daemon/build_request.ts";
import type { UploadResult } from "../../src/daemon/metrics.ts";
import { UploadSpool, type UploadSpoolOptions } from "../../src/daemon/upload_spool.ts";
import { uploadPlan } from "../../src/daemon/upload_plan_of.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution, ExecutionUpload } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { StateFolder } from "../../src/schedule/state_folder.ts";
import { NO_UPLOAD, waitsBehind } from "../../src/schedule/upload_state.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { PollClock } from "../poll_clock.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

const DELIVER = fileURLToPath(new URL("../fixtures/daemon/deliver.ts", import.meta.url));

/** A child that delivers as the program does. */
export const DELIVER_COMMAND = { command: Deno.execPath(), args: ["run", "-A", "--quiet", DELIVER] };

export interface SpoolStage {
  state: StateFolder;
  store: KvJobStore;
  clock: PollClock;
  spool: UploadSpool;
  lines: LoggedLine[];
  results: UploadResult[];
  /** URL of a folder that can be delivered to. */
  folder: string;
  /** Another daemon over the same store and the same files. */
  another(options?: Partial<UploadSpoolOptions>): UploadSpool;
  job(upload: Partial<Job["upload"]> & { endpoint: string }, fields?: { id?: string; name?: string }): Promise<Job>;
  /** A run of the job whose bundle waits. @param number of the run: its due time is so many minutes after midnight */
  waits(job: Job, number: number, upload?: Partial<ExecutionUpload>, bytes?: number): Promise<Execution>;
  becomes(id: string, what: string, is: (upload: ExecutionUpload, execution: Execution) => boolean): Promise<Execution>;
  delivered(id: string): Promise<Execution>;
  /** Ids of the executions whose bundles were delivered, in that order, as the log has it.
   * @param count how many to wait for: the log comes after the record */
  order(count: number): Promise<string[]>;
}

/** A spool with real children over a real store file. It is not started. */
export async function spoolStage(
  body: (stage: SpoolStage) => Promise<void>,
  options: Partial<UploadSpoolOptions> = {},
): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const { log, lines } = recordingLog();
  const clock = new PollClock();
  const results: UploadResult[] = [];
  const spools: UploadSpool[] = [];
  const make = (more: Partial<UploadSpoolOptions> = {}) => {
    const spool = new UploadSpool({
      store,
      clock,
      state,
      log,
      metrics: { upload: (result) => void results.push(result) },
      owner: `daemon ${spools.length}`,
      command: DELIVER_COMMAND,
      shared: () => false,
      ...options,
      ...more,
    });
    spools.push(spool);
    return spool;
  };
  const becomes: SpoolStage["becomes"] = (id, what, is) =>
    until(`${id} to be ${what}`, async () => {
      const found = await store.getExecution(id);
      return found !== undefined && is(found.upload, found) && found;
    });
  try {
    await body({
      state,
      store,
      clock,
      spool: make(),
      lines,
      results,
      folder: `${pathToFileURL(join(dirname(state.root), "delivered"))}/`,
      another: make,
      async job(upload, fields = {}) {
        const job = sampleJob({ schedules: ["@yearly"], upload: { enabled: true, ...upload }, ...fields });
        await store.createJob(job);
        return job;
      },
      async waits(job, number, upload = {}, bytes = 1_000) {
        const scheduledAt = new Date(Date.UTC(2026, 2, 2, 0, number));
        const { id } = { ...sampleExecution({}, job), id: `${job.id}-${stamp(scheduledAt)}` };
        const path = executionPaths(job, id, state).archive;
        const content = crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536)));
        await Deno.mkdir(dirname(path), { recursive: true });
        const hash = createHash("sha256");
        using file = await Deno.open(path, { write: true, create: true, truncate: true });
        for (let left = bytes; left > 0;) {
          const piece = content.subarray(0, left);
          hash.update(piece);
          left -= await file.write(piece);
        }
        const execution = sampleExecution({
          id,
          scheduledAt: scheduledAt.toISOString(),
          startTime: scheduledAt.toISOString(),
          endTime: scheduledAt.toISOString(),
          status: "partial",
          error: "The bundle waits",
          errorCode: "UPLOAD_SPOOLED",
          exitCode: 7,
          bundlePath: path,
          bundleSize: bytes,
          bundleSha256: hash.digest("hex"),
          stages: [{ stage: "upload", status: "skipped", code: "UPLOAD_BEHIND", durationMs: 0 }],
          upload: {
            ...waitsBehind(NO_UPLOAD, clock.now()),
            destination: job.upload.endpoint,
            plan: uploadPlan(job.upload)!,
            cluster: "prod",
            otherwise: { status: "completed", error: "", errorCode: "", exitCode: 0 },
            ...upload,
          },
        }, job);
        await store.fire(job.id, execution, applyRun);
        return execution;
      },
      becomes,
      delivered: (id) => becomes(id, "delivered", ({ state }) => state === "delivered"),
      order: (count) =>
        until(`${count} deliveries in the log`, () => {
          const told = lines.filter(({ message }) => message.startsWith("delivered the bundle"));
          return told.length >= count && told.map(({ execution }) => String(execution));
        }),
    });
  } finally {
    for (const spool of spools) {
      await spool.stop();
      await spool.stop(); // twice is harmless
    }
    store.close();
  }
}

function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]/g, "").replace(".000Z", "Z");
}
