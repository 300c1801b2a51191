import { printf } from "./printf.ts";
import { isMap, print, truth, typeName } from "./values.ts";

/** A function that templates can call. Piped values come last. What it throws is told with its name. */
export type TemplateFunction = (...args: unknown[]) => unknown;

const MAX_REPEAT = 100_000;

/** The functions of Go's templates, and the common ones of Sprig. Those that read the environment, the clock or random
 * numbers are left out on purpose: messages depend on the bundle alone. `and` and `or` are in the evaluator, since they
 * stop early. */
export const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>(Object.entries(
  {
    not: (value) => !truth(value),
    eq: (left, ...rights) => rights.some((right) => equal(left, right)),
    ne: (left, right) => !equal(left, right),
    lt: (left, right) => order(left, right) < 0,
    le: (left, right) => order(left, right) <= 0,
    gt: (left, right) => order(left, right) > 0,
    ge: (left, right) => order(left, right) >= 0,
    len: length,
    index,
    slice: (value, from, to) => sliceable(value).slice(int(from ?? 0), to === undefined ? undefined : int(to)),
    print: (...values) => values.map(print).join(" "),
    println: (...values) => values.map(print).join(" ") + "\n",
    printf: (format, ...values) => printf(text(format), values),

    default: (fallback, value) => truth(value) ? value : fallback,
    empty: (value) => !truth(value),
    coalesce: (...values) => values.find(truth),
    ternary: (yes, no, condition) => truth(condition) ? yes : no,
    fail: (message) => {
      throw new Error(text(message));
    },

    upper: (value) => text(value).toUpperCase(),
    lower: (value) => text(value).toLowerCase(),
    title: (value) => text(value).replace(/(^|\s)\S/g, (start) => start.toUpperCase()),
    untitle: (value) => text(value).replace(/(^|\s)\S/g, (start) => start.toLowerCase()),
    trim: (value) => text(value).trim(),
    trimAll: (chars, value) => trimChars(text(value), text(chars), true, true),
    trimPrefix: (prefix, value) =>
      text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : value,
    trimSuffix: (suffix, value) =>
      text(suffix) !== "" && text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : value,
    trunc: (count, value) => {
      const n = int(count);
      return n < 0 ? text(value).slice(n) : text(value).slice(0, n);
    },
    substr: (from, to, value) => text(value).slice(Math.max(int(from), 0), int(to) < 0 ? undefined : int(to)),
    repeat: (count, value) => {
      if (int(count) * text(value).length > MAX_REPEAT) throw new Error("the result is too long");
      return text(value).repeat(Math.max(int(count), 0));
    },
    replace: (from, to, value) => text(value).replaceAll(text(from), () => text(to)),
    contains: (part, value) => text(value).includes(text(part)),
    hasPrefix: (prefix, value) => text(value).startsWith(text(prefix)),
    hasSuffix: (suffix, value) => text(value).endsWith(text(suffix)),
    quote: (...values) => values.filter(isSomething).map((value) => JSON.stringify(print(value))).join(" "),
    squote: (...values) => values.filter(isSomething).map((value) => `'${print(value)}'`).join(" "),
    cat: (...values) => values.filter(isSomething).map(print).join(" "),
    indent: (count, value) => indent(int(count), text(value)),
    nindent: (count, value) => "\n" + indent(int(count), text(value)),
    nospace: (value) => text(value).replace(/\s/g, ""),
    plural: (one, many, count) => int(count) === 1 ? one : many,
    toString: (value: unknown) => print(value),

    join: (separator, value) => Array.isArray(value) ? value.map(print).join(text(separator)) : print(value),
    splitList: (separator, value) => text(value).split(text(separator)),
    list: (...values) => values,
    first: (value) => list(value)[0],
    last: (value) => list(value).at(-1),
    rest: (value) => list(value).slice(1),
    initial: (value) => list(value).slice(0, -1),
    reverse: (value) => [...list(value)].reverse(),
    uniq: (value) => [...new Set(list(value))],
    has: (item, value) => list(value).some((candidate) => equal(candidate, item)),
    append: (value, item) => [...list(value), item],
    prepend: (value, item) => [item, ...list(value)],
    concat: (...values) => values.flatMap(list),
    compact: (value) => list(value).filter(truth),
    without: (value, ...items) => list(value).filter((candidate) => !items.some((item) => equal(candidate, item))),
    sortAlpha: (value) => list(value).map(print).sort(),
    toStrings: (value) => list(value).map(print),

    dict: (...pairs) =>
      Object.fromEntries(pairs.flatMap((key, i) => i % 2 === 0 ? [[print(key), pairs[i + 1] ?? ""]] : [])),
    get: (value, key) => map(value)[ownKey(map(value), key)] ?? "",
    hasKey: (value, key) => Object.hasOwn(map(value), text(key)),
    keys: (...values) => values.flatMap((value) => Object.keys(map(value))),
    values: (value) => Object.values(map(value)),

    int: (value) => toInt(value),
    int64: (value) => toInt(value),
    atoi: (value) => toInt(value),
    float64: (value) => Number(value) || 0,
    add: (...values) => values.reduce((sum: number, value) => sum + toInt(value), 0),
    add1: (value) => toInt(value) + 1,
    sub: (left, right) => toInt(left) - toInt(right),
    mul: (...values) => values.reduce((product: number, value) => product * toInt(value), 1),
    div: (left, right) => Math.trunc(toInt(left) / divisor(right)),
    mod: (left, right) => toInt(left) % divisor(right),
    max: (...values) => Math.max(...values.map(toInt)),
    min: (...values) => Math.min(...values.map(toInt)),
    floor: (value) => Math.floor(Number(value) || 0),
    ceil: (value) => Math.ceil(Number(value) || 0),
    round: (value, places) => Number((Number(value) || 0).toFixed(Math.min(Math.max(int(places), 0), 20))),

    toJson: (value) => JSON.stringify(value) ?? "null",
    toPrettyJson: (value) => JSON.stringify(value, null, 2) ?? "null",
  } satisfies Record<string, TemplateFunction>,
));

