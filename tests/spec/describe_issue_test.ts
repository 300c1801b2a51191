import { deepStrictEqual } from "node:assert/strict";
import * as z from "zod";
import { textField } from "../../src/collect/text_field.ts";
import { flagField } from "../../src/core/flag_field.ts";
import { describeIssue } from "../../src/spec/describe_issue.ts";

const LIST = "Start each of its entries with a dash, or write [one, two]";
const MAPPING = "Write its fields below it, each as NAME: VALUE";
const behaviour: [name: string, schema: z.ZodType, value: unknown, problem: string, hint: string | undefined][] = [
  ["wants text", z.string(), 5, "must be text", "Write it in quotes"],
  ["wants text where it takes numbers, too", textField(), ["hidden-word"], "must be text", "Write it in quotes"],
  ["wants a number", z.number(), "x", "must be a number", "Write a number, without quotes"],
  ["wants a whole number", z.int(), 1.5, "must be a whole number", "Write a whole number, without quotes"],
  ["wants a boolean", z.boolean(), 5, "must be true or false", "Write true or false"],
  ["wants a flag", flagField(), 5, "must be true or false or text", "Write true or false"],
  ["wants a list", z.array(z.string()), { a: 1 }, "must be a list", LIST],
  ["wants entries", z.array(z.string()).min(1), [], "must have at least 1 entry", undefined],
  ["wants a mapping", z.object({}), [1], "must be a mapping", MAPPING],
  ["wants a mapping of any keys", z.record(z.string(), z.string()), 1, "must be a mapping", MAPPING],
  ["names the values there are", z.enum(["a", "b"]), "hidden-word", 'must be "a" or "b"', undefined],
  [
    "names the field of an alternative",
    z.union([z.string(), z.object({ a: z.object({ b: z.number() }) })]),
    {
      a: { b: "hidden-word" },
    },
    "a.b must be a number",
    "Write a number, without quotes",
  ],
  [
    "passes on what a schema says itself",
    z.string().refine(() => false, "Give one of url and body"),
    "hidden-word",
    "is not as expected: give one of url and body",
    undefined,
  ],
];
for (const [name, schema, value, problem, hint] of behaviour) {
  Deno.test(`describeIssue() ${name}`, () => {
    deepStrictEqual({ hint: undefined, ...describeIssue(schema.safeParse(value).error!.issues[0]!) }, {
      problem,
      hint,
    });
  });
}
