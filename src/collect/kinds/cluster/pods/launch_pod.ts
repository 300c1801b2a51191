import type { Clock } from "../../../../core/clock.ts";
import { KubeApiError } from "../../../../kube/errors.ts";
import type { KubeObject } from "../../../../kube/kube_client.ts";
import type { CreatedObjects } from "../../../created_objects.ts";
import { type ImagePullSecret, pullSecrets } from "./image_pull_secret.ts";

/** A pod that a collector starts. */
export interface PodPlan {
  namespace: string;
  /** The wanted name. When it is taken, by another run or a leftover, the pod gets a suffix. */
  name?: string;
  /** How the name begins, where none is wanted. */
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** A PodSpec. Without `restartPolicy` the pod runs once. */
  spec: Record<string, unknown>;
  imagePullSecret?: ImagePullSecret;
}

/** Creates a pod and, where its plan brings a login, the secret with it. Should this program be killed, the pod is ended by
 * its own deadline, before the next run sweeps it away. */
export async function launchPod(objects: CreatedObjects, plan: PodPlan, clock: Clock): Promise<KubeObject> {
  const { namespace, name, generateName = "troubleshoot-", labels, annotations } = plan;
  const secrets = await pullSecrets(objects, namespace, plan.imagePullSecret);
  const inSpec = Array.isArray(plan.spec.imagePullSecrets) ? plan.spec.imagePullSecrets : [];
  const spec = {
    restartPolicy: "Never",
    activeDeadlineSeconds: Math.ceil((objects.expiresAt.getTime() - clock.now().getTime()) / 1000),
    ...plan.spec,
    ...(secrets.length > 0 ? { imagePullSecrets: [...inSpec, ...secrets] } : {}),
  };
  const collection = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const manifest = { apiVersion: "v1", kind: "Pod", spec };
  const metadata = { namespace, labels, annotations };
  if (name === undefined) {
    return await objects.create(collection, { ...manifest, metadata: { ...metadata, generateName } });
  }
  try {
    return await objects.create(collection, { ...manifest, metadata: { ...metadata, name } });
  } catch (error) {
    if (!(error instanceof KubeApiError && error.status === 409)) throw error;
    return await objects.create(collection, { ...manifest, metadata: { ...metadata, generateName: `${name}-` } });
  }
}

/** Any text as a name that a pod may have: `Check/My App` → `check-my-app`. Empty: nothing of it can be used. */
export function podName(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9.-]+/g, "-").replace(/\.+-*|-+\./g, ".").slice(0, 63)
    .replace(/^[-.]+|[-.]+$/g, "");
}
