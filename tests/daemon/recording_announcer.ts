import { systemClock } from "../../src/core/clock.ts";
import { Announcer } from "../../src/daemon/announcer.ts";
import type { NotifierSettings } from "../../src/daemon/settings.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import type { Job } from "../../src/schedule/job.ts";
import type { JobStore } from "../../src/store/job_store.ts";
import { recordingLog } from "./fake_log.ts";

/** The daemon's announcer with nobody who sends; it remembers of which executions somebody is to be told.
 * @param toldOf the jobs, as they were then */
export function recordingAnnouncer(
  store: JobStore,
  told: Execution[],
  toldOf: (Job | undefined)[] = [],
  notifiers: Record<string, NotifierSettings> = {},
): Pick<Announcer, "started" | "ended" | "wake"> {
  const sender = { wake() {}, started() {} };
  const announcer = new Announcer({
    store,
    clock: systemClock,
    log: recordingLog().log,
    notifiers: () => notifiers,
    sender,
  });
  return {
    started: (job, execution) => announcer.started(job, execution),
    wake: () => announcer.wake(),
    async ended(job, execution) {
      const notices = await announcer.ended(job, execution);
      return notices && ((ended, after) => {
        const composed = notices(ended, after);
        if (composed.length > 0) {
          told.push(ended);
          toldOf.push(after);
        }
        return composed;
      });
    },
  };
}
