import { hasHidden, isHidden } from "./hidden.ts";
import { isRecord } from "./stored_objects.ts";

/** `hidden`: nobody can tell, since redaction has hidden what they differ in. */
export type Comparison = "equal" | "different" | "hidden";

/** Compares data of a bundle with what a spec expects. Types count: 1 is not `"1"`, a bigint (an integer of YAML) is no
 * number (a float). The order of keys does not count, that of lists does. */
export function compareValues(actual: unknown, expected: unknown): Comparison {
  if (Object.is(actual ?? null, expected ?? null) || (actual === 0 && expected === 0)) return "equal";
  if (Array.isArray(actual) && Array.isArray(expected)) {
    if (actual.length !== expected.length) return "different";
    return all(actual.map((item, i) => compareValues(item, expected[i])));
  }
  if (isRecord(actual) && isRecord(expected)) {
    const keys = Object.keys(actual);
    if (keys.length !== Object.keys(expected).length || !keys.every((key) => Object.hasOwn(expected, key))) {
      return keys.some(isHidden) ? "hidden" : "different";
    }
    return all(keys.map((key) => compareValues(actual[key], expected[key])));
  }
  return typeof actual === "string" && isHidden(actual) ? "hidden" : "different";
}

/** As {@linkcode compareValues}, but the order of two lists (not that of lists inside them) does not count. */
export function compareUnordered(actual: unknown, expected: unknown): Comparison {
  if (!Array.isArray(actual) || !Array.isArray(expected)) return compareValues(actual, expected);
  if (actual.length !== expected.length) return "different";
  const [left, right] = [actual.map(canonical).sort(), expected.map(canonical).sort()];
  if (left.every((item, i) => item === right[i])) return "equal";
  return hasHidden(actual) ? "hidden" : "different";
}

function all(parts: Comparison[]): Comparison {
  return parts.includes("different") ? "different" : parts.includes("hidden") ? "hidden" : "equal";
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, child) =>
      isRecord(child)
        ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0))
        : child,
  ) ??
    "null";
}
