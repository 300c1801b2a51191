import type { Clock } from "../core/clock.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import type { KubeClient, KubeObject } from "../kube/kube_client.ts";
import { isOrphan, MANAGED_BY } from "./object_mark.ts";

const SWEEP_MS = 15_000;

/** Deletes what killed runs left in a collection, and nothing else (see {@linkcode isOrphan}).
 *
 * @param collection API path, such as `/api/v1/namespaces/x/pods`
 * @returns the names that were removed. What could not be listed or removed stays for the next sweep: it is no reason to
 * fail a run that has nothing to do with it. */
export async function sweepOrphans(
  kube: KubeClient,
  collection: string,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<string[]> {
  const removed: string[] = [];
  const labelSelector = Object.entries(MANAGED_BY).map((pair) => pair.join("=")).join(",");
  try {
    await withTimeLimit(SWEEP_MS, signal, async (signal) => {
      const orphans: KubeObject[] = [];
      for await (const page of kube.list(collection, { labelSelector, signal })) {
        orphans.push(...page.items.filter((item) => isOrphan(item, clock.now())));
      }
      for (const { metadata } of orphans) {
        // The uid: another object may have taken the name since.
        const query = { uid: metadata.uid as string, gracePeriodSeconds: 0, propagationPolicy: "Background" };
        await kube.delete(`${collection}/${encodeURIComponent(metadata.name)}`, { query, signal });
        removed.push(metadata.name);
      }
    });
  } catch {
    // As said above; the caller's own request tells what is wrong with the cluster.
  }
  return removed;
}

/** As {@linkcode sweepOrphans}, once for each client and collection, however many collectors ask at the same time. */
export async function sweepOnce(
  kube: KubeClient,
  collection: string,
  options: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  let swept = sweeps.get(kube);
  if (swept === undefined) sweeps.set(kube, swept = new Map());
  let sweep = swept.get(collection);
  if (sweep === undefined) swept.set(collection, sweep = sweepOrphans(kube, collection, options));
  await sweep;
}

const sweeps = new WeakMap<KubeClient, Map<string, Promise<string[]>>>();
