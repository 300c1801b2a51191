import { SupportBundleError } from "../../../core/errors.ts";
import { EXIT } from "../../../core/exit_codes.ts";
import { uploadPlan } from "../../../daemon/upload_plan_of.ts";
import type { Execution, ExecutionUpload } from "../../../schedule/execution.ts";
import { queueOf } from "../../../schedule/upload_order.ts";
import type { JobStore } from "../../../store/job_store.ts";

/** A bundle that waits, as `-o json` shows it. */
export interface WaitingBundle {
  execution: string;
  job: string;
  jobId: string;
  scheduledAt: string;
  /** As the job names it now, without options and credentials. */
  destination: string;
  bundlePath: string;
  bundleSize: number;
  /** The machine that has it. */
  host: string;
  since: string | null;
  attempts: number;
  nextAt: string | null;
  /** How many of the same destination go before it. */
  behind: number;
  needsYou: boolean;
  lastError: string;
  lastErrorCode: string;
  hint: string;
}

/** What waits, in the order of due times. */
export async function waitingBundles(store: JobStore): Promise<WaitingBundle[]> {
  const before = new Map<string, number>();
  const bundles: WaitingBundle[] = [];
  for (const execution of await store.waitingUploads()) {
    const plan = await currentPlan(store, execution);
    const queue = queueOf(plan);
    const behind = before.get(queue) ?? 0;
    const { upload } = execution;
    if (!upload.needsYou) before.set(queue, behind + 1);
    bundles.push({
      execution: execution.id,
      job: execution.jobName,
      jobId: execution.jobId,
      scheduledAt: execution.scheduledAt,
      destination: plan?.url ?? upload.destination,
      bundlePath: execution.bundlePath,
      bundleSize: execution.bundleSize,
      host: upload.host,
      since: upload.since,
      attempts: upload.attempts,
      nextAt: upload.nextAt,
      behind: upload.needsYou ? 0 : behind,
      needsYou: upload.needsYou,
      lastError: upload.lastError,
      lastErrorCode: upload.lastErrorCode,
      hint: upload.hint,
    });
  }
  return bundles;
}

/** Where a bundle goes now: where its job says, or said. */
export async function currentPlan(store: JobStore, execution: Execution): Promise<ExecutionUpload["plan"]> {
  const job = await store.getJob(execution.jobId);
  return (job && uploadPlan(job.upload)) ?? execution.upload.plan;
}

/** @throws {SupportBundleError} when it does not exist, or does not wait */
export async function findWaiting(store: JobStore, id: string): Promise<Execution> {
  const execution = await store.getExecution(id);
  if (execution?.upload.state === "waiting") return execution;
  throw new SupportBundleError(
    execution === undefined
      ? `There is no execution "${id}"`
      : `The bundle of ${id} waits for nothing: ${WHY[execution.upload.state]}`,
    {
      code: execution === undefined ? "EXECUTION_NOT_FOUND" : "NOTHING_WAITS",
      exitCode: EXIT.notFound,
      hint: "`support-bundle schedule uploads` lists what waits",
    },
  );
}

const WHY: Readonly<Record<ExecutionUpload["state"], string>> = {
  none: "it was not to be delivered",
  delivered: "it was delivered",
  failed: "it was given up",
  waiting: "",
};
