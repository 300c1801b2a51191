import { strictEqual } from "node:assert/strict";
import { globFolder, shellGlob } from "../../src/bundle/shell_glob.ts";

const behaviour = [ // glob, path, matches
  ["cluster-resources/pods/*.json", "cluster-resources/pods/default.json", true],
  ["cluster-resources/pods/*.json", "cluster-resources/pods/logs/x.json", false],
  ["*/*/app-stdout.txt", "default/web/app-stdout.txt", true],
  ["*", "a/b", false],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["[a-c].txt", "b.txt", true],
  ["[^a-c].txt", "b.txt", false],
  ["[^a-c].txt", "d.txt", true],
  ["a[^b]c", "a/c", false],
  ["file[1].txt", "file1.txt", true],
  ["file\\[1].txt", "file[1].txt", true],
  ["a+b (1).log", "a+b (1).log", true],
  ["a.c", "abc", false],
  ["unclosed[", "unclosed[", true],
  ["", "", true],
  ["*.json", ".json", true],
  ["a*b*c", "aXbXbXc", true],
  ["a*b*c", "aXbXbX", false],
  ["**", "a/b", false],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  ["[!a]", "a", false],
  ["x/*/", "x/y", false],
  ["?", "\u{1f600}", true],
] as const;
for (const [glob, path, matches] of behaviour) {
  Deno.test(`shellGlob("${glob}") ${matches ? "takes" : "leaves"} ${path}`, () =>
    strictEqual(shellGlob(glob)(path), matches));
}

Deno.test("shellGlob() takes no longer for a glob of many stars", () => {
  const matches = shellGlob(`${"*a".repeat(2_000)}b`);
  const started = performance.now();
  strictEqual(matches("a".repeat(4_000)), false);
  // Seconds where each star tries everything that those before it did; the bound is far from both.
  strictEqual(performance.now() - started < 2_000, true);
});

for (
  const [glob, folder] of [
    ["cluster-resources/pods/*.json", "cluster-resources/pods/"],
    ["a/b*/c", "a/"],
    ["*", ""],
    ["a/b", "a/"],
    ["a/\\*/c", "a/"],
  ] as const
) {
  Deno.test(`globFolder("${glob}") is "${folder}"`, () => strictEqual(globFolder(glob), folder));
}
