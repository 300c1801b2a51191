import type { Pod } from "./pod_message.ts";
import { isMap, Struct } from "./template/values.ts";

/** The fields of Go's Pod type, by their JSON names. `name:Type` is one of the types here, `name:[]Type` a list of them,
 * `name:?Type` a pointer, which may be nothing; any other name is plain data. A field that JSON lacks has its zero
 * value: the empty text, or what stands after `#`. Names that are not here do not exist. */
const TYPES: Record<string, string> = {
  Pod: "kind apiVersion metadata:ObjectMeta spec:PodSpec status:PodStatus",
  ObjectMeta: "name generateName namespace selfLink uid resourceVersion generation#0 creationTimestamp " +
    "deletionTimestamp deletionGracePeriodSeconds labels#map annotations#map ownerReferences:[]OwnerReference " +
    "finalizers#list managedFields#list",
  OwnerReference: "apiVersion kind name uid controller#false blockOwnerDeletion#false",
  PodSpec: "volumes#list initContainers:[]Container containers:[]Container ephemeralContainers#list restartPolicy " +
    "terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector#map serviceAccountName " +
    "automountServiceAccountToken#false nodeName hostNetwork#false hostPID#false hostIPC#false shareProcessNamespace " +
    "securityContext imagePullSecrets#list hostname subdomain affinity schedulerName tolerations#list " +
    "hostAliases#list priorityClassName priority dnsConfig readinessGates#list runtimeClassName enableServiceLinks " +
    "preemptionPolicy overhead#map topologySpreadConstraints#list setHostnameAsFQDN os hostUsers schedulingGates#list " +
    "resourceClaims#list resources",
  PodStatus:
    "observedGeneration#0 phase conditions:[]PodCondition message reason nominatedNodeName hostIP hostIPs#list " +
    "podIP podIPs#list startTime initContainerStatuses:[]ContainerStatus containerStatuses:[]ContainerStatus qosClass " +
    "ephemeralContainerStatuses:[]ContainerStatus resize resourceClaimStatuses#list",
  PodCondition: "type observedGeneration#0 status lastProbeTime lastTransitionTime reason message",
  ContainerStatus: "name state:ContainerState lastState:ContainerState ready#false restartCount#0 image imageID " +
    "containerID started#false allocatedResources#map resources volumeMounts#list user",
  ContainerState: "waiting:?Waiting running:?Running terminated:?Terminated",
  Waiting: "reason message",
  Running: "startedAt",
  Terminated: "exitCode#0 signal#0 reason message startedAt finishedAt containerID",
  Container:
    "name image command#list args#list workingDir ports#list envFrom#list env#list resources resizePolicy#list " +
    "restartPolicy volumeMounts#list volumeDevices#list livenessProbe readinessProbe startupProbe lifecycle " +
    "terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin#false stdinOnce#false tty#false",
};

const ZEROS: Record<string, unknown> = { "0": 0, false: false, list: [], map: {} };
const PROMOTED = new Set(["Pod"]);

interface Field {
  json: string;
  type?: string;
  form: "plain" | "struct" | "pointer" | "list";
  zero: unknown;
}

const fieldsOf = new Map<string, Map<string, Field>>();

/** The data of templates about a pod: Go's field names (`.Status.PodIP`), metadata also at the top (`.Namespace`).
 * A field that Go's type does not have is an error when it is asked for. */
export function podTemplateData(pod: Pod): Struct {
  return structOf("Pod", pod);
}

function structOf(type: string, source: Record<string, unknown>): Struct {
  const fields = fieldTable(type);
  return new Struct(type, (name) => {
    const field = fields.get(name);
    if (field !== undefined) return { value: valueOf(field, source[field.json]) };
    if (!PROMOTED.has(type)) return undefined;
    const metadata = structOf("ObjectMeta", isMap(source.metadata) ? source.metadata : {});
    return name === "ObjectMeta" ? { value: metadata } : metadata.field(name);
  }, source);
}

function valueOf({ type, form, zero }: Field, value: unknown): unknown {
  if (form === "plain") return value ?? zero;
  if (form === "list") return Array.isArray(value) ? value.filter(isMap).map((item) => structOf(type!, item)) : [];
  if (isMap(value)) return structOf(type!, value);
  return form === "pointer" ? undefined : structOf(type!, {});
}

function fieldTable(type: string): Map<string, Field> {
  let table = fieldsOf.get(type);
  if (table === undefined) {
    table = new Map(
      TYPES[type]!.split(" ").map((text) => {
        const [, json, zero, prefix, of] = /^(\w+)(?:#(\w+))?(?::(\[\]|\?)?(\w+))?$/.exec(text)!;
        const form = of === undefined ? "plain" : prefix === "[]" ? "list" : prefix === "?" ? "pointer" : "struct";
        return [goName(json!), { json: json!, type: of, form, zero: zero === undefined ? "" : ZEROS[zero] }];
      }),
    );
    if (PROMOTED.has(type)) table.delete("Metadata");
    fieldsOf.set(type, table);
  }
  return table;
}

/** `podIP` → `PodIP`, `uid` → `UID`, `qosClass` → `QOSClass`. */
function goName(json: string): string {
  const initialism = /^(?:uid|qos|api|dns|ip|id|os|tty)(?![a-z])/.exec(json)?.[0];
  if (initialism !== undefined) return initialism.toUpperCase() + json.slice(initialism.length);
  return json[0]!.toUpperCase() + json.slice(1);
}
