import { fieldChanges } from "./field_changes.ts";
import { isObject, type Json } from "./json_value.ts";
import type { SameText } from "./masks.ts";
import { TIME } from "./normalize.ts";

/** In what alone two files differ: times, or the order of lists that have none; measured numbers that moved a little; what
 * redaction hid. */
export type Equivalence = "times" | "measurements" | "redaction";

/** Files of numbers that are never the same twice … */
const MEASURED = /^(?:host-collectors|node-metrics|metrics|node-metrics-\w+)\//;
/** … and how much of the larger one they may move. */
const TOLERANCE = 0.05;

/** Whether two JSON documents say the same, and but for what.
 * @returns undefined when they do not, or are no JSON */
export function equivalence(path: string, before: string, after: string, same: SameText): Equivalence | undefined {
  const inOrder = !path.startsWith("cluster-resources/");
  try {
    const [old, current] = [normal(before, inOrder), normal(after, inOrder)];
    if (JSON.stringify(old) === JSON.stringify(current)) return "times";
    if (fieldChanges({ old }, { old: current }, same).length === 0) return "redaction";
    return MEASURED.test(path) && isNear(old, current) ? "measurements" : undefined;
  } catch {
    return undefined; // no JSON, or one that is nested too deep
  }
}

function normal(text: string, inOrder: boolean): Json {
  return normalValue(JSON.parse(text), inOrder);
}

function normalValue(value: Json, inOrder: boolean): Json {
  if (typeof value === "string") return TIME.test(value) ? "" : value;
  if (Array.isArray(value)) {
    const list = value.map((element) => normalValue(element, inOrder));
    return inOrder ? list : list.sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, member]) => [key, normalValue(member, inOrder)]));
}

function isNear(before: Json | undefined, after: Json | undefined): boolean {
  if (typeof before === "number" && typeof after === "number") {
    return Math.abs(before - after) <= TOLERANCE * Math.max(Math.abs(before), Math.abs(after));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return before.length === after.length && before.every((element, i) => isNear(element, after[i]));
  }
  if (isObject(before) && isObject(after)) {
    const keys = Object.keys(before);
    return keys.length === Object.keys(after).length &&
      keys.every((key) => Object.hasOwn(after, key) && isNear(before[key], after[key]));
  }
  return before === after;
}
