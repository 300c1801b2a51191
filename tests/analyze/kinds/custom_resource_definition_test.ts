import { deepStrictEqual } from "node:assert/strict";
import { customResourceDefinition } from "../../../src/analyze/kinds/cluster/custom_resource_definition.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const PATH = "cluster-resources/custom-resource-definitions.json";
const installed = { [PATH]: { items: [{}, { metadata: { name: "backups.velero.io" } }] } };
const backups = { customResourceDefinitionName: "backups.velero.io" };
const gone = { customResourceDefinitionName: "gone.example.com" };

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["passes with the last pass outcome", { ...backups, outcomes: [pass("", "a"), fail(), pass("", "b")] }, installed, [
      "pass: b",
    ]],
    ["passes without a pass outcome, too", { ...backups, outcomes: [fail()] }, installed, [
      'pass: Custom resource definition "backups.velero.io" was found',
    ]],
    ["fails with the last fail outcome", { ...gone, outcomes: [fail("", "a"), fail("x", "b"), pass()] }, installed, [
      "fail: b",
    ]],
    ["warns where there is but a warn outcome", { ...gone, outcomes: [warn(), pass()] }, installed, ["warn: W"]],
    ["has one verdict, the most severe, with its own message", { ...gone, outcomes: [fail(), warn()] }, installed, [
      "fail: F",
    ]],
    ["names what is missing", { ...gone, outcomes: [fail("", "")] }, installed, [
      'fail: Custom resource definition "gone.example.com" was not found',
    ]],
    ["says so when no outcome is for a missing one", { ...gone, outcomes: [pass()] }, installed, [
      "skipped/no-outcome-matched: No outcome of the spec matched the missing " +
      'custom resource definition "gone.example.com"',
    ]],
    ["says which file is missing", backups, {}, [
      `skipped/file-missing: The bundle does not have ${PATH}, or it is empty`,
    ]],
    ["says so when the collector left an empty file", backups, { [PATH]: "" }, [
      `skipped/file-missing: The bundle does not have ${PATH}, or it is empty`,
    ]],
    ["fails on what is no list", backups, { [PATH]: { items: {} } }, [
      `throws: ${PATH} of the bundle is not a list of Kubernetes objects`,
    ]],
    ["needs a name", { outcomes: [fail()] }, installed, [
      "throws: Cannot read the field customResourceDefinitionName: it is missing",
    ]],
  ];

for (const [name, config, files, expected] of behaviour) {
  Deno.test(`customResourceDefinition ${name}`, async () =>
    deepStrictEqual(await verdictsOf(customResourceDefinition, config, files), expected));
}

Deno.test("customResourceDefinition says where it is seen, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(customResourceDefinition, { ...gone, outcomes: [warn("", "W", "https://x.example")] }, installed),
    [{ outcome: { status: "warn", message: "W" }, uri: "https://x.example", evidence: [{ path: PATH }] }],
  ));

Deno.test("customResourceDefinition is called by checkName, or what it looks for", () => {
  const title = (config: object) => customResourceDefinition.title(customResourceDefinition.schema.parse(config));
  deepStrictEqual(title(backups), "Custom resource definition backups.velero.io");
  deepStrictEqual(title({ ...backups, checkName: "Velero" }), "Velero");
});
