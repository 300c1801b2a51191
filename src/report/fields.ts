/** Reads objects of which nothing is certain: what is not there, or of another type, is `undefined`, or empty. */

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value below these keys. */
export function at(value: unknown, ...keys: string[]): unknown {
  for (const key of keys) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

export function textAt(value: unknown, ...keys: string[]): string | undefined {
  const text = at(value, ...keys);
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** A whole number that is not negative, or 0. */
export function countAt(value: unknown, ...keys: string[]): number {
  const count = at(value, ...keys);
  return Number.isSafeInteger(count) && (count as number) > 0 ? count as number : 0;
}

/** The objects of a list. */
export function objectsAt(value: unknown, ...keys: string[]): Record<string, unknown>[] {
  const list = at(value, ...keys);
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** Milliseconds since the epoch of a time of Kubernetes. */
export function timeAt(value: unknown, ...keys: string[]): number | undefined {
  const text = textAt(value, ...keys);
  const ms = text === undefined || text.length > 40 ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** At most so many characters of a text, and a mark where it goes on. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max).toWellFormed().replace(/\ufffd$/, "")}… (cut, ${text.length} characters)`;
}

/** A name that is longer than names of Kubernetes may be is none. */
export function cutName(name: string): string {
  return cut(name, 260);
}

const NAME_CHAR = /[\w-]/;

/** A text with `*` wherever the name of its object stands in it: equal for those that say the same of different objects. */
export function withoutName(text: string, name: string): string {
  let without = "", from = 0;
  // By hand: a pattern for each of a cluster's events takes as long as all else that is done with them.
  for (let at = name === "" ? -1 : text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const end = at + name.length;
    if (at < from || NAME_CHAR.test(text.charAt(at - 1)) || NAME_CHAR.test(text.charAt(end))) continue;
    without += `${text.slice(from, at)}*`;
    from = end;
  }
  return from === 0 ? text : without + text.slice(from);
}
