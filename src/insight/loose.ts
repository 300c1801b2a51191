/** Reads JSON of which nothing is certain: what is not there, or is of another type, is empty. */
export type Loose = Record<string, unknown>;

export function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function object(value: unknown): Loose {
  return isObject(value) ? value : {};
}

/** What lies below these keys. */
export function below(value: unknown, ...keys: string[]): unknown {
  let at: unknown = value;
  for (const key of keys) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** The elements of a list; what is no object becomes an empty one, so that positions stay. */
export function list(value: unknown): Loose[] {
  return Array.isArray(value) ? value.map(object) : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** RFC 3339 as milliseconds. */
export function time(value: unknown): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** A map of texts: labels, annotations. */
export function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object(value)).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

/** The condition of a type, with its position. */
export function condition(of: unknown, type: string): { index: number; value: Loose } | undefined {
  const conditions = list(below(of, "status", "conditions"));
  const index = conditions.findIndex((each) => each.type === type);
  return index < 0 ? undefined : { index, value: conditions[index]! };
}

/** Shortens a text of the cluster for a message. */
export function clip(words: string, length = 400): string {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length)}…`;
}

/** `1 pod`, `3 pods`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
