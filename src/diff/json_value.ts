/** A value that came out of a JSON text: nothing is known of its shape. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object at a member, an empty one where there is none. */
export function objectAt(value: unknown, ...path: string[]): JsonObject {
  let at: unknown = value;
  for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return isObject(at) ? at : {};
}

export function stringAt(value: unknown, key: string): string {
  const text = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof text === "string" ? text : "";
}

export function numberAt(value: unknown, key: string): number | undefined {
  const number = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** The objects of a list at a member; what is no object is left out. */
export function objectsAt(value: unknown, key: string): JsonObject[] {
  const list = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}
