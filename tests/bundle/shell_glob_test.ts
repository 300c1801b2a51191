import { strictEqual } from "node:assert/strict";
import { shellGlob } from "../../src/bundle/shell_glob.ts";

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
] as const;
for (const [glob, path, matches] of behaviour) {
  Deno.test(`shellGlob("${glob}") ${matches ? "takes" : "leaves"} ${path}`, () =>
    strictEqual(shellGlob(glob)(path), matches));
}
