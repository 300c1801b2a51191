import { createHash } from "node:crypto";
import { type Health, healthOf, restartsOf } from "./health.ts";
import { isObject, type Json, type JsonObject, objectAt, objectsAt, stringAt } from "./json_value.ts";
import { KNOWN_LISTS } from "./known_lists.ts";
import { normalizeObject } from "./normalize.ts";

/** What is kept of an object while its bundle is read: enough to say that it changed, and whether it is well. */
export interface ObjectFacts {
  kind: string;
  /** Of its API, "" for the core. */
  group: string;
  /** "" for objects of the whole cluster. */
  namespace: string;
  name: string;
  uid: string;
  /** Of its normal form without its status, and of that. */
  digest: string;
  statusDigest: string;
  /** What made it: `ReplicaSet/web-5d8f`, "" where nothing did. */
  owner: string;
  health?: Health;
  /** Of a pod's containers. */
  restarts?: number;
}

/** The same object has the same key in both bundles, whatever version of its API it was read with. */
export function objectKey(
  { kind, group, namespace, name }: Pick<ObjectFacts, "kind" | "group" | "namespace" | "name">,
) {
  return `${kind}\n${group}\n${namespace}\n${name}`;
}

export type Identity = Pick<ObjectFacts, "kind" | "group" | "namespace" | "name">;

/** @param path of its file in the bundle
 * @returns undefined for JSON that is no object of the cluster */
export function identityOf(object: unknown, path: string): Identity | undefined {
  const metadata = objectAt(object, "metadata");
  const name = stringAt(metadata, "name");
  if (name === "") return undefined;
  const list = (path.split("/")[1] ?? "").replace(/\.json$/, "");
  const known = Object.hasOwn(KNOWN_LISTS, list) ? KNOWN_LISTS[list] : undefined;
  const kind = stringAt(object, "kind") || known?.kind || list;
  const version = stringAt(object, "apiVersion");
  const own = version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
  // Ingresses and the like moved on to groups of their own.
  const group = own === "" || own === "extensions" ? known?.group ?? own : own;
  return { kind, group, namespace: stringAt(metadata, "namespace"), name };
}

export function factsOf(object: JsonObject, identity: Identity): ObjectFacts {
  const { status, ...rest } = normalizeObject(object);
  const facts: ObjectFacts = {
    ...identity,
    uid: stringAt(objectAt(object, "metadata"), "uid"),
    digest: digestOf(rest),
    statusDigest: status === undefined ? "" : digestOf(status),
    owner: controllerOf(object),
  };
  const health = healthOf(identity.kind, object);
  if (health !== undefined) facts.health = health;
  if (identity.kind === "Pod") facts.restarts = restartsOf(object);
  return facts;
}

function digestOf(value: Json): string {
  return createHash("sha1").update(JSON.stringify(value)).digest("base64");
}

function controllerOf(object: JsonObject): string {
  const owners = objectsAt(objectAt(object, "metadata"), "ownerReferences");
  const owner = owners.find((it) => it.controller === true) ?? owners[0];
  return isObject(owner) ? `${stringAt(owner, "kind")}/${stringAt(owner, "name")}` : "";
}

const FOLLOWERS = new Set(["Lease", "Endpoints", "EndpointSlice", "ControllerRevision", "VolumeAttachment"]);

/** True for objects that only follow what others do: that they change says nothing that those do not say. */
export function isFollower({ kind, owner, health }: ObjectFacts): boolean {
  if (FOLLOWERS.has(kind)) return true;
  if (kind === "ReplicaSet") return owner !== "";
  const ofJob = kind === "Pod" && owner.startsWith("Job/") || kind === "Job" && owner.startsWith("CronJob/");
  return ofJob && health?.ok !== false;
}
