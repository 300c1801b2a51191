import { Comparable } from "./comparable.ts";
import type { FieldChange } from "./field_changes.ts";
import type { Health } from "./health.ts";
import type { FileFacts, Inventory } from "./inventory.ts";
import { isFollower, type ObjectFacts } from "./object_facts.ts";

/** An object that only one of the bundles has. */
export interface ObjectRef {
  kind: string;
  /** Of its API; absent for the core. */
  group?: string;
  namespace?: string;
  name: string;
  /** What made it: `ReplicaSet/web-5d8f`. */
  owner?: string;
  health?: Health;
  /** It only follows what other objects do. */
  quiet?: true;
}

export interface ObjectChange extends ObjectRef {
  /** Of the new bundle; `before` where it was another one. */
  before?: Health;
  /** Of a pod, where containers were started again. */
  restarts?: { before: number; after: number };
  /** It was deleted and made again: another object of the same name. */
  recreated?: true;
  fields: FieldChange[];
  /** Fields that changed beyond those that are listed. */
  moreFields?: number;
  /** Nothing but its status changed, in a way that neither its health nor its restarts tell. */
  statusOnly?: true;
  /** Too much has changed for each field of each object to be looked at. */
  fieldsUnknown?: true;
}

export interface ObjectChanges {
  added: ObjectRef[];
  removed: ObjectRef[];
  changed: ObjectChange[];
  /** Objects that are the same in both bundles, times and counters aside. */
  unchanged: number;
  /** Files in which one bundle may lack objects although they are there, and how many of the other bundle's it does lack. */
  notCompared: { path: string; bundle: "old" | "new"; why: string; objects: number }[];
}

/** An object that is in both bundles and not the same. */
export interface ChangedObject {
  key: string;
  path: string;
  before: ObjectFacts;
  after: ObjectFacts;
}

/** Pairs the objects of two bundles.
 * @returns `pairs`: those whose fields have to be looked at to say whether anything that matters has changed */
export function pairObjects(old: Inventory, current: Inventory): { changes: ObjectChanges; pairs: ChangedObject[] } {
  const changes: ObjectChanges = { added: [], removed: [], changed: [], unchanged: 0, notCompared: [] };
  const pairs: ChangedObject[] = [];
  const inOld = new Comparable(old), inNew = new Comparable(current);
  const paths = [...new Set([...old.files.keys(), ...current.files.keys()])].sort();
  const listOf = (file: FileFacts | undefined) => file?.list?.events === true ? undefined : file?.list;
  for (const path of paths) {
    const before = listOf(old.files.get(path)), after = listOf(current.files.get(path));
    if (before === undefined && after === undefined) continue;
    const gone: ObjectRef[] = [], come: ObjectRef[] = [];
    for (const [key, facts] of before?.objects ?? []) {
      const now = after?.objects.get(key);
      if (now === undefined) gone.push(refOf(facts));
      else if (now.digest !== facts.digest || now.statusDigest !== facts.statusDigest || isAnother(facts, now)) {
        pairs.push({ key, path, before: facts, after: now });
      } else changes.unchanged++;
    }
    for (const [key, facts] of after?.objects ?? []) if (!before?.objects.has(key)) come.push(refOf(facts));
    const differs = old.files.get(path)?.sha256 !== current.files.get(path)?.sha256;
    const decide = (bundle: "old" | "new", missing: ObjectRef[], why: string | undefined, into: ObjectRef[]) => {
      if (why === undefined) into.push(...missing);
      // What is not there in one is of no interest where the other has nothing of it either.
      else if (missing.length > 0 || (differs && (bundle === "old" ? before : after)?.partial)) {
        changes.notCompared.push({ path, bundle, why, objects: missing.length });
      }
    };
    decide("old", come, inOld.whyUnknown(path), changes.added);
    decide("new", gone, inNew.whyUnknown(path), changes.removed);
  }
  return { changes, pairs };
}

/** Whether the fields of the objects have to be looked at. Of a status, only that of a node says more than its health. */
export function needsFields({ before, after }: ChangedObject): boolean {
  return before.digest !== after.digest || (after.kind === "Node" && before.statusDigest !== after.statusDigest);
}

/** @param fields undefined: nobody has looked
 * @returns undefined when nothing that matters has changed */
export function changeOf(
  pair: ChangedObject,
  fields: FieldChange[] | undefined,
  maxFields: number,
): ObjectChange | undefined {
  const { before, after } = pair;
  const change: ObjectChange = { ...refOf(after), fields: (fields ?? []).slice(0, maxFields) };
  if (before.health !== undefined && before.health.text !== after.health?.text) change.before = before.health;
  const restarted = (after.restarts ?? 0) - (before.restarts ?? 0);
  const recreated = isAnother(before, after);
  if (recreated) change.recreated = true;
  else if (restarted > 0) change.restarts = { before: before.restarts ?? 0, after: after.restarts ?? 0 };
  const statusOnly = !needsFields(pair);
  if (fields === undefined && !statusOnly) change.fieldsUnknown = true;
  else if (fields !== undefined && fields.length > maxFields) change.moreFields = fields.length - maxFields;
  const told = change.before !== undefined || change.restarts !== undefined || recreated;
  if (!told && fields?.length === 0) return undefined;
  if (!told && statusOnly) change.statusOnly = true;
  const worse = change.before !== undefined && change.health?.ok === false;
  if (isFollower(after) || (!told && (statusOnly || fields?.every(({ category }) => category === "status")))) {
    if (!worse) change.quiet = true;
  }
  return change;
}

/** Only its name is the same. */
function isAnother(before: ObjectFacts, after: ObjectFacts): boolean {
  return before.uid !== "" && after.uid !== "" && before.uid !== after.uid;
}

function refOf(facts: ObjectFacts): ObjectRef {
  const { kind, group, namespace, name, owner, health } = facts;
  return {
    kind,
    ...(group === "" ? {} : { group }),
    ...(namespace === "" ? {} : { namespace }),
    name,
    ...(owner === "" ? {} : { owner }),
    ...(health === undefined ? {} : { health }),
    ...(isFollower(facts) ? { quiet: true } : {}),
  };
}
