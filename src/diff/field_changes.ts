import { isObject, type Json, type JsonObject } from "./json_value.ts";
import type { SameText } from "./masks.ts";

export const FIELD_CATEGORIES = [
  "image",
  "replicas",
  "version",
  "condition",
  "capacity",
  "spec",
  "metadata",
  "status",
] as const;
export type FieldCategory = (typeof FIELD_CATEGORIES)[number];

/** One field that is not the same in both objects. */
export interface FieldChange {
  /** `spec.template.spec.containers[web].image` */
  path: string;
  category: FieldCategory;
  /** As text, JSON where it is no string; cut where it is long. Absent: the field was not there. */
  before?: string;
  after?: string;
}

const MAX_VALUE = 200;
const MAX_FIELDS = 2000;

/** What tells elements of a list apart, in the order in which it is tried. */
const IDENTITIES = ["name", "type", "key", "ip", "containerPort", "port", "path", "mountPath"];

/** Compares two objects in their normal form, field by field.
 * @returns in the order of their paths */
export function fieldChanges(before: JsonObject, after: JsonObject, same: SameText): FieldChange[] {
  const found: FieldChange[] = [];
  compare(before, after, "", same, found);
  return found;
}

function compare(
  before: Json | undefined,
  after: Json | undefined,
  path: string,
  same: SameText,
  found: FieldChange[],
) {
  if (found.length >= MAX_FIELDS) return;
  // A part that was empty is not there in the normal form: its fields are what changed.
  if (/^[a-z]+$/i.test(path) && isObject(before ?? after)) {
    before ??= {};
    after ??= {};
  }
  if (isObject(before) && isObject(after)) {
    for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
      const own = (object: JsonObject) => Object.hasOwn(object, key) ? object[key] : undefined;
      compare(own(before), own(after), path === "" ? key : `${path}.${shownKey(key)}`, same, found);
    }
  } else if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(before, after, path, same, found);
  } else if (!isSame(before, after, same)) {
    found.push(change(path, before, after));
  }
}

function compareLists(before: Json[], after: Json[], path: string, same: SameText, found: FieldChange[]): void {
  const identity = IDENTITIES.find((key) => isIdentity(before, key) && isIdentity(after, key));
  if (identity !== undefined) {
    const byIdentity = (list: Json[]) => new Map(list.map((it) => [String((it as JsonObject)[identity]), it]));
    const then = byIdentity(before), now = byIdentity(after);
    for (const key of [...new Set([...then.keys(), ...now.keys()])].sort()) {
      compare(then.get(key), now.get(key), `${path}[${key}]`, same, found);
    }
    return;
  }
  if (before.length === after.length && before.every((element, i) => deepSame(element, after[i]!, same))) return;
  const texts = new Set(before.map(asJson));
  const gone = new Set(texts);
  const added = after.filter((element) => {
    const text = asJson(element);
    gone.delete(text);
    return !texts.has(text);
  });
  const removed = before.filter((element) => gone.has(asJson(element)));
  if (added.length === 0 && removed.length === 0) {
    // Order, or how often: only in lists of plain values does that mean anything.
    if (before.every((it) => typeof it !== "object")) found.push(change(path, before, after));
  } else if (added.length === 1 && removed.length === 1 && isObject(added[0]!) && isObject(removed[0]!)) {
    compare(removed[0]!, added[0]!, `${path}[${before.indexOf(removed[0]!)}]`, same, found);
  } else if (!(added.length === removed.length && removed.every((it, i) => deepSame(it, added[i]!, same)))) {
    found.push(change(path, removed.length === 0 ? undefined : removed, added.length === 0 ? undefined : added));
  }
}

function isIdentity(list: Json[], key: string): boolean {
  const seen = new Set<unknown>();
  return list.every((element) => {
    const value = isObject(element) ? element[key] : undefined;
    return (typeof value === "string" || typeof value === "number") && !seen.has(value) && seen.add(value);
  });
}

function isSame(before: Json | undefined, after: Json | undefined, same: SameText): boolean {
  if (before === undefined || after === undefined) return before === after;
  if (typeof before === "object" && typeof after === "object") return asJson(before) === asJson(after);
  if (typeof before === "string" || typeof after === "string") return same(String(before), String(after));
  return before === after;
}

function deepSame(before: Json, after: Json, same: SameText): boolean {
  if (typeof before !== "object" || before === null) return isSame(before, after, same);
  const found: FieldChange[] = [];
  compare(before, after, "", same, found);
  return found.length === 0;
}

function change(path: string, before: Json | undefined, after: Json | undefined): FieldChange {
  const found: FieldChange = { path, category: categoryOf(path) };
  if (before !== undefined) found.before = shown(before);
  if (after !== undefined) found.after = shown(after);
  return found;
}

/** What a field is about, by its path. */
function categoryOf(path: string): FieldCategory {
  if (/^spec\b.*\.image$/.test(path)) return "image";
  if (path === "spec.replicas" || path === "spec.minReplicas" || path === "spec.maxReplicas") return "replicas";
  if (path.startsWith("status.nodeInfo.") || path === "gitVersion") return "version";
  if (/^status\.conditions\[/.test(path)) return "condition";
  if (/^status\.(?:capacity|allocatable)\b/.test(path)) return "capacity";
  if (path.startsWith("status")) return "status";
  return path.startsWith("metadata") ? "metadata" : "spec";
}

function shownKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : `[${key.slice(0, 100)}]`;
}

function asJson(value: Json): string {
  return JSON.stringify(value);
}

function shown(value: Json): string {
  const text = typeof value === "string" ? value : asJson(value);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
}
