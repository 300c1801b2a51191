import type { Execution } from "./execution.ts";
import { classifyFailure, type FailureClass } from "./failure_class.ts";

/** An execution that failed for good, and that nothing has made good since. */
export interface DeadLetter {
  execution: string;
  job: string;
  jobId: string;
  /** RFC 3339, UTC. */
  scheduledAt: string;
  endTime: string | null;
  status: Execution["status"];
  attempts: number;
  class: FailureClass;
  error: string;
  errorCode: string;
  /** The last execution that was made to recover it; empty: there is none. */
  recoveredBy: string;
  /** The command that recovers it. */
  recover: string;
}

/** Whether an execution was given up, or cut off by somebody: not those that their job's deletion, its overlap policy or the
 * leak gate ended, which is what those are for. */
export function isGivenUp({ status, errorCode }: Pick<Execution, "status" | "errorCode">): boolean {
  return status === "failed" || (status === "cancelled" && errorCode === "INTERRUPTED");
}

/** Whether a run is as good as was wanted. A partial bundle is a result. */
export function isSuccess({ status }: Pick<Execution, "status">): boolean {
  return status === "completed" || status === "partial";
}

/** Those of a job's executions that failed for good, without those after whose end the job succeeded: a bundle shows what is
 * there when it is collected, so the later one stands for all that failed before it.
 * @param lastSuccess when the job's last success ended; undefined: it had none
 * @returns in the order of `executions` */
export function deadLetters(executions: readonly Execution[], lastSuccess: Date | undefined): Execution[] {
  return executions.filter((it) =>
    isGivenUp(it) && (lastSuccess === undefined || it.endTime === null || new Date(it.endTime) > lastSuccess)
  );
}

/** For `-o json`. */
export function toDeadLetter(execution: Execution): DeadLetter {
  const { errorCode, exitCode, errorClass } = execution;
  const transient = errorCode === "INTERRUPTED";
  return {
    execution: execution.id,
    job: execution.jobName,
    jobId: execution.jobId,
    scheduledAt: execution.scheduledAt,
    endTime: execution.endTime,
    status: execution.status,
    attempts: execution.retryCount + 1,
    class: errorClass === "" ? classifyFailure({ errorCode, exitCode, transient }) : errorClass,
    error: execution.error,
    errorCode,
    recoveredBy: execution.recoveredBy,
    recover: `support-bundle schedule recover --execution-id ${execution.id}`,
  };
}
