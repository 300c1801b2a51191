import { badWhen } from "./condition_error.ts";

/** A condition that was read: says whether it holds for a value. */
export type Condition<Value> = (value: Value) => boolean;

/** The six orderings that operators stand for. */
export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

const SPELLINGS: Record<string, Comparison> = {
  "=": "=",
  "==": "=",
  "===": "=",
  "!=": "!=",
  "!==": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** The words of a condition. Runs of blanks count as one. */
export function words(when: string): string[] {
  return when.split(/\s+/).filter((word) => word !== "");
}

/** Reads an operator in all its spellings (`===` is `=`).
 * @param allowed the comparisons that this grammar has
 * @throws {SpecConditionError} */
export function comparison(text: string, when: string, allowed: readonly Comparison[]): Comparison {
  const found = Object.hasOwn(SPELLINGS, text) ? SPELLINGS[text]! : undefined;
  if (found === undefined || !allowed.includes(found)) {
    throw badWhen(when, `"${text}" is not an operator here`, `Use one of ${allowed.join(" ")}`);
  }
  return found;
}

export const ORDERINGS: readonly Comparison[] = ["<", "<=", ">", ">=", "="];
export const ORDERINGS_AND_NOT: readonly Comparison[] = [...ORDERINGS, "!="];
export const EQUALITIES: readonly Comparison[] = ["=", "!="];

/** Applies an operator to two numbers, exact quantities or texts (by code units). */
export function compares<Value extends number | bigint | string>(left: Value, by: Comparison, right: Value): boolean {
  switch (by) {
    case "=":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

/** Reads a decimal integer with an optional sign; undefined for anything else, and beyond 2^53. */
export function tryParseInt(text: string): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** {@linkcode tryParseInt} for the value of a condition.
 * @throws {SpecConditionError} */
export function integer(text: string, when: string): number {
  const value = tryParseInt(text);
  if (value === undefined) throw badWhen(when, `"${text}" is not an integer`, "Write a whole number");
  return value;
}

/** Reads a boolean as Go's `strconv.ParseBool` does; undefined for anything else. */
export function tryParseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  return undefined;
}

/** `true` or `false`: holds for that value.
 * @throws {SpecConditionError} */
export function boolCondition(when: string): Condition<boolean> {
  const wanted = tryParseBool(when.trim());
  if (wanted === undefined) throw badWhen(when, "it is neither true nor false", 'Write when: "true" or when: "false"');
  return (value) => value === wanted;
}

/** `<op> <int>`, such as `>= 3`.
 * @throws {SpecConditionError} */
export function intCondition(when: string): Condition<number> {
  const [operator, value, ...more] = words(when);
  if (operator === undefined || value === undefined || more.length > 0) {
    throw badWhen(when, "it is not an operator and a number", "Write it as >= 3, with a space between");
  }
  const by = comparison(operator, when, ORDERINGS);
  const wanted = integer(value, when);
  return (actual) => compares(actual, by, wanted);
}

/** `<name> <op> <int>`, such as `ready >= 3`.
 * @param names what can be compared
 * @param unnamed what `>= 3` alone means; absent: nothing
 * @throws {SpecConditionError} */
export function namedIntCondition<Name extends string>(
  names: readonly Name[],
  unnamed?: Name,
): (when: string) => Condition<Record<Name, number>> {
  return (when) => {
    const written = words(when);
    const parts = written.length === 2 && unnamed !== undefined ? [unnamed, ...written] : written;
    const [name, operator, value] = parts;
    const hint = `Write it as ${names[0]} >= 3; known names are ${names.join(", ")}`;
    if (parts.length !== 3) throw badWhen(when, "it is not a name, an operator and a number", hint);
    const known = names.find((candidate) => candidate === name);
    if (known === undefined) throw badWhen(when, `"${name}" cannot be compared here`, hint);
    const by = comparison(operator!, when, ORDERINGS);
    const wanted = integer(value!, when);
    return (actual) => compares(actual[known], by, wanted);
  };
}

/** `<group> <op> <value>` over the named groups of a regular expression. Integers compare as integers, and then text
 * that is none never matches; `''` and `""` stand for the empty text; a group that the pattern does not have never
 * matches.
 * @throws {SpecConditionError} */
export function regexGroupCondition(when: string): Condition<Record<string, string>> {
  const parts = words(when);
  if (parts.length !== 3) {
    throw badWhen(when, "it is not a group, an operator and a value", "Write it as Loss > 0, or Name = value");
  }
  const [group, operator, written] = parts as [string, string, string];
  const wanted = written === "''" || written === '""' ? "" : written;
  const wantedInt = tryParseInt(wanted);
  const by = comparison(operator, when, wantedInt === undefined ? EQUALITIES : ORDERINGS_AND_NOT);
  return (groups) => {
    if (!Object.hasOwn(groups, group)) return false;
    const actual = groups[group]!;
    if (wantedInt === undefined) return compares(actual, by, wanted);
    const actualInt = tryParseInt(actual);
    return actualInt !== undefined && compares(actualInt, by, wantedInt);
  };
}
