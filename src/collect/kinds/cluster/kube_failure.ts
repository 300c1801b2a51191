import type { MissingReason } from "../../../bundle/entry.ts";
import { isAbort } from "../../../core/errors.ts";
import { KubeconfigError, KubeForbiddenError, KubeUnreachableError } from "../../../kube/errors.ts";

/** Why something that was asked of the API server is missing. */
export function missingReason(error: unknown): MissingReason {
  if (error instanceof KubeForbiddenError) return "forbidden";
  return isAbort(error) ? "timed-out" : "failed";
}

/** Throws on what no further request can survive: an abort of the collector, and a cluster that cannot be reached. */
export function rethrowFatal(error: unknown, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (error instanceof KubeUnreachableError || error instanceof KubeconfigError) throw error;
}
