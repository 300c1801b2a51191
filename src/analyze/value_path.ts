import { SpecConditionError } from "./condition_error.ts";
import { isRecord } from "./stored_objects.ts";

/** Steps into a document: names of keys, and indices of lists. */
export type ValuePath = readonly (string | number)[];

/** A path that leads through something that is neither a map nor a list. */
export class PathError extends Error {}

const STEP = /^([^[\]]*)((?:\[\d{1,9}\])*)$/;
const HINT = "Write it as spec.containers[0].image, or spec.containers.[0].image";

/** Reads keys that are joined by dots, with `[n]` for the items of lists. An empty path is the whole document.
 * @throws {SpecConditionError} */
export function parseValuePath(path: string): ValuePath {
  const steps: (string | number)[] = [];
  if (path.trim() === "") return steps;
  for (const part of path.trim().replace(/^\./, "").split(".")) {
    const [match, key, indices] = STEP.exec(part) ?? [];
    if (match === undefined || match === "") {
      throw new SpecConditionError(`path "${path}"`, `"${part}" is neither a key nor an index`, HINT);
    }
    if (key !== "") steps.push(key!);
    for (const [, index] of indices!.matchAll(/\[(\d+)\]/g)) steps.push(Number(index));
  }
  return steps;
}

/** What is at the end of a path; null where a map lacks the last key, or a list the item.
 * @throws {PathError} when the path asks for a part of a text, a number or nothing, or for a key of a list */
export function valueAt(document: unknown, path: ValuePath): unknown {
  let at = document ?? null;
  for (const [i, step] of path.entries()) {
    const index = typeof step === "number" ? step : /^\d{1,9}$/.test(step) ? Number(step) : undefined;
    if (Array.isArray(at) && index !== undefined) at = at[index] ?? null;
    else if (isRecord(at) && typeof step === "string") at = Object.hasOwn(at, step) ? at[step] ?? null : null;
    else throw new PathError(`${shown(path.slice(0, i))} has no ${JSON.stringify(step)}: it is ${kindOf(at)}`);
  }
  return at;
}

function shown(path: ValuePath): string {
  if (path.length === 0) return "the document";
  return path.map((step) => typeof step === "number" ? `[${step}]` : `.${step}`).join("").replace(/^\./, "");
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : isRecord(value) ? "a map" : "a single value";
}
