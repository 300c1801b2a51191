import type { StageOutcome } from "../bundle/manifest.ts";
import { notifyAll } from "../notify/notify_all.ts";
import { type RunFacts, toReport } from "./judge_run.ts";
import type { PipelineContext } from "./run_pipeline.ts";

/** Tells the notifiers of a run how it ended. Never fails it.
 * @returns undefined when nobody wants to be told */
export async function tell(run: RunFacts, context: PipelineContext): Promise<StageOutcome | undefined> {
  const { request } = run;
  if (request.notify.length === 0) return undefined;
  const report = toReport(run, context.clock.now());
  return await notifyAll(request.notify, {
    job: request.job,
    execution: request.execution,
    status: report.status,
    error: report.error?.message,
    findings: report.findings,
    previous: request.previous,
    bundle: report.archive === undefined ? undefined : { ...report.archive, url: report.uploadUrl },
  }, {
    signal: context.abort,
    env: context.env,
    secret: context.secret,
    clock: context.clock,
    log: (level, message) => context.emit({ type: "log", level, component: "notifier", message }),
  });
}
