import { strictEqual, throws } from "node:assert/strict";
import { bundlePath, UnsafePathError } from "../../src/bundle/bundle_path.ts";

const kept = [ // segments, expected
  [["a", "b.json"], "a/b.json"],
  [["/a//b/", "./c"], "a/b/c"],
  [["", "pod", "c.log"], "pod/c.log"],
  [["a\\b"], "a/b"],
  [["a..b"], "a..b"],
] as const;
for (const [segments, expected] of kept) {
  Deno.test(`bundlePath(${segments.join(", ")}) is ${expected}`, () => strictEqual(bundlePath(...segments), expected));
}
for (const path of ["../x", "a/../../x", "..", "", "/", "a\0b", "a\\..\\b"]) {
  Deno.test(`bundlePath() refuses ${JSON.stringify(path)}`, () => throws(() => bundlePath(path), UnsafePathError));
}
