import { ArchiveError } from "../bundle/archive_error.ts";
import { type Decrypt, openBundle } from "../bundle/read_bundle.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { comparedPath } from "./bundle_files.ts";
import { comparedObject } from "./certificates.ts";
import { type FieldChange, fieldChanges } from "./field_changes.ts";
import { CLUSTER, versionOf } from "./inventory.ts";
import { JsonItems } from "./json_items.ts";
import { isObject, type JsonObject } from "./json_value.ts";
import type { SameText } from "./masks.ts";
import { normalizeObject } from "./normalize.ts";
import type { ChangedObject } from "./object_changes.ts";
import { identityOf, objectKey } from "./object_facts.ts";

/** What has to be read once more, now that it is known what differs. */
export interface Wanted {
  objects: readonly ChangedObject[];
  /** Files whose content is compared line by line. */
  files: ReadonlySet<string>;
}

/** Is given the beginnings of a wanted file. */
export type LookInto = (path: string, before: FileHead, after: FileHead) => void;

export interface FileHead {
  bytes: Uint8Array;
  /** There is more. */
  cut: boolean;
}

/** Of a file, on each side. */
export const HEAD_BYTES = 256 * 1024;
/** Normal forms of changed objects of the old bundle, as characters. Half of it is kept for the kinds that matter most. */
const OBJECT_BUDGET = 16 * 1024 * 1024;
const FIRST_KINDS = new Set(["Node", "Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Cluster"]);

/** Reads both bundles again, for what differs and nothing else.
 * @returns the fields that changed, by key of the object; objects beyond what memory may hold are missing */
export async function readDetails(
  paths: { old: string; current: string },
  wanted: Wanted,
  same: SameText,
  lookInto: LookInto,
  reading: { signal?: AbortSignal; decrypt?: Decrypt } = {},
): Promise<Map<string, FieldChange[]>> {
  const fields = new Map<string, FieldChange[]>();
  if (wanted.objects.length === 0 && wanted.files.size === 0) return fields;
  const keys = new Map<string, Set<string>>();
  for (const { path, key } of wanted.objects) keys.set(path, (keys.get(path) ?? new Set()).add(key));
  const objects = new Map<string, string>();
  const heads = new Map<string, FileHead>();
  let budget = OBJECT_BUDGET;
  await readAgain(paths.old, keys, wanted.files, {
    object(key, object, kind) {
      const text = JSON.stringify(normalizeObject(object));
      if (budget - text.length < (FIRST_KINDS.has(kind) ? 0 : OBJECT_BUDGET / 2)) return;
      budget -= text.length;
      objects.set(key, text);
    },
    head: (path, head) => void heads.set(path, head),
  }, reading);
  await readAgain(paths.current, keys, wanted.files, {
    object(key, object) {
      const before = objects.get(key);
      if (before === undefined) return;
      objects.delete(key);
      fields.set(key, fieldChanges(JSON.parse(before), normalizeObject(object), same));
    },
    head(path, head) {
      const before = heads.get(path);
      heads.delete(path);
      if (before !== undefined) lookInto(path, before, head);
    },
  }, reading);
  return fields;
}

interface Takers {
  object(key: string, object: JsonObject, kind: string): void;
  head(path: string, head: FileHead): void;
}

async function readAgain(
  path: string,
  keys: ReadonlyMap<string, ReadonlySet<string>>,
  files: ReadonlySet<string>,
  takers: Takers,
  { signal, decrypt }: { signal?: AbortSignal; decrypt?: Decrypt },
): Promise<void> {
  try {
    for await (const member of (await openBundle(path, signal, decrypt)).members()) {
      if (member.type !== "file") continue;
      const name = comparedPath(member.path);
      const wanted = keys.get(name);
      if (wanted === undefined && !files.has(name)) continue;
      const items = wanted === undefined ? undefined : objectsOf(name, wanted, takers.object);
      const head: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of member.body) {
        items?.push(chunk);
        if (files.has(name) && size < HEAD_BYTES) head.push(chunk.slice(0, HEAD_BYTES - size));
        size += chunk.length;
        if (items === undefined && size > HEAD_BYTES) break;
      }
      items?.end();
      if (files.has(name)) takers.head(name, { bytes: concatBytes(head), cut: size > HEAD_BYTES });
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error.of(path) : error;
  }
}

function objectsOf(
  path: string,
  wanted: ReadonlySet<string>,
  take: Takers["object"],
) {
  const one = (element: unknown) => {
    const item = comparedObject(element, path);
    const identity = identityOf(item, path);
    if (identity === undefined || !isObject(item)) return;
    const key = objectKey(identity);
    if (wanted.has(key)) take(key, item, identity.kind);
  };
  const items = new JsonItems(["items"], one);
  return {
    push: (chunk: Uint8Array) => items.push(chunk),
    end() {
      const { value, listed } = items.end();
      const version = wanted.has(objectKey(CLUSTER)) ? versionOf(value) : undefined;
      if (version !== undefined) take(objectKey(CLUSTER), version, CLUSTER.kind);
      else if (!listed) one(value);
    },
  };
}
