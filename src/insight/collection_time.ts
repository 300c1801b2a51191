import type { ClusterFiles } from "./cluster_files.ts";
import { below, list, time } from "./loose.ts";

/** When a bundle was collected: its manifest knows. In bundles without one, the latest sign of life of the cluster counts:
 * leases are renewed every few seconds, and nodes report every few minutes. */
export async function collectionTime(cluster: ClusterFiles): Promise<number | undefined> {
  const manifest = await cluster.json("MANIFEST.json");
  const started = time(below(manifest, "startedAt"));
  if (started !== undefined) return started;
  let latest = -Infinity;
  for (const path of [...await cluster.paths("leases"), ...await cluster.paths("nodes")]) {
    const content = await cluster.json(path);
    for (const each of list(Array.isArray(content) ? content : below(content, "items"))) {
      const signs = [
        below(each, "spec", "renewTime"),
        ...list(below(each, "status", "conditions")).map((one) => one.lastHeartbeatTime),
      ];
      for (const sign of signs) latest = Math.max(latest, time(sign) ?? -Infinity);
    }
  }
  return Number.isFinite(latest) ? latest : undefined;
}
