import { strictEqual } from "node:assert/strict";
import { nearest } from "../../src/core/nearest.ts";

const kinds = ["clusterInfo", "clusterResources", "logs", "exec", "data", "http"];
const behaviour = [ // word, expected
  ["clusterResource", "clusterResources"],
  ["ClusterInfo", "clusterInfo"],
  ["cluserInfo", "clusterInfo"],
  ["log", "logs"],
  ["exce", undefined], // two edits of four letters: anything could be meant
  ["kubernetes", undefined],
  ["", undefined],
] as const;
for (const [word, expected] of behaviour) {
  Deno.test(`nearest() takes "${word}" for ${expected}`, () => strictEqual(nearest(word, kinds), expected));
}
