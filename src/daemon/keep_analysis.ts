import { describeError } from "../core/errors.ts";
import type { Job } from "../schedule/job.ts";
import type { StateFolder } from "../schedule/state_folder.ts";
import type { AttemptEnd } from "./attempt_process.ts";
import { executionPaths } from "./build_request.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { FinishedAttempt } from "./finish_attempt.ts";

/** Writes the results of the analyzers beside the bundle, and notes down where. */
export async function keepAnalysis(
  { execution }: FinishedAttempt,
  { report }: AttemptEnd,
  job: Job,
  state: StateFolder,
  log: DaemonLog,
): Promise<void> {
  if (report?.archive === undefined || report.analysis.length === 0) return;
  const { analysis } = executionPaths(job, execution.id, state);
  try {
    await Deno.writeTextFile(analysis, JSON.stringify(report.analysis, null, 2) + "\n", { mode: 0o600 });
    execution.analysisPath = analysis;
  } catch (error) {
    log.warn("cannot keep the analysis beside the bundle", { error: describeError(error) });
  }
}
