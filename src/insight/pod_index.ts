import type { ClusterFiles } from "./cluster_files.ts";
import { below, condition, list, text, texts } from "./loose.ts";
import { type Trouble, troubleOf } from "./pod_trouble.ts";

/** What is kept of a pod. */
export interface PodFacts {
  namespace: string;
  name: string;
  path: string;
  index: number;
  labels: Record<string, string>;
  phase: string;
  ready: boolean;
  young: boolean;
  node: string;
  owner: Owner;
  /** Names of the PersistentVolumeClaims it mounts. */
  claims: string[];
  /** Name of its first container. */
  container: string;
  trouble?: Trouble;
}

/** What a person made: the Deployment of a pod, not its ReplicaSet; the pod itself when nothing owns it. */
export interface Owner {
  kind: string;
  name: string;
}

/** The pods that there are and shall be, by namespace. */
export class PodIndex {
  readonly all: PodFacts[] = [];
  readonly #byNamespace = new Map<string, PodFacts[]>();

  static async read(cluster: ClusterFiles): Promise<PodIndex> {
    const index = new PodIndex();
    const context = { now: await cluster.now(), nodes: await cluster.nodes(), events: await cluster.events() };
    for await (const { value, namespace, name, path, index: position } of cluster.objects("pods")) {
      const owner = ownerOf(value, name);
      const claims = list(below(value, "spec", "volumes")).map((volume) =>
        text(below(volume, "persistentVolumeClaim", "claimName"))
      ).filter(Boolean);
      const young = await cluster.isYoung(value);
      const pod: PodFacts = {
        namespace,
        name,
        path,
        index: position,
        labels: texts(below(value, "metadata", "labels")),
        phase: text(below(value, "status", "phase")),
        ready: condition(value, "Ready")?.value.status === "True",
        young,
        node: text(below(value, "spec", "nodeName")),
        owner,
        claims,
        container: text(list(below(value, "spec", "containers"))[0]?.name),
      };
      pod.trouble = troubleOf(value, pod, context);
      index.all.push(pod);
      const known = index.#byNamespace.get(namespace);
      if (known === undefined) index.#byNamespace.set(namespace, [pod]);
      else known.push(pod);
    }
    return index;
  }

  in(namespace: string): readonly PodFacts[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  of(kind: string, namespace: string, name: string): PodFacts[] {
    return this.in(namespace).filter(({ owner }) => owner.kind === kind && owner.name === name);
  }
}

function ownerOf(pod: unknown, name: string): Owner {
  const owners = list(below(pod, "metadata", "ownerReferences"));
  const owner = owners.find(({ controller }) => controller === true) ?? owners[0];
  const own = { kind: text(owner?.kind), name: text(owner?.name) };
  if (own.kind === "" || own.name === "") return { kind: "Pod", name };
  const hash = text(below(pod, "metadata", "labels", "pod-template-hash"));
  return own.kind === "ReplicaSet" && hash !== "" && own.name.endsWith(`-${hash}`)
    ? { kind: "Deployment", name: own.name.slice(0, -hash.length - 1) }
    : own;
}
