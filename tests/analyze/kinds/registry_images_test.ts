import { deepStrictEqual } from "node:assert/strict";
import { registryImages } from "../../../src/analyze/kinds/cluster/registry_images.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const PATH = "registry/images.json";
const images = {
  "a:1": { exists: true },
  "b:1": { exists: true },
  "c:1": { exists: false },
  "d:1": { exists: false, error: "unauthorized" },
  "e:1": { exists: true, error: "late" },
  "f:1": { error: "no route" },
};
const files = { [PATH]: { images } };

const conditions: [when: string, holds: boolean][] = [
  ["verified = 2", true],
  ["verified == 2", true],
  ["verified === 2", true],
  ["verified > 2", false],
  ["verified >= 2", true],
  ["missing < 2", true],
  ["missing <= 0", false],
  ["errors = 3", true],
  ["errors  >  2", true],
];
for (const [when, holds] of conditions) {
  Deno.test(`registryImages "${when}" ${holds ? "holds" : "does not hold"}`, async () =>
    deepStrictEqual(await verdictsOf(registryImages, { outcomes: [pass(when), fail()] }, files), [
      holds ? "pass: P" : "fail: F",
    ]));
}

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["takes the first outcome that matches", { outcomes: [fail("missing > 5"), warn("errors > 0"), pass()] }, files, [
      "warn: W",
    ]],
    ["reads the file of its collector", { collectorName: "app", outcomes: [pass("verified = 0")] }, {
      "registry/app.json": { images: {} },
    }, ["pass: P"]],
    ["counts none where there are none", { outcomes: [pass("errors = 0")] }, { [PATH]: { images: null } }, ["pass: P"]],
    ["says which file is missing", { outcomes: [pass()] }, {}, [
      "skipped/file-missing: The bundle does not have registry/images.json, or it is empty",
    ]],
    ["says so when no outcome matches", { outcomes: [fail("missing > 1")] }, files, [
      "skipped/no-outcome-matched: No outcome of the spec matched 2 verified images, 1 missing, 3 with errors",
    ]],
    ["fails on an image of which nothing is said", { outcomes: [pass()] }, { [PATH]: { images: { a: null } } }, [
      'throws: registry/images.json of the bundle does not say whether "a" exists',
    ]],
    ["tells that the answer is hidden", { outcomes: [pass()] }, {
      [PATH]: { images: { a: { exists: "***HIDDEN***" } } },
    }, [
      "throws: The value in registry/images.json cannot be judged: redaction has hidden it",
    ]],
    ["fails on a file of another form", { outcomes: [pass()] }, { [PATH]: [1] }, [
      "throws: registry/images.json of the bundle has no images",
    ]],
    ["refuses an unknown word that an earlier outcome hides", { outcomes: [pass(), fail("lost > 0")] }, files, [
      'throws: Cannot read the condition "lost > 0": "lost" cannot be compared here',
    ]],
    ["refuses !=", { outcomes: [fail("missing != 0")] }, files, [
      'throws: Cannot read the condition "missing != 0": "!=" is not an operator here',
    ]],
    ["does not leave the bundle", { collectorName: "../../x" }, files, [
      'throws: The path "registry/../../x.json" would lie outside the bundle',
    ]],
  ];
for (const [name, config, files, expected] of behaviour) {
  Deno.test(`registryImages ${name}`, async () =>
    deepStrictEqual(await verdictsOf(registryImages, config, files), expected));
}

Deno.test("registryImages says where to read on, and where it read", async () =>
  deepStrictEqual(await resultsOf(registryImages, { outcomes: [pass("", "P", "https://x")] }, files), [
    { outcome: { status: "pass", message: "P" }, uri: "https://x", evidence: [{ path: PATH }] },
  ]));

const titles: [config: Record<string, unknown>, title: string][] = [
  [{ checkName: "C", collectorName: "N" }, "C"],
  [{ collectorName: "N" }, "N"],
  [{}, "Registry Images"],
];
for (const [config, title] of titles) {
  Deno.test(`registryImages has the title ${title}`, () =>
    deepStrictEqual(registryImages.title(registryImages.schema.parse(config)), title));
}
