import { parse } from "yaml";
import { UsageError } from "../core/errors.ts";

export type Values = Record<string, unknown>;

/** Reads a file of values.
 * @throws {UsageError} when it is no mapping */
export function readValues(text: string, name: string): Values {
  let value: unknown;
  try {
    value = parse(text);
  } catch (cause) {
    throw new UsageError(`--values: "${name}" is not YAML`, "Write it as key: value", { cause });
  }
  if (value === null || value === undefined) return {};
  if (isMap(value)) return value;
  throw new UsageError(`--values: "${name}" is not a mapping`, "Write it as key: value");
}

/** Merges mappings in depth; everything else is replaced. */
export function mergeValues(into: Values, from: Values): Values {
  const merged = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    define(merged, key, isMap(before) && isMap(value) ? mergeValues(before, value) : value);
  }
  return merged;
}

const MAX_INDEX = 65_536;

/** Applies `a.b=c,d[0]=e,f={x,y}` as Helm's `--set` does: `\,` and `\.` are meant as they are, and types are inferred.
 * @throws {UsageError} */
export function setValues(values: Values, text: string): Values {
  let result = structuredClone(values);
  for (const part of splitOutside(text, ",")) {
    if (part.trim() === "") continue;
    const at = splitOutside(part, "=")[0]!.length;
    if (at === part.length || at === 0) {
      throw new UsageError(`--set: "${part.split("=")[0]}" is not key=value`, "Write it as --set a.b=c,d=e");
    }
    const path = keyPath(part.slice(0, at));
    result = place(result, path, valueOf(part.slice(at + 1)), text) as Values;
  }
  return result;
}

function keyPath(key: string): (string | number)[] {
  const parts = splitOutside(key.trim().replace(/^\.?Values\./, ""), ".");
  return parts.flatMap((part) => {
    const [, name, indexes = ""] = /^((?:[^[\\]|\\.)*)((?:\[\d+\])*)$/.exec(part) ?? [];
    if (name === undefined) throw new UsageError(`--set: "${part}" is not a key`, "Write lists as a[0]=x");
    const numbers = [...indexes.matchAll(/\d+/g)].map(([digits]) => Number(digits));
    if (numbers.some((index) => index > MAX_INDEX)) throw new UsageError(`--set: ${indexes} is too large`);
    return [...(name === "" ? [] : [name.replace(/\\(.)/g, "$1")]), ...numbers];
  });
}

function place(into: unknown, [key, ...rest]: (string | number)[], value: unknown, text: string): unknown {
  if (key === undefined) return value;
  if (typeof key === "number") {
    const list = Array.isArray(into) ? [...into] : [];
    while (list.length < key) list.push(null);
    list[key] = place(list[key], rest, value, text);
    return list;
  }
  const map: Values = isMap(into) ? { ...into } : {};
  define(map, key, place(Object.hasOwn(map, key) ? map[key] : undefined, rest, value, text));
  return map;
}

function valueOf(text: string): unknown {
  const list = /^\{(.*)\}$/s.exec(text);
  if (list !== null) return list[1]!.trim() === "" ? [] : splitOutside(list[1]!, ",").map(valueOf);
  const plain = text.replace(/\\(.)/gs, "$1");
  if (plain === "true" || plain === "false") return plain === "true";
  if (plain === "null") return null;
  return /^-?(?:0|[1-9]\d{0,14})$/.test(plain) ? Number(plain) : plain;
}

/** Splits at a character that is neither escaped nor between braces. */
function splitOutside(text: string, by: string): string[] {
  const parts = [""];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === "\\" && i + 1 < text.length) {
      parts[parts.length - 1] += char + text[++i];
      continue;
    }
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (char === by && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Also for keys such as `__proto__`. */
function define(map: Values, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}
