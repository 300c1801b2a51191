import type { DaemonStatus } from "../../daemon/control_protocol.ts";
import { isGivenUp } from "../../schedule/dead_letter.ts";
import type { Execution } from "../../schedule/execution.ts";
import type { Job } from "../../schedule/job.ts";
import { decideTurn } from "../../schedule/overlap.ts";
import { relativeTime, spanText, utcTime } from "../render/time.ts";
import { errorText } from "./execution_text.ts";
import { whyNothingDue } from "./schedule_text.ts";

export interface JobSurroundings {
  now: Date;
  /** Undefined: none is running. */
  daemon: DaemonStatus | undefined;
  /** The job's executions that are pending, running or retrying. */
  active: Execution[];
  /** Newest due time first. */
  recent: Execution[];
}

/** Why a job is in the state it is in, the most pressing reason first. Never empty. */
export function stateReasons(job: Job, { now, daemon, active, recent }: JobSurroundings): string[] {
  const reasons: string[] = [];
  if (daemon === undefined) {
    reasons.push("no daemon is running, so nothing starts: `support-bundle schedule daemon start`");
  } else if (daemon.draining) {
    reasons.push(`the daemon (pid ${daemon.pid}) is stopping, so nothing starts`);
  }
  reasons.push(...active.map((execution) => activeReason(execution, active, now, daemon)));
  const last = recent.find(({ status }) => !["pending", "running", "retrying"].includes(status));
  if (last !== undefined && ["failed", "partial", "quarantined", "cancelled"].includes(last.status)) {
    const why = errorText(last);
    reasons.push(`the last execution was ${last.status}${why === "" ? "" : `: ${why}`} (${last.id})`);
    if (isGivenUp(last) && last.recoveredBy === "") {
      reasons.push(
        `once its cause is gone: \`support-bundle schedule recover --execution-id ${last.id}\` runs it again`,
      );
    }
  }
  if (!job.enabled) {
    reasons.push(
      `disabled${pauseText(job.paused, now)}: it runs with \`schedule run\` only, until \`schedule enable\``,
    );
    if (job.paused !== null && job.paused.note !== "") reasons.push(`why it is disabled: ${job.paused.note}`);
  } else if (job.nextRun === null) {
    reasons.push(whyNothingDue(job, now));
  } else if (new Date(job.nextRun) <= now) {
    reasons.push(`due since ${utcTime(new Date(job.nextRun))} (${spanText(now.getTime() - Date.parse(job.nextRun))})`);
  } else {
    reasons.push(`waiting for its next due time, ${relativeTime(new Date(job.nextRun), now)}`);
  }
  return reasons;
}

function pauseText(paused: Job["paused"], now: Date): string {
  if (paused === null) return "";
  const since = new Date(paused.since);
  return ` by ${paused.by} at ${utcTime(since)} (${relativeTime(since, now)})`;
}

function activeReason(
  execution: Execution,
  active: Execution[],
  now: Date,
  daemon: DaemonStatus | undefined,
): string {
  switch (execution.status) {
    case "running": {
      const since = execution.startTime === null ? now : new Date(execution.startTime);
      const progress = daemon?.executions.find(({ id }) => id === execution.id)?.progress;
      return `running since ${utcTime(since)} (${spanText(now.getTime() - since.getTime())})` +
        `${progress ? `: ${progress}` : ""} (${execution.id})`;
    }
    case "retrying":
      return `waiting for its next attempt${
        execution.retryAt === null ? "" : ` at ${utcTime(new Date(execution.retryAt))}`
      }, after: ${errorText(execution) || "a failure"} (${execution.id})`;
    default: {
      const turn = decideTurn(execution, active, now);
      if (execution.notBefore !== null && new Date(execution.notBefore) > now) {
        return `${execution.id} is put off until ${utcTime(new Date(execution.notBefore))}`;
      }
      if (turn.do === "wait") return `${execution.id} waits for the end of ${turn.behind}`;
      const held = daemon?.held?.find(({ id }) => id === execution.id);
      if (held !== undefined) return `${execution.id} waits for ${held.reason}`;
      return daemon === undefined
        ? `${execution.id} is queued`
        : `${execution.id} waits for a free slot (${daemon.executions.length} of ${daemon.maxConcurrent} in use)`;
    }
  }
}
