import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Discovery } from "../../src/discover/discover.ts";
import { discoveryOptionsSchema } from "../../src/discover/discovery_options.ts";
import { describeDiscovery, describeForbidden } from "../../src/discover/discovery_report.ts";
import { generateCollectors, joinCollectors } from "../../src/discover/generate.ts";
import { mergeDiscovered } from "../../src/discover/merge_discovered.ts";
import { partByAccess } from "../../src/discover/permitted.ts";
import { planCollectors } from "../../src/discover/plan_collectors.ts";
import type { AccessNeed } from "../../src/kube/access.ts";
import { type LoadedSpec, loadSpecs } from "../../src/spec/load_spec.ts";

const options = discoveryOptionsSchema.parse({});

/** What discovery makes of these namespaces, with an account that may do all but what is denied. */
function discovered(names: string[], denied: (need: AccessNeed) => boolean = () => false): Discovery {
  const namespaces = { names, how: "filter" as const, total: 200, warnings: [] };
  const generated = generateCollectors(planCollectors({ namespaces, kots: [] }, options), undefined);
  const answers = generated.flatMap(({ needs }) => needs).map((need) => ({ need, allowed: !denied(need) }));
  const { permitted, forbidden } = partByAccess(generated, answers);
  return { options, namespaces, kots: [], collectors: joinCollectors(permitted), forbidden, warnings: [] };
}

function load(collectors: string, auto = true): Promise<LoadedSpec> {
  const text = `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec:\n  collectors:\n${collectors}`;
  return loadSpecs({ sources: ["-"], auto, cwd: "/", stdin: () => Promise.resolve(text) });
}

async function merged(collectors: string, discovery: Discovery): Promise<unknown[]> {
  return mergeDiscovered(await load(collectors), discovery).collectors.map(({ raw }) => raw);
}

const kinds = (entries: unknown[]) => entries.map((entry) => Object.keys(entry as object)[0]);

Deno.test("mergeDiscovered() keeps the collectors of a spec, of every kind and in their order, before the generated ones", async () => {
  const entries = await merged(
    "    - exec: {selector: [a=b], command: [ls]}\n    - data: {name: x, data: y}\n    - http: {get: {url: http://x}}\n",
    discovered(["shop"]),
  );
  deepStrictEqual(kinds(entries), [
    "exec",
    "data",
    "http",
    "clusterInfo",
    "clusterResources",
    "logs",
    "configMap",
    "secret",
  ]);
  deepStrictEqual(entries[4], { clusterResources: { namespaces: ["shop"] } }, "the default one would read them all");
});

Deno.test("mergeDiscovered() gives the same list in the same order each time", async () => {
  const once = async () => JSON.stringify(await merged("    - logs: {selector: [a=b]}\n", discovered(["b", "a", "c"])));
  strictEqual(await once(), await once());
});

const same: [name: string, spec: string, generated: string[]][] = [
  ["clusterInfo", "    - clusterInfo: {}\n", ["clusterResources", "logs", "configMap", "secret"]],
  [
    "logs that differ in nothing but the name they are shown by",
    "    - logs: {namespace: shop, collectorName: mine, limits: {maxBytes: 5000000, maxLines: 10000}}\n",
    ["clusterInfo", "clusterResources", "configMap", "secret"],
  ],
  [
    "cluster state that the spec excludes",
    "    - clusterResources: {exclude: true}\n",
    ["clusterInfo", "logs", "configMap", "secret"],
  ],
  [
    "nothing, where the limits differ",
    "    - logs: {namespace: shop}\n",
    ["clusterInfo", "clusterResources", "logs", "configMap", "secret"],
  ],
];
for (const [name, spec, generated] of same) {
  Deno.test(`mergeDiscovered() does not generate again what the spec has: ${name}`, async () =>
    deepStrictEqual(kinds(await merged(spec, discovered(["shop"]))).slice(1), generated));
}

Deno.test("mergeDiscovered() records what the account may not read, in the words of skipped-collectors.json", async () => {
  const denied = (need: AccessNeed) => need.namespace === "billing" && need.resource === "secrets";
  const spec = mergeDiscovered(await load("    - clusterInfo: {}\n"), discovered(["billing", "shop"], denied));
  deepStrictEqual(spec.leftOut, [{
    title: "secret/secrets/billing",
    kind: "secret",
    where: "cluster",
    reason: "forbidden",
    errors: [
      'cannot collect secret/secrets/billing: action "list" is not allowed on resource "secrets" in the "billing" namespace',
    ],
  }]);
  deepStrictEqual(spec.collectors.find(({ unit }) => unit.kind === "secret")!.config.namespaces, ["shop"]);
  match(spec.warnings.join("\n"), /One collector is left out/);
});

Deno.test("partByAccess() never leaves the state of the cluster out", () => {
  const { collectors, forbidden } = discovered(["shop"], () => true);
  deepStrictEqual(collectors.map(({ unit }) => unit.kind), ["clusterInfo", "clusterResources"]);
  deepStrictEqual(forbidden.map(({ collector }) => collector.entry.unit.kind), ["logs", "configMap", "secret"]);
});

Deno.test("describeDiscovery() is one line that says where it looked", () => {
  match(
    describeDiscovery(discovered(["a", "b"]), "yaml-augmented"),
    /^Auto-discovery \(yaml-augmented, standard\): 2 of 200 namespaces, \d+ collectors$/,
  );
});

Deno.test("describeForbidden() stays short and narrow, however much is forbidden", () => {
  const names = Array.from({ length: 120 }, (_, i) => `a-namespace-with-a-long-name-${String(i).padStart(3, "0")}`);
  const text = describeForbidden(discovered(names, () => true).forbidden)!;
  const lines = text.split("\n");
  ok(lines.length <= 14, text);
  for (const line of lines) ok(line.length <= 80, `${line.length}: ${line}`);
  match(text, /^360 collectors are left out/);
  match(text, / {2}configMap in 120 namespaces: may not list configmaps\n/);
  match(text, /support-bundle rbac/);
  strictEqual(describeForbidden([]), undefined);
});

Deno.test("describeForbidden() names the namespaces as far as there is room", () => {
  const { forbidden } = discovered(["ops", "shop"], ({ resource }) => resource === "pods");
  match(describeForbidden(forbidden)!, /\n {2}logs in ops, shop: may not list pods, get pods\/log\n/);
});
