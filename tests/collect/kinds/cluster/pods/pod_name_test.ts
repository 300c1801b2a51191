import { strictEqual } from "node:assert/strict";
import { podName } from "../../../../../src/collect/kinds/cluster/pods/launch_pod.ts";

const behaviour = [
  ["keeps a name that is one", "run-ping", "run-ping"],
  ["replaces what no name may have", "Check/My App_1", "check-my-app-1"],
  ["keeps dots between words", "a.b", "a.b"],
  ["leaves no part empty", "a..b.-c", "a.b.c"],
  ["begins and ends with a letter or digit", "--.x.--", "x"],
  ["cuts a long name", "x".repeat(80), "x".repeat(63)],
  ["cuts without a dash at the end", `${"x".repeat(62)}-yyy`, "x".repeat(62)],
  ["finds nothing in other scripts", "проверка", ""],
] as const;
for (const [name, text, expected] of behaviour) {
  Deno.test(`podName() ${name}`, () => strictEqual(podName(text), expected));
}
