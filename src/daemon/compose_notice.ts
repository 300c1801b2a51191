import { addressMessage } from "../notify/address_message.ts";
import type { RunFacts } from "../notify/compose_notification.ts";
import type { Notification, NotifiedFinding, NotifierHabits } from "../notify/notifier.ts";
import type { PreviousRun } from "../notify/notify_events.ts";
import { SCHEDULER } from "../schedule/apply_firing.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { Notice } from "../schedule/notice.ts";
import type { Recipient } from "./recipients.ts";

/** Of a notice, as JSON: twenty of them fit into one step of the store. */
const MAX_BYTES = 24 * 1024;

/** What recipients are told of an execution that has ended: one notice for each who wants to know.
 * @param job as it is after the execution; undefined: it is gone
 * @param at when it ended
 * @param host name of this machine */
export function composeNotices(
  recipients: readonly Recipient[],
  execution: Execution,
  job: Job | undefined,
  previous: PreviousRun | undefined,
  habitsOf: (kind: string) => NotifierHabits,
  at: Date,
  host: string,
): Notice[] {
  const facts = factsOf(execution, job, previous);
  return recipients.flatMap((recipient) => {
    const message = addressMessage(recipient, habitsOf(recipient.kind), facts, at, host);
    if (message === undefined) return [];
    const { target, direct } = recipient;
    return [{ schemaVersion: 1, target, id: execution.id, at: at.toISOString(), direct, message: bounded(message) }];
  });
}

function factsOf(execution: Execution, job: Job | undefined, previous: PreviousRun | undefined): RunFacts {
  const { id, jobId, jobName, scheduledAt, retryCount, bundlePath, uploadUrl, bundleSize, bundleSha256 } = execution;
  return {
    job: { id: jobId, name: job?.name ?? jobName },
    execution: { id, scheduledAt, attempt: retryCount + 1 },
    status: execution.status,
    error: execution.error || undefined,
    undelivered: undelivered(execution),
    paused: job?.paused?.by === SCHEDULER ? { note: job.paused.note } : undefined,
    findings: execution.findings,
    previous,
    bundle: bundleSha256 === ""
      ? undefined
      : { path: bundlePath || undefined, url: uploadUrl || undefined, bytes: bundleSize, sha256: bundleSha256 },
  };
}

/** What {@linkcode RunFacts} say of a bundle that has not arrived. */
export function undelivered({ upload: { state, refused } }: Pick<Execution, "upload">): RunFacts["undelivered"] {
  return state !== "waiting" ? undefined : refused ? "refused" : "waiting";
}

/** The message with as many findings, and as much of their texts, as there is room for. */
function bounded(message: Notification): Notice["message"] {
  let fitting = message;
  for (let keep = 25, length = 500; sizeOf(fitting) > MAX_BYTES && keep > 0; keep >>= 1, length = 200) {
    const cut = (findings: NotifiedFinding[]) =>
      findings.slice(0, keep).map((finding) => ({
        ...finding,
        title: finding.title.slice(0, 200),
        message: finding.message.slice(0, length),
        evidence: finding.evidence?.slice(0, 300),
      }));
    fitting = {
      ...message,
      error: message.error?.slice(0, length),
      newFindings: cut(message.newFindings),
      fixedFindings: cut(message.fixedFindings),
    };
  }
  if (sizeOf(fitting) > MAX_BYTES) fitting = { ...fitting, newFindings: [], fixedFindings: [], bundle: undefined };
  return { ...fitting };
}

function sizeOf(message: Notification): number {
  return new TextEncoder().encode(JSON.stringify(message)).length;
}
