import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { clusterCollectors } from "../../src/collect/registry.ts";
import type { ChosenNamespaces } from "../../src/discover/choose_namespaces.ts";
import { type DiscoveryOptions, discoveryOptionsSchema } from "../../src/discover/discovery_options.ts";
import type { KotsApp } from "../../src/discover/kots_apps.ts";
import { type DiscoveredFacts, planCollectors } from "../../src/discover/plan_collectors.ts";
import { DISCOVERY_PROFILES, PROFILES } from "../../src/discover/profiles.ts";

const two: ChosenNamespaces = { names: ["billing", "shop"], how: "filter", total: 9, warnings: [] };
const all: ChosenNamespaces = { ...two, how: "all" };
const app: KotsApp = {
  name: "My App/../x",
  namespace: "kots",
  hasDeployment: true,
  secrets: ["kotsadm-password"],
  configMaps: ["kotsadm-config"],
  serviceCount: 1,
};

/** `kind namespace-or-name`, in order. */
function plan(facts: Partial<DiscoveredFacts>, options: Partial<DiscoveryOptions> = {}): string[] {
  return planCollectors({ namespaces: two, kots: [], ...facts }, { ...discoveryOptionsSchema.parse({}), ...options })
    .map(({ kind, fields }) => `${kind} ${fields.name ?? fields.namespace ?? fields.namespaces ?? ""}`.trim());
}

const STATE = ["clusterInfo", "clusterResources billing,shop"];
const OBJECTS = [
  "logs billing",
  "logs shop",
  "configMap billing",
  "configMap shop",
  "secret billing",
  "secret shop",
];
const IMAGES = ["data image-facts-billing", "data image-facts-shop"];

const behaviour: [name: string, planned: string[], expected: string[]][] = [
  ["minimal is the state of the cluster", plan({}, { profile: "minimal" }), STATE],
  ["standard adds logs and objects", plan({}), [...STATE, ...OBJECTS]],
  ["comprehensive adds Helm and images", plan({}, { profile: "comprehensive" }), [
    ...STATE,
    ...OBJECTS,
    "helm billing",
    "helm shop",
    ...IMAGES,
  ]],
  ["paranoid adds what kubelets measure", plan({}, { profile: "paranoid" }), [
    ...STATE,
    ...OBJECTS,
    "helm billing",
    "helm shop",
    "nodeMetrics",
    ...IMAGES,
  ]],
  ["--include-images adds images to any profile", plan({}, { profile: "minimal", includeImages: true }), [
    ...STATE,
    ...IMAGES,
  ]],
  ["without a filter, the state is that of the whole cluster", plan({ namespaces: all }), [
    "clusterInfo",
    "clusterResources",
    ...OBJECTS,
  ]],
  ["without a filter, Helm releases are listed once", plan({ namespaces: all }, { profile: "comprehensive" }), [
    "clusterInfo",
    "clusterResources",
    ...OBJECTS,
    "helm",
    ...IMAGES,
  ]],
  ["a filter that leaves none leaves nothing that has a namespace", plan({ namespaces: { ...two, names: [] } }), [
    "clusterInfo",
  ]],
  ["KOTS elsewhere comes with its own logs and objects", plan({ kots: [app] }), [
    ...STATE,
    "data kots",
    "logs kots",
    "secret kotsadm-password",
    "configMap kotsadm-config",
    ...OBJECTS,
  ]],
  ["KOTS in a chosen namespace is not collected twice", plan({ kots: [{ ...app, namespace: "shop" }] }), [
    ...STATE,
    "data kots",
    ...OBJECTS,
  ]],
  ["minimal has no KOTS", plan({ kots: [app] }, { profile: "minimal" }), STATE],
  ["kURL is asked where its namespace is", plan({ known: ["kurl", "shop"] }), [
    ...STATE,
    "configMap kurl-current-config",
    "configMap kurl-last-config",
    ...OBJECTS,
  ]],
  ["kURL is not asked where it is excluded", plan({ known: ["kurl"] }, { excludeNamespaces: ["ku*"] }), [
    ...STATE,
    ...OBJECTS,
  ]],
  ["kURL is not asked beside --namespace", plan({ known: ["kurl"], namespaces: { ...two, how: "flag" } }), [
    "clusterInfo",
    "clusterResources",
    ...OBJECTS,
  ]],
];
for (const [name, planned, expected] of behaviour) {
  Deno.test(`planCollectors(): ${name}`, () => deepStrictEqual(planned, expected));
}

Deno.test("planCollectors() gives the application's facts a file of their own, whatever its name is", () => {
  const [, , info] = planCollectors({ namespaces: two, kots: [app] }, discoveryOptionsSchema.parse({}));
  deepStrictEqual([info!.fields.name, info!.fields.collectorName], ["kots", "My-App-x/info.json"]);
  deepStrictEqual(JSON.parse(String(info!.fields.data)), {
    kotsApp: "My App/../x",
    namespace: "kots",
    detectedAt: "auto-detected",
    hasDeployment: true,
    secretCount: 1,
    configMapCount: 1,
    serviceCount: 1,
  });
});

Deno.test("planCollectors() plans nothing that its kind does not take, never a Secret's value, and nothing that changes the cluster", () => {
  const changing = [
    "run",
    "runPod",
    "runDaemonSet",
    "exec",
    "copy",
    "copyFromHost",
    "collectd",
    "sysctl",
    "dns",
    "goldpinger",
  ];
  for (const profile of DISCOVERY_PROFILES) {
    const options = discoveryOptionsSchema.parse({ profile, includeImages: true });
    for (const { kind, fields } of planCollectors({ namespaces: all, known: ["kurl"], kots: [app] }, options)) {
      ok(!changing.includes(kind), kind);
      const unit = clusterCollectors.find((unit) => unit.kind === kind);
      if (unit === undefined) continue;
      const known = Object.keys((unit.schema as unknown as { shape: object }).shape);
      deepStrictEqual(Object.keys(fields).filter((field) => !known.includes(field)), [], kind);
      unit.schema.parse(fields);
      if (kind === "secret") ok(!("includeValue" in fields) && !("includeAllData" in fields));
    }
  }
});

Deno.test("PROFILES grow: each gathers at least what the one before does, and takes at least as long", () => {
  const profiles = DISCOVERY_PROFILES.map((name) => PROFILES[name]);
  for (const [at, later] of profiles.entries()) {
    const before = profiles[at - 1];
    if (before === undefined) continue;
    ok(later.limitMs > before.limitMs);
    ok((later.logs?.maxLines ?? 0) >= (before.logs?.maxLines ?? 0));
    ok((later.logs?.maxBytes ?? 0) >= (before.logs?.maxBytes ?? 0));
    for (const key of ["dataObjects", "kots", "images", "nodeMetrics"] as const) ok(later[key] || !before[key]);
    strictEqual(before.helm !== undefined && later.helm === undefined, false);
  }
});
