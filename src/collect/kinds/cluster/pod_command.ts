import { bytesEntry, type FileEntry, type MissingReason } from "../../../bundle/entry.ts";
import { anySignal } from "../../../core/any_signal.ts";
import { errorCode, SupportBundleError } from "../../../core/errors.ts";
import type { AccessNeed } from "../../../kube/access.ts";
import type { ExecResult, ExecTarget, KubeClient, KubeObject } from "../../../kube/kube_client.ts";
import type { CollectContext } from "../../collector.ts";
import { startDeadline } from "../../deadline.ts";
import { missingReason, rethrowFatal } from "./kube_failure.ts";

/** Bytes of a command's stdout, and of its stderr; what comes after is dropped. */
export const MAX_OUTPUT_BYTES = 10_000_000;

/** What finding a pod and running something in it takes. */
export function execNeeds(namespace: string): AccessNeed[] {
  const where = namespace ? { namespace } : {};
  return [
    { verb: "list", resource: "pods", ...where },
    { verb: "create", resource: "pods", subresource: "exec", ...where },
  ];
}

export function podsPath(namespace: string): string {
  return namespace ? `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods` : "/api/v1/pods";
}

/** The first pod of a selector that runs; the first of all where none does.
 * @param namespace empty: all namespaces */
export async function findPod(
  kube: KubeClient,
  namespace: string,
  labelSelector: string,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  let first: KubeObject | undefined;
  for await (
    const page of kube.list(podsPath(namespace), { labelSelector: labelSelector || undefined, signal })
  ) {
    const running = page.items.find(({ metadata, status }) =>
      status?.phase === "Running" && metadata.deletionTimestamp === undefined
    );
    if (running !== undefined) return running;
    first ??= page.items[0];
  }
  return first;
}

/** A container of a pod, as one writes it: `namespace/pod/container`. */
export function describeTarget({ namespace, pod, container }: Omit<ExecTarget, "command">): string {
  return `${namespace}/${pod}/${container}`;
}

/** What came of a command: its output, whatever its exit code, or why it was not to be had. */
export type CommandOutcome = { result: ExecResult } | { error: unknown };

/** Runs a command in a container.
 * @param options `timeoutMs`: then the outcome is a TIMEOUT error, and the process is left to itself. `unwanted`: ends it early
 * @throws what no further command can survive: an abort, a cluster that cannot be reached */
export async function runInPod(
  { kube, clock, signal }: Pick<CollectContext, "kube" | "clock" | "signal">,
  target: ExecTarget,
  { timeoutMs, unwanted }: { timeoutMs?: number; unwanted?: AbortSignal } = {},
): Promise<CommandOutcome> {
  using parent = unwanted === undefined ? undefined : anySignal(signal, unwanted);
  using deadline = startDeadline(clock, timeoutMs, parent ?? signal);
  try {
    return { result: await kube.exec(target, { signal: deadline.signal, maxBytes: MAX_OUTPUT_BYTES }) };
  } catch (error) {
    if (deadline.expired) return { error: commandTimeout(target, timeoutMs!) };
    rethrowFatal(error, parent ?? signal);
    return { error };
  }
}

function commandTimeout({ command }: ExecTarget, timeoutMs: number): SupportBundleError {
  return new SupportBundleError(`timeout: "${command.join(" ")}" did not end within ${timeoutMs / 1000} s`, {
    code: "TIMEOUT",
    hint: "Give the collector a longer timeout; the process in the pod may still run",
  });
}

/** Why a command gave nothing, in the words of the manifest. */
export function outcomeReason(error: unknown): MissingReason {
  return errorCode(error) === "TIMEOUT" ? "timed-out" : missingReason(error);
}

/** One stream of a command's output as a file, marked where it was cut. */
export function outputEntry(path: string, bytes: Uint8Array, truncated: boolean, source: string): FileEntry {
  const entry = bytesEntry(path, bytes, source);
  if (truncated && bytes.length >= MAX_OUTPUT_BYTES) entry.truncated = { limit: `${MAX_OUTPUT_BYTES} bytes` };
  return entry;
}
