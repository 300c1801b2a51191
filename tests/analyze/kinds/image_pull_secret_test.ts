import { deepStrictEqual } from "node:assert/strict";
import { imagePullSecret } from "../../../src/analyze/kinds/cluster/image_pull_secret.ts";
import { fail, pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const FOLDER = "cluster-resources/image-pull-secrets";
const HUB = "https://index.docker.io/v1/";
const nodes = { "cluster-resources/nodes.json": { items: [] } };
const files = {
  ...nodes,
  [`${FOLDER}/shop/regcred.json`]: { "quay.io": "robot", [HUB]: "me" },
  [`${FOLDER}/shop/team.json`]: { "registry.example.com:5000/team": "ci" },
};
const both = [pass("", "a"), fail("", "b"), pass("x", "there"), fail("y", "gone")];
const quay = { registryName: "quay.io", outcomes: both };
const ghcr = { registryName: "ghcr.io", outcomes: both };

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["finds a registry in the files of a real bundle", quay, files, ["pass: there"]],
    ["fails when no secret has it", ghcr, files, ["fail: gone"]],
    ["reads one file a namespace, too", quay, { [`${FOLDER}/shop.json`]: { "quay.io": "robot" } }, ["pass: there"]],
    ["says what it found", { registryName: "quay.io" }, files, ["pass: Credentials to pull from: quay.io found"]],
    ["says what it did not find", { registryName: "ghcr.io", outcomes: [fail("", "")] }, files, [
      "fail: Credentials to pull from: ghcr.io not found",
    ]],
    ["knows a registry as Docker writes it", { registryName: HUB, outcomes: both }, files, ["pass: there"]],
    ["knows Docker Hub by its name", { registryName: "docker.io", outcomes: both }, files, ["pass: there"]],
    ["knows a registry with a scheme", { registryName: "https://quay.io/", outcomes: both }, files, ["pass: there"]],
    ["knows a registry with a path", { registryName: "registry.example.com:5000/team", outcomes: both }, files, [
      "pass: there",
    ]],
    ["takes no part of a name", { registryName: "quay", outcomes: both }, files, ["fail: gone"]],
    ["fails in a cluster without pull secrets", quay, nodes, ["fail: gone"]],
    ["says so when nothing of the cluster was collected", quay, {}, [
      `skipped/file-missing: The bundle does not have ${FOLDER}/*/*.json, or it is empty`,
    ]],
    [
      "does not fail where secrets could not be read",
      ghcr,
      { ...files, [`${FOLDER}-errors.json`]: { db: "forbidden" } },
      [`throws: "ghcr.io" was not found, but not all pull secrets could be read, see ${FOLDER}-errors.json`],
    ],
    ["passes where some could not be read", quay, { ...files, [`${FOLDER}-errors.json`]: { db: "forbidden" } }, [
      "pass: there",
    ]],
    [
      "does not fail where redaction has hidden registries",
      ghcr,
      { [`${FOLDER}/shop/x.json`]: { "***HIDDEN***": "me" } },
      [`throws: "ghcr.io" was not found, but redaction has hidden registries of ${FOLDER}/shop/x.json`],
    ],
    ["says so when a file is of another shape", ghcr, { [`${FOLDER}/shop/x.json`]: [1] }, [
      `throws: "ghcr.io" was not found, but ${FOLDER}/shop/x.json of the bundle does not list registries`,
    ]],
    ["needs a registry", { outcomes: both }, files, ["throws: Cannot read the field registryName: it is missing"]],
  ];

for (const [name, config, files, expected] of behaviour) {
  Deno.test(`imagePullSecret ${name}`, async () =>
    deepStrictEqual(await verdictsOf(imagePullSecret, config, files), expected));
}

Deno.test("imagePullSecret says in which secret it is, and where to read on", async () =>
  deepStrictEqual(
    await resultsOf(imagePullSecret, { ...quay, outcomes: [pass("", "P", "https://x.example")] }, files),
    [{
      outcome: { status: "pass", message: "P" },
      uri: "https://x.example",
      evidence: [{ path: `${FOLDER}/shop/regcred.json` }],
    }],
  ));

Deno.test("imagePullSecret is called by checkName, or what it is", () => {
  const title = (config: object) => imagePullSecret.title(imagePullSecret.schema.parse(config));
  deepStrictEqual(title(quay), "Image Pull Secrets");
  deepStrictEqual(title({ ...quay, checkName: "Registry" }), "Registry");
});
