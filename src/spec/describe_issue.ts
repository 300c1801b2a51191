import type * as z from "zod";

type Issue = z.core.$ZodIssue;

/** Zod's names of types, in the words of somebody who writes YAML, and how that is written. */
const TYPES: Readonly<Record<string, { name: string; hint: string }>> = {
  string: { name: "text", hint: "Write it in quotes" },
  number: { name: "a number", hint: "Write a number, without quotes" },
  int: { name: "a whole number", hint: "Write a whole number, without quotes" },
  boolean: { name: "true or false", hint: "Write true or false" },
  array: { name: "a list", hint: "Start each of its entries with a dash, or write [one, two]" },
  object: { name: "a mapping", hint: "Write its fields below it, each as NAME: VALUE" },
  record: { name: "a mapping", hint: "Write its fields below it, each as NAME: VALUE" },
};

/** What is wrong with a value of a spec, as the end of a sentence (`must be a list`), and how to write it. No value is
 * repeated: it may be a secret. */
export function describeIssue(issue: Issue): { problem: string; hint?: string } {
  if (issue.code === "invalid_union") {
    // The deepest of the alternatives is the one that was meant; at the same depth, each of them would do.
    const branches = issue.errors.map((errors) => errors[0]).filter((first) => first !== undefined);
    const deeper = branches.find(({ path }) => path.length > 0);
    if (deeper !== undefined) {
      const { problem, hint } = describeIssue(deeper);
      return { problem: `${deeper.path.join(".")} ${problem}`, hint };
    }
    const types = branches.map((branch) => branch.code === "invalid_type" ? branch.expected : "");
    // Text fields take what YAML reads as a number or a boolean, too: nobody has to know.
    if (types[0] === "string") return describeType("string");
    const known = types.map((type) => TYPES[type]?.name).filter((name) => name !== undefined);
    if (known.length > 0) return { problem: `must be ${known.join(" or ")}`, hint: TYPES[types[0]!]?.hint };
  }
  if (issue.code === "invalid_type") return describeType(issue.expected);
  if (issue.code === "invalid_value") {
    return { problem: `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}` };
  }
  if (issue.code === "too_small" && issue.origin === "array") {
    return { problem: `must have at least ${issue.minimum} ${Number(issue.minimum) === 1 ? "entry" : "entries"}` };
  }
  return { problem: `is not as expected: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}` };
}

function describeType(type: string): { problem: string; hint?: string } {
  const known = TYPES[type];
  return known === undefined
    ? { problem: `is not as expected: ${type}` }
    : { problem: `must be ${known.name}`, hint: known.hint };
}
