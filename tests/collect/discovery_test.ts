import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  type ApiInventory,
  type DiscoveryRoot,
  readRoot,
  servedVersion,
} from "../../src/collect/kinds/cluster/cluster_resources/discovery.ts";

const aggregated: DiscoveryRoot = {
  kind: "APIGroupDiscoveryList",
  items: [{
    metadata: { name: "apps" },
    versions: [
      {
        version: "v1",
        resources: [{
          resource: "deployments",
          singularResource: "deployment",
          scope: "Namespaced",
          responseKind: { group: "", version: "", kind: "Deployment" },
          verbs: ["list"],
          shortNames: ["deploy"],
          subresources: [{
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get"],
          }],
        }],
      },
      { version: "v1beta1", freshness: "Stale" },
    ],
  }],
};

Deno.test("readRoot() turns aggregated discovery into groups and resource lists", () => {
  const inventory: ApiInventory = { resources: [], errors: [] };
  const toAsk: string[] = [];
  readRoot(aggregated, inventory, toAsk);
  const v1 = { groupVersion: "apps/v1", version: "v1" };
  deepStrictEqual(inventory, {
    groups: [{
      name: "apps",
      versions: [v1, { groupVersion: "apps/v1beta1", version: "v1beta1" }],
      preferredVersion: v1,
    }],
    resources: [
      {
        kind: "APIResourceList",
        apiVersion: "v1",
        groupVersion: "apps/v1",
        resources: [
          {
            name: "deployments",
            singularName: "deployment",
            namespaced: true,
            kind: "Deployment",
            verbs: ["list"],
            shortNames: ["deploy"],
          },
          {
            name: "deployments/scale",
            singularName: "",
            namespaced: true,
            group: "autoscaling",
            version: "v1",
            kind: "Scale",
            verbs: ["get"],
          },
        ],
      },
      { kind: "APIResourceList", apiVersion: "v1", groupVersion: "apps/v1beta1", resources: [] },
    ],
    errors: ["apps/v1beta1: the server's own knowledge of it is stale"],
  });
  deepStrictEqual(toAsk, []);
});

Deno.test("readRoot() asks on where a server has no aggregated discovery", () => {
  const inventory: ApiInventory = { resources: [], errors: [] };
  const toAsk: string[] = [];
  const v1 = { groupVersion: "apps/v1", version: "v1" };
  const apps = { name: "apps", versions: [v1], preferredVersion: v1 };
  readRoot({ kind: "APIGroupList", groups: [apps] }, inventory, toAsk);
  readRoot({ kind: "APIVersions", versions: ["v1"] }, inventory, toAsk);
  const core = { groupVersion: "v1", version: "v1" };
  deepStrictEqual(inventory.groups, [{ name: "", versions: [core], preferredVersion: core }, apps]);
  deepStrictEqual(toAsk, ["v1", "apps/v1"]);
});

Deno.test("servedVersion() takes the first version that the server has, and a guess where discovery failed", () => {
  const serving = (errors: string[], ...served: [string, string][]): ApiInventory => ({
    errors,
    resources: served.map(([groupVersion, name]) => ({
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion,
      resources: [{ name, singularName: "", namespaced: true, kind: "", verbs: [] }],
    })),
  });
  const find = (inventory: ApiInventory) => servedVersion(inventory, "cronjobs", ["batch/v1", "batch/v1beta1"]);
  strictEqual(find(serving([], ["batch/v1beta1", "cronjobs"], ["batch/v1", "cronjobs"])), "batch/v1");
  strictEqual(find(serving([], ["batch/v1beta1", "cronjobs"], ["batch/v1", "jobs"])), "batch/v1beta1");
  strictEqual(find(serving([], ["batch/v1", "jobs"])), undefined);
  strictEqual(find(serving(["no answer"])), "batch/v1");
});
