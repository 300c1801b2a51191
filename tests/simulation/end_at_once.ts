import type { JobStore } from "../../src/store/job_store.ts";
import { withMethods } from "../../src/store/with_methods.ts";

/** A store whose executions are completed as soon as they are created, so that none is in the way of the next. */
export function endAtOnce(store: JobStore): JobStore {
  return withMethods(store, {
    async fire(jobId, execution, change) {
      const outcome = await store.fire(jobId, execution, change);
      if (outcome === "created" && execution.status === "pending") {
        await store.updateExecution(execution.id, (it) => ({ ...it, status: "completed", endTime: it.scheduledAt }));
      }
      return outcome;
    },
  });
}
