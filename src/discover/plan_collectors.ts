import type { ChosenNamespaces } from "./choose_namespaces.ts";
import type { DiscoveryOptions } from "./discovery_options.ts";
import type { KotsApp } from "./kots_apps.ts";
import { isExcluded } from "./namespace_pattern.ts";
import { PROFILES } from "./profiles.ts";

/** An entry that a spec could have: `{ kind: fields }`, taken apart. */
export interface PlannedCollector {
  kind: string;
  fields: Record<string, unknown>;
  /** One of several that differ in nothing but the namespace: the name of all of them together. */
  group?: string;
}

/** What is known of the cluster. */
export interface DiscoveredFacts {
  namespaces: ChosenNamespaces;
  /** Namespaces that there are, where they could be listed. */
  known?: readonly string[];
  kots: readonly KotsApp[];
}

/** Fields of {@linkcode PlannedCollector} kinds that stand for every object. */
const EVERYTHING = ["*"];

/** What `--auto` collects, in a fixed order: the cluster, KOTS and kURL, then kind by kind the chosen namespaces.
 * Kinds that this version does not have are planned all the same. */
export function planCollectors(
  { namespaces, known = [], kots }: DiscoveredFacts,
  options: DiscoveryOptions,
): PlannedCollector[] {
  const profile = PROFILES[options.profile];
  const { names, how } = namespaces;
  const planned: PlannedCollector[] = [{ kind: "clusterInfo", fields: {} }];
  if (how !== "filter") planned.push({ kind: "clusterResources", fields: {} });
  else if (names.length > 0) planned.push({ kind: "clusterResources", fields: { namespaces: names } });

  const covered = new Set(profile.dataObjects ? names : []);
  const logged = new Set(profile.logs === undefined ? [] : names);
  if (profile.kots) {
    for (const app of kots) planned.push(...planKots(app, covered.has(app.namespace), logged.has(app.namespace)));
    const kurl = known.includes("kurl") && how !== "flag" && !covered.has("kurl") &&
      !isExcluded("kurl", options.excludeNamespaces);
    for (const name of kurl ? ["kurl-current-config", "kurl-last-config"] : []) {
      planned.push({
        kind: "configMap",
        fields: { collectorName: name, namespace: "kurl", name, includeAllData: true },
      });
    }
  }

  const each = (kind: string, group: string, fields: Record<string, unknown>) =>
    names.map((namespace): PlannedCollector => ({
      kind,
      group,
      fields: { collectorName: `${group}/${namespace}`, namespace, ...fields },
    }));
  if (profile.logs !== undefined) planned.push(...each("logs", "logs", { limits: profile.logs }));
  if (profile.dataObjects) {
    planned.push(...each("configMap", "configmaps", { selector: EVERYTHING, includeAllData: true }));
    planned.push(...each("secret", "secrets", { selector: EVERYTHING }));
  }
  if (profile.helm !== undefined) {
    const { values } = profile.helm;
    const fields = values ? { collectValues: true } : {};
    // Releases are read with one list, and belong to the state of the cluster: there, no namespace is left out.
    planned.push(...how === "all" ? [{ kind: "helm", fields }] : each("helm", "helm", fields));
  }
  if (profile.nodeMetrics) planned.push({ kind: "nodeMetrics", fields: {} });
  if (profile.images || options.includeImages) {
    for (const namespace of names) {
      const fields = { collectorName: `image-facts/${namespace}`, name: `image-facts-${namespace}`, data: "" };
      planned.push({ kind: "data", fields });
    }
  }
  return planned;
}

/** What belongs to one application. Its objects and logs are collected here only where the chosen namespaces don't have
 * its own among them. */
function planKots(app: KotsApp, covered: boolean, logged: boolean): PlannedCollector[] {
  const { namespace } = app;
  const folder = app.name.replace(/[^A-Za-z0-9_-]+/g, "-");
  const info = {
    kotsApp: app.name,
    namespace,
    detectedAt: "auto-detected",
    hasDeployment: app.hasDeployment,
    secretCount: app.secrets.length,
    configMapCount: app.configMaps.length,
    serviceCount: app.serviceCount,
  };
  return [
    {
      kind: "data",
      fields: { name: "kots", collectorName: `${folder}/info.json`, data: JSON.stringify(info, null, 2) },
    },
    ...logged ? [] : [{
      kind: "logs",
      fields: {
        collectorName: `kots/${folder}/logs`,
        namespace,
        selector: ["app=kotsadm", "kots.io/kotsadm=true"],
        limits: PROFILES.standard.logs,
      },
    }],
    ...covered ? [] : app.secrets.map((name) => ({
      kind: "secret",
      fields: { collectorName: `kots/${folder}/secrets/${name}`, namespace, name },
    })),
    ...covered ? [] : app.configMaps.map((name) => ({
      kind: "configMap",
      fields: { collectorName: `kots/${folder}/configmaps/${name}`, namespace, name, includeAllData: true },
    })),
  ];
}
