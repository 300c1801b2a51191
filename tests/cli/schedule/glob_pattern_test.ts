import { strictEqual } from "node:assert/strict";
import { globPattern } from "../../../src/cli/schedule/glob_pattern.ts";

const behaviour = [
  // glob, name, matches
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["a*c", "abbc", true],
  ["a*c", "abbcd", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["A*", "abc", true],
  ["a.c", "abc", false],
  ["*[x]*", "a[x]b", true],
  ["?", "🚀", true],
  ["*a*b*c*", "xxaxxbxxcxx", true],
  ["a*".repeat(30) + "b", "a".repeat(200), false], // a backtracking engine would not come back
] as const;
for (const [glob, name, expect] of behaviour) {
  Deno.test(`globPattern() "${glob.slice(0, 20)}" ${expect ? "matches" : "does not match"} "${name.slice(0, 20)}"`, () =>
    strictEqual(globPattern(glob).test(name), expect));
}