function isSomething(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (!isSomething(value)) return "";
  throw new Error(`it needs a text, and got ${typeName(value)}`);
}

function int(value: unknown): number {
  if (typeof value === "number") return Math.trunc(value);
  throw new Error(`it needs a number, and got ${typeName(value)}`);
}

/** As Sprig's casts: what is no number is 0. */
function toInt(value: unknown): number {
  if (value === true) return 1;
  const number = Number(value);
  return Number.isFinite(number) && !Array.isArray(value) ? Math.trunc(number) : 0;
}

function divisor(value: unknown): number {
  const number = toInt(value);
  if (number === 0) throw new Error("it divides by zero");
  return number;
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (!isSomething(value)) return [];
  throw new Error(`it needs a list, and got ${typeName(value)}`);
}

function map(value: unknown): Record<string, unknown> {
  if (isMap(value)) return value;
  if (!isSomething(value)) return {};
  throw new Error(`it needs a map, and got ${typeName(value)}`);
}

/** A key that is the map's own, or one that no map has. */
function ownKey(of: Record<string, unknown>, key: unknown): string {
  return Object.hasOwn(of, text(key)) ? text(key) : "\0";
}

function sliceable(value: unknown): string | unknown[] {
  return typeof value === "string" ? value : list(value);
}

function length(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new Error(`${typeName(value)} has no length`);
}

function index(value: unknown, ...keys: unknown[]): unknown {
  let at = value;
  for (const key of keys) {
    if (Array.isArray(at) || typeof at === "string") {
      const i = int(key);
      if (i < 0 || i >= at.length) throw new Error(`there is no item ${i}: the list has ${at.length}`);
      at = at[i];
    } else if (isMap(at)) {
      at = at[ownKey(at, key)] ?? "";
    } else {
      throw new Error(`${typeName(at)} has no items`);
    }
  }
  return at;
}

function equal(left: unknown, right: unknown): boolean {
  if (!isSomething(left) || !isSomething(right)) return isSomething(left) === isSomething(right);
  if (typeof left !== typeof right) throw new Error(`it cannot compare ${typeName(left)} with ${typeName(right)}`);
  return left === right;
}

function order(left: unknown, right: unknown): number {
  const comparable = (typeof left === "number" && typeof right === "number") ||
    (typeof left === "string" && typeof right === "string");
  if (!comparable) throw new Error(`it cannot order ${typeName(left)} and ${typeName(right)}`);
  return left < right ? -1 : left > right ? 1 : 0;
}

function trimChars(value: string, chars: string, start: boolean, end: boolean): string {
  let from = 0;
  let to = value.length;
  while (start && from < to && chars.includes(value[from]!)) from++;
  while (end && to > from && chars.includes(value[to - 1]!)) to--;
  return value.slice(from, to);
}

function indent(count: number, value: string): string {
  const blanks = " ".repeat(Math.min(Math.max(count, 0), 100));
  return blanks + value.replaceAll("\n", "\n" + blanks);
}
