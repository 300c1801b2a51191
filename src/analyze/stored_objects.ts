import { SupportBundleError } from "../core/errors.ts";

/** A Kubernetes object as a file of a bundle holds it. Nothing is certain to be there: bundles come from elsewhere too. */
export interface StoredObject {
  metadata?: {
    name?: string;
    namespace?: string;
    uid?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/** The items of a file: a List object (`{ "items": [...] }`) or a bare array. `null` and a missing `items` are empty.
 * @param path names the file in the error
 * @throws {SupportBundleError} for anything else */
export function itemsOf<T extends StoredObject = StoredObject>(value: unknown, path: string): T[] {
  const items = isRecord(value) ? value.items ?? [] : value ?? [];
  if (!Array.isArray(items) || !items.every(isRecord)) {
    throw new SupportBundleError(`${path} of the bundle is not a list of Kubernetes objects`, {
      code: "ANALYZER_INPUT",
    });
  }
  return items as T[];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `cluster-resources/pods/kube-system.json` → `kube-system`. */
export function namespaceOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, "");
}

/** The objects of a list inside an object; what is no list has none. */
export function recordsOf<T extends object = Record<string, unknown>>(value: unknown): T[] {
  return Array.isArray(value) ? value.filter(isRecord) as T[] : [];
}

/** A text inside an object; empty when it is not there, or something else. */
export function textIn(value: unknown, ...fields: string[]): string {
  const found = fields.reduce<unknown>((at, field) => isRecord(at) && Object.hasOwn(at, field) ? at[field] : "", value);
  return typeof found === "string" ? found : "";
}

/** A number inside an object. What is not there counts as 0, as in Go.
 * @throws {SupportBundleError} for anything that is no number, such as what redaction has hidden */
export function countIn(value: unknown, ...fields: string[]): number {
  const found = fields.reduce<unknown>((at, field) => isRecord(at) ? at[field] : undefined, value) ?? 0;
  if (typeof found === "number") return found;
  throw new SupportBundleError(`${fields.join(".")} of "${nameIn(value)}" is not a number`, {
    code: "ANALYZER_INPUT",
  });
}

function nameIn(value: unknown): string {
  return textIn(value, "metadata", "name") || textIn(value, "name");
}
