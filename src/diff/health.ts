import type { KubeObject } from "../kube/kube_client.ts";
import { isPodUnhealthy, podStatusReason } from "../kube/pod_health.ts";
import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from "./json_value.ts";

/** How an object is doing, in the words of kubectl. */
export interface Health {
  ok: boolean;
  /** `Ready`, `2/3 ready`, `CrashLoopBackOff` … */
  text: string;
}

const PRESSURES = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/** How an object is doing; undefined for what has no such state, or does not say. */
export function healthOf(kind: string, object: JsonObject): Health | undefined {
  try {
    return Object.hasOwn(HEALTH, kind) ? HEALTH[kind]!(object) : conditionHealth(object);
  } catch {
    return undefined; // its JSON has another shape than its kind has
  }
}

/** How often the containers of a pod were started again. */
export function restartsOf(pod: JsonObject): number {
  const status = objectAt(pod, "status");
  return [...objectsAt(status, "initContainerStatuses"), ...objectsAt(status, "containerStatuses")]
    .reduce((sum, container) => sum + (numberAt(container, "restartCount") ?? 0), 0);
}

const HEALTH: Record<string, (object: JsonObject) => Health | undefined> = {
  Pod: podHealth,
  Node: nodeHealth,
  Deployment: (object) => replicas(object, "readyReplicas"),
  StatefulSet: (object) => replicas(object, "readyReplicas"),
  DaemonSet: (object) => {
    const status = objectAt(object, "status");
    const wanted = numberAt(status, "desiredNumberScheduled");
    return wanted === undefined ? undefined : counted(numberAt(status, "numberReady") ?? 0, wanted);
  },
  Job: (object) => {
    if (conditionStatus(object, "Failed") === "True") return { ok: false, text: "failed" };
    return { ok: true, text: conditionStatus(object, "Complete") === "True" ? "complete" : "active" };
  },
  PersistentVolumeClaim: (object) => phase(object, ["Bound"]),
  PersistentVolume: (object) => phase(object, ["Bound", "Available", "Released"]),
  Namespace: (object) => phase(object, ["Active"]),
  Certificates: (object) => {
    const certificates = objectsAt(objectAt(object, "spec"), "certificates");
    const valid = certificates.filter(({ isValid }) => isValid === true).length;
    return { ok: valid === certificates.length, text: `${valid}/${certificates.length} valid` };
  },
  // Of these, conditions say other things than how they are.
  ReplicaSet: () => undefined,
  CustomResourceDefinition: (object) => {
    const established = conditionStatus(object, "Established");
    return established === undefined ? undefined : { ok: established === "True", text: `Established ${established}` };
  },
};

function podHealth(object: JsonObject): Health | undefined {
  const status = objectAt(object, "status");
  if (stringAt(status, "phase") === "") return undefined;
  const pod = { ...object, metadata: objectAt(object, "metadata") } as unknown as KubeObject;
  const reason = podStatusReason(pod);
  const containers = objectsAt(status, "containerStatuses");
  const ready = containers.filter((container) => container.ready === true).length;
  const partly = reason === "Running" && ready < containers.length;
  return { ok: !isPodUnhealthy(pod), text: partly ? `Running, ${ready}/${containers.length} ready` : reason };
}

function nodeHealth(object: JsonObject): Health | undefined {
  const ready = conditionStatus(object, "Ready");
  if (ready === undefined) return undefined;
  const pressures = PRESSURES.filter((type) => conditionStatus(object, type) === "True");
  const cordoned = objectAt(object, "spec").unschedulable === true ? ["cordoned"] : [];
  return {
    ok: ready === "True" && pressures.length === 0,
    text: [ready === "True" ? "Ready" : "NotReady", ...pressures, ...cordoned].join(", "),
  };
}

function replicas(object: JsonObject, field: string): Health {
  const wanted = numberAt(objectAt(object, "spec"), "replicas") ?? 1;
  return counted(numberAt(objectAt(object, "status"), field) ?? 0, wanted);
}

function counted(ready: number, wanted: number): Health {
  return { ok: ready >= wanted, text: `${ready}/${wanted} ready` };
}

function phase(object: JsonObject, good: string[]): Health | undefined {
  const text = stringAt(objectAt(object, "status"), "phase");
  return text === "" ? undefined : { ok: good.includes(text), text };
}

/** Of custom resources: `Ready` or `Available`, where they say so. */
function conditionHealth(object: JsonObject): Health | undefined {
  for (const type of ["Ready", "Available"]) {
    const status = conditionStatus(object, type);
    if (status !== undefined) return { ok: status === "True", text: status === "True" ? type : `not ${type}` };
  }
  return undefined;
}

function conditionStatus(object: JsonObject, type: string): string | undefined {
  const found = objectsAt(objectAt(object, "status"), "conditions").find((it) => stringAt(it, "type") === type);
  return found === undefined ? undefined : stringAt(found, "status");
}
