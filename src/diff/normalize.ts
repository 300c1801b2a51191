import { isObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from "./json_value.ts";

/** Deeper than any object; what lies below is taken as it is written. */
const MAX_DEPTH = 64;

/** Annotations that say again what is elsewhere, or when somebody last looked. */
const NOISY_ANNOTATIONS = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deployment.kubernetes.io/revision",
  "control-plane.alpha.kubernetes.io/leader",
  "endpoints.kubernetes.io/last-change-trigger-time",
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "batch.kubernetes.io/cronjob-scheduled-timestamp",
]);

/** Of a status: identities of processes, counters of updates, and lists that move without anybody's doing. Counts of
 * replicas are what `Health` tells. */
const NOISY_STATUS = new Set([
  "containerID",
  "observedGeneration",
  "collisionCount",
  "images",
  "volumesInUse",
  "volumesAttached",
  "lastState",
  "lastSuccessfulTime",
  "resourceVersion",
  "uid",
  "fullyLabeledReplicas",
]);

/** Lists in which the order means something. */
const ORDERED = new Set(["command", "args"]);

/** The volume that each pod gets under a name of its own. */
const TOKEN_VOLUME = /^kube-api-access-[a-z0-9]{5}$/;

/** RFC 3339. */
export const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** An object as it is compared: without versions, times, heartbeats and empty values, keys in order. */
export function normalizeObject(object: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(object).sort()) {
    const value = object[key]!;
    if (key === "kind" || key === "apiVersion") continue;
    const normal = key === "metadata"
      ? normalizeMetadata(value)
      : key === "status"
      ? normalizeStatus(value, key, 0)
      : object.kind === "Lease" && key === "spec"
      ? undefined // who leads, and since when
      : normalizeValue(value, key, 0);
    if (normal !== undefined) set(result, key, normal);
  }
  return result;
}

function normalizeMetadata(value: Json): JsonObject | undefined {
  const metadata: JsonObject = {};
  const annotations = Object.entries(objectAt(value, "annotations")).filter(([key]) => !NOISY_ANNOTATIONS.has(key));
  const rest: JsonObject = {
    annotations: Object.fromEntries(annotations),
    labels: objectAt(value, "labels"),
    finalizers: isObject(value) && Array.isArray(value.finalizers) ? value.finalizers : [],
    owners: objectsAt(value, "ownerReferences").map((owner) => `${stringAt(owner, "kind")}/${stringAt(owner, "name")}`),
    deleting: stringAt(value, "deletionTimestamp") === "" ? null : true,
  };
  for (const key of Object.keys(rest).sort()) {
    const normal = normalizeValue(rest[key]!, key, 0);
    if (normal !== undefined) metadata[key] = normal;
  }
  return Object.keys(metadata).length === 0 ? undefined : metadata;
}

function normalizeStatus(value: Json, key: string, depth: number): Json | undefined {
  if (typeof value === "string") return TIME.test(value) ? undefined : value;
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return value ?? undefined;
  if (Array.isArray(value)) {
    if (key === "conditions") return value.filter(isObject).map(condition);
    const list = value.map((element) => normalizeStatus(element, "", depth + 1)).filter((it) => it !== undefined);
    return list.length === 0 ? undefined : sorted(list, key);
  }
  const result: JsonObject = {};
  for (const name of Object.keys(value).sort()) {
    if (NOISY_STATUS.has(name)) continue;
    const normal = normalizeStatus(value[name]!, name, depth + 1);
    if (normal !== undefined) set(result, name, normal);
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

/** Messages of conditions hold numbers and times. */
function condition(value: JsonObject): JsonObject {
  return { type: stringAt(value, "type"), status: stringAt(value, "status"), reason: stringAt(value, "reason") };
}

function normalizeValue(value: Json, key: string, depth: number): Json | undefined {
  if (value === null) return undefined;
  if (typeof value === "string" && key === "name") return value.replace(TOKEN_VOLUME, "kube-api-access");
  if (typeof value !== "object" || depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) {
    const list = value.map((element) => normalizeValue(element, "", depth + 1)).filter((it) => it !== undefined);
    return list.length === 0 ? undefined : sorted(list, key);
  }
  const result: JsonObject = {};
  for (const name of Object.keys(value).sort()) {
    const normal = normalizeValue(value[name]!, name, depth + 1);
    if (normal !== undefined) set(result, name, normal);
  }
  return Object.keys(result).length === 0 ? undefined : result;
}

function sorted(list: Json[], key: string): Json[] {
  const plain = list.every((element) => typeof element !== "object");
  return plain && !ORDERED.has(key) ? list.sort() : list;
}

/** `__proto__` is a key like any other. */
function set(object: JsonObject, key: string, value: Json): void {
  if (key === "__proto__") Object.defineProperty(object, key, { value, enumerable: true });
  else object[key] = value;
}
