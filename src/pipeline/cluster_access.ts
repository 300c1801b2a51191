import type { AccessNeed } from "../collect/collector.ts";
import { describeError, isAbort, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { checkAccess, deniedMessage } from "../kube/access.ts";
import { KubeForbiddenError, KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import type { CollectorEntry } from "../spec/load_spec.ts";

/** What the questions before the run may take: an API server, or a webhook behind it, that hangs costs no more. */
const ANSWER_MS = 20_000;
/** What one more question may take, when it seems to be gone. */
const STILL_THERE_MS = 5_000;

/** One request, so that an absent cluster costs one deadline and gives one message.
 * @returns why there is no cluster; undefined when there is one, or when the run was interrupted */
export async function probeCluster(kube: KubeClient, signal: AbortSignal): Promise<unknown> {
  return await probe(kube, signal, ANSWER_MS);
}

/** As {@linkcode probeCluster}, of a cluster that was there at the beginning of the run. */
export async function probeAgain(kube: KubeClient, signal: AbortSignal): Promise<unknown> {
  const cause = await probe(kube, signal, STILL_THERE_MS);
  if (cause === undefined || signal.aborted) return undefined;
  const message = `The API server went away during the run: ${describeError(cause)}`;
  return new KubeUnreachableError(message, { cause });
}

async function probe(kube: KubeClient, signal: AbortSignal, ms: number): Promise<unknown> {
  const silent = (until: string) => new KubeUnreachableError(`The API server did not answer ${until}`);
  try {
    await withTimeLimit(ms, signal, (signal) => kube.get("/version", { signal }));
    return undefined;
  } catch (error) {
    if (signal.aborted) {
      return signal.reason?.name === "TimeoutError" ? silent("before the deadline of the run passed") : undefined;
    }
    if (isAbort(error)) return silent(`within ${ms / 1000} s`);
    const refused = error instanceof KubeForbiddenError && error.status === 403;
    return refused ? undefined : error;
  }
}

export interface AccessReviewOptions {
  kube: KubeClient;
  signal: AbortSignal;
  namespace?: string;
  /** Ends the run before it begins when a permission is missing. */
  requirePermissions: boolean;
  /** Told when the answers could not be had. */
  failed(message: string): void;
}

/** Asks what is allowed. A denial is a note, not a verdict: webhook authorizers deny what they cannot review.
 * @returns what is denied to each entry
 * @throws {SupportBundleError} PERMISSIONS_MISSING, where they are required */
export async function reviewAccess(
  cluster: readonly CollectorEntry[],
  options: AccessReviewOptions,
): Promise<ReadonlyMap<CollectorEntry, string[]>> {
  const { kube, signal, namespace } = options;
  const denials = new Map<CollectorEntry, string[]>();
  const wanted = cluster.flatMap((entry) =>
    (entry.unit.needs?.(entry.config, { namespace }) ?? []).map((need: AccessNeed) => ({ entry, need }))
  );
  if (wanted.length === 0 || signal.aborted) return denials;
  try {
    const needs = wanted.map(({ need }) => need);
    const answers = await withTimeLimit(ANSWER_MS, signal, (signal) => checkAccess(kube, needs, signal));
    answers.forEach(({ need, allowed }, i) => {
      if (allowed) return;
      const { entry } = wanted[i]!;
      const denial = deniedMessage(entry.unit.title(entry.config), need);
      denials.set(entry, [...denials.get(entry) ?? [], denial]);
    });
  } catch (error) {
    // What ends the run early ends the collectors, too; they say so themselves.
    options.failed(describeError(error));
  }
  if (options.requirePermissions && denials.size > 0) {
    throw new SupportBundleError([...denials.values()].flat().join("; "), {
      code: "PERMISSIONS_MISSING",
      exitCode: EXIT.clusterAccess,
      hint: "Grant the account these permissions, or leave --collect-without-permissions at its default",
    });
  }
  return denials;
}
