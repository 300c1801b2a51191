import type { KubeObject } from "../kube/kube_client.ts";

/** The label of everything that collectors create. Other tools that read the same specs set it too: by itself it says
 * nothing about whose an object is. */
export const MANAGED_BY: Readonly<Record<string, string>> = { "app.kubernetes.io/managed-by": "troubleshoot.sh" };

const RUN = "support-bundle.troubleshoot.sh/run-id";
const EXPIRES = "support-bundle.troubleshoot.sh/expires-at";

/** What tells the objects of one collector's run from all others. */
export interface ObjectMark {
  runId: string;
  /** From this instant on nobody works with the object any more: if it still exists, its run was killed. */
  expiresAt: Date;
}

/** The manifest with the mark added; what it says itself stays. */
export function marked(manifest: KubeObject, { runId, expiresAt }: ObjectMark): KubeObject {
  const { metadata } = manifest;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...MANAGED_BY },
      annotations: { ...metadata.annotations, [RUN]: runId, [EXPIRES]: expiresAt.toISOString() },
    },
  };
}

/** The run that created an object; undefined for an object of anybody else. */
export function runIdOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[RUN];
}

/** True for what a killed run left behind: it has both annotations and the label, nothing in the cluster owns it, and its
 * time is over. */
export function isOrphan(object: KubeObject, now: Date): boolean {
  const { labels, annotations, ownerReferences } = object.metadata;
  const ours = Object.entries(MANAGED_BY).every(([name, value]) => labels?.[name] === value);
  if (!ours || !annotations?.[RUN] || (Array.isArray(ownerReferences) && ownerReferences.length > 0)) return false;
  const expiresAt = new Date(annotations[EXPIRES] ?? "").getTime();
  return !Number.isNaN(expiresAt) && expiresAt <= now.getTime();
}
