import type { KubeObject } from "../kube/kube_client.ts";
import { isPodUnhealthy, podStatusReason } from "../kube/pod_health.ts";
import type { FoundObject } from "./cluster_files.ts";
import { countAt, cutName, objectsAt, textAt } from "./fields.ts";
import { Bounded, Tally } from "./tally.ts";

export interface PodFacts {
  total: number;
  /** Of the pod, as its status says it. */
  phases: { name: string; count: number }[];
  unhealthy: Bounded<UnhealthyPod>;
  images: { total: number; top: { name: string; count: number }[] };
}

export interface UnhealthyPod {
  namespace: string;
  name: string;
  /** As `kubectl get pods` has it. */
  state: string;
  restarts: number;
  node?: string;
  path: string;
}

const MAX_UNHEALTHY = 25;
const MAX_IMAGES = 10;
/** Those that restarted most come first; of more than this, any. */
const MAX_SORTED = 10_000;
const PHASES = ["Running", "Succeeded", "Pending", "Failed"];

/** What is to be said of all pods, from one after the other. */
export class PodsData {
  #total = 0;
  readonly #phases = new Tally(20);
  readonly #images = new Tally(20_000);
  readonly #unhealthy: UnhealthyPod[] = [];
  #unhealthyCount = 0;

  add({ object, namespace, name, path }: FoundObject): void {
    this.#total++;
    const phase = textAt(object, "status", "phase") ?? "Unknown";
    this.#phases.add(PHASES.includes(phase) ? phase : "Unknown");
    for (const container of objectsAt(object, "spec", "containers")) {
      const image = textAt(container, "image");
      if (image !== undefined) this.#images.add(cutName(image));
    }
    const state = stateOf(object as KubeObject);
    if (state === undefined || ++this.#unhealthyCount > MAX_SORTED) return;
    const restarts = objectsAt(object, "status", "containerStatuses")
      .reduce((sum, status) => sum + countAt(status, "restartCount"), 0);
    const node = textAt(object, "spec", "nodeName");
    this.#unhealthy.push({
      namespace: cutName(namespace),
      name: cutName(name),
      path,
      restarts,
      state: cutName(state),
      node: node && cutName(node),
    });
  }

  facts(): PodFacts {
    const unhealthy = new Bounded<UnhealthyPod>(MAX_UNHEALTHY);
    for (const pod of this.#unhealthy.toSorted((a, b) => b.restarts - a.restarts)) unhealthy.add(pod);
    unhealthy.total = this.#unhealthyCount;
    return {
      total: this.#total,
      phases: this.#phases.top(5),
      unhealthy,
      images: { total: this.#images.size, top: this.#images.top(MAX_IMAGES) },
    };
  }
}

/** Undefined for a pod that is well. */
function stateOf(pod: KubeObject): string | undefined {
  try {
    if (!isPodUnhealthy(pod)) return undefined;
    const state: unknown = podStatusReason(pod);
    return typeof state === "string" ? state : "Unknown";
  } catch {
    return "Unknown"; // its status is not one of Kubernetes
  }
}
