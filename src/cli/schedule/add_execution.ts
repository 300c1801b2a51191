import { applyRun } from "../../schedule/apply_firing.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import type { JobStore } from "../../store/job_store.ts";

/** Adds an execution to a job, decided by the job as it is at that moment: when a run of it is added meanwhile, everything
 * is decided anew.
 * @param make what it throws ends it, with nothing written
 * @param replaceSkipped a slot whose execution was skipped is free
 * @returns `exists` when the slot has its execution, `gone` when the job was deleted */
export async function addExecution(
  store: JobStore,
  jobId: string,
  make: (job: Job) => Execution | Promise<Execution>,
  replaceSkipped = false,
): Promise<Execution | "exists" | "gone"> {
  for (;;) {
    const job = await store.getJob(jobId);
    if (job === undefined) return "gone";
    const execution = await make(job);
    let taken = false;
    const outcome = await store.fire(
      jobId,
      execution,
      (it, slotTaken) => {
        taken = slotTaken;
        return slotTaken || it.runCount !== job.runCount ? undefined : applyRun(it);
      },
      replaceSkipped,
    );
    if (outcome === "created") return execution;
    if (outcome === "gone") return "gone";
    if (taken) return "exists";
  }
}
