import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { SCHEDULER } from "../schedule/apply_firing.ts";
import type { KubeOptions } from "../kube/kube_client.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import type { DaemonLog } from "./daemon_log.ts";

/** Tells a job's notifiers that an execution failed, in place of a child that could not, and that the job was paused for
 * it. Takes the job as it is after the execution. Loads the notifiers only then: the supervisor is to stay small.
 * @returns a function that never rejects for what a notifier does */
export function failureNotifier(
  context: {
    env: Readonly<Record<string, string>>;
    /** @param kube the cluster that `k8s-secret:` means */
    secret(kube?: KubeOptions): ReadSecret;
    clock: Clock;
    signal: AbortSignal;
    log: DaemonLog;
  },
): (job: Job, execution: Execution, previous: Execution | undefined) => Promise<void> {
  return async (job, execution, previous) => {
    const { notifyAll } = await import("../notify/notify_all.ts");
    const log = context.log.with({ component: "notifier", job: job.name, execution: execution.id });
    const outcome = await notifyAll(job.notify, {
      job: { id: job.id, name: job.name },
      execution: { id: execution.id, scheduledAt: execution.scheduledAt, attempt: execution.retryCount + 1 },
      status: execution.status,
      error: execution.error,
      paused: job.paused?.by === SCHEDULER ? { note: job.paused.note } : undefined,
      findings: execution.findings,
      previous: previous && { status: previous.status, findings: previous.findings.top },
    }, {
      signal: context.signal,
      env: context.env,
      secret: context.secret(job.kubernetes),
      clock: context.clock,
      log: (level, message) => log[level](message),
    });
    if (outcome.status === "failed" || outcome.status === "partial") log.warn(outcome.message ?? "notifying failed");
  };
}
