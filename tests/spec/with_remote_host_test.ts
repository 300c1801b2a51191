import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { needKey } from "../../src/kube/access.ts";
import { neededPermissions } from "../../src/cli/needed_permissions.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import { type LoadedSpec, loadSpecs } from "../../src/spec/load_spec.ts";
import { withRemoteHost } from "../../src/spec/with_remote_host.ts";

const head = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: x}\nspec:\n";
const load = (spec: string): Promise<LoadedSpec> =>
  loadSpecs({ sources: ["-"], cwd: "/", stdin: () => Promise.resolve(head + spec) });
const kube = { contextNamespace: () => Promise.resolve("default") } as KubeClient;
const ON = "  runHostCollectorsInPod: true\n";

const rows: [name: string, spec: string, host: string[], onNodes: string[] | undefined][] = [
  ["without the field", "  hostCollectors: [{cpu: {}}]\n", ["cpu"], undefined],
  ["with false", "  runHostCollectorsInPod: false\n  hostCollectors: [{cpu: {}}]\n", ["cpu"], undefined],
  ["with true", `${ON}  hostCollectors: [{cpu: {}}, {memory: {}}]\n`, [], ["cpu", "memory"]],
  ["with one excluded", `${ON}  hostCollectors: [{cpu: {exclude: true}}, {memory: {}}]\n`, ["cpu"], ["memory"]],
  ["with all excluded", `${ON}  hostCollectors: [{cpu: {exclude: true}}]\n`, ["cpu"], undefined],
  ["without host collectors", `${ON}  collectors: [{data: {name: a, data: x}}]\n`, [], undefined],
];
for (const [name, text, host, onNodes] of rows) {
  Deno.test(`withRemoteHost() divides a spec ${name}`, async () => {
    const spec = withRemoteHost(await load(text));
    deepStrictEqual(spec.hostCollectors.map(({ unit }) => unit.kind), host);
    const remote = spec.collectors.find(({ unit }) => unit.kind === "hostCollectorsOnNodes");
    deepStrictEqual(
      remote?.config.collectors.flatMap(({ raw }: { raw: object }) => Object.keys(raw)),
      onNodes,
    );
  });
}

Deno.test("withRemoteHost() hands on image and time, and titles and fields as the spec has them", async () => {
  const spec = await load(`${ON}  hostCollectors: [{run: {collectorName: up, command: uptime}}]\n`);
  const { config } = withRemoteHost(spec, { image: "example.com/t:1", startMs: 5_000 }).collectors.at(-1)!;
  deepStrictEqual([config.image, config.startMs], ["example.com/t:1", 5_000]);
  deepStrictEqual(config.collectors, [{ title: "up", raw: { run: { collectorName: "up", command: "uptime" } } }]);
  const plain = withRemoteHost(spec).collectors.at(-1)!.config;
  deepStrictEqual([plain.image, plain.startMs], ["replicated/troubleshoot:latest", 30_000]);
});

Deno.test("neededPermissions() knows what host collectors on nodes need", async () => {
  const spec = await load(`${ON}  hostCollectors: [{cpu: {}}]\n`);
  const keysOf = async (namespace?: string) => {
    const { needs } = await neededPermissions(spec, { kube, namespace, signal: new AbortController().signal });
    return new Set(needs.map(needKey));
  };
  for (const namespace of ["default", "support"]) {
    const keys = await keysOf(namespace === "default" ? undefined : namespace);
    const wanted = [
      ...["create", "get", "list", "delete"].map((verb) => ({ verb, resource: "daemonsets", group: "apps" })),
      { verb: "list", resource: "pods" },
      { verb: "create", resource: "pods", subresource: "exec" },
      { verb: "get", resource: "pods", subresource: "exec" },
    ];
    for (const need of wanted) {
      const key = needKey({ ...need, namespace });
      strictEqual(keys.has(key), true, key);
    }
  }
});
