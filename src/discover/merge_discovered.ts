import { deniedMessage } from "../kube/access.ts";
import type { CollectorEntry, LeftOutCollector, LoadedSpec } from "../spec/loaded_spec.ts";
import type { Discovery } from "./discover.ts";
import { describeDiscovery, describeForbidden } from "./discovery_report.ts";
import type { ForbiddenCollector } from "./permitted.ts";

/** Adds what discovery found to what the specs ask for: the specs' collectors of every kind first, as they are, then the
 * generated ones. What a spec has already is not generated again, and a spec that excludes a kind of cluster state is
 * obeyed. */
export function mergeDiscovered(spec: LoadedSpec, discovery: Discovery): LoadedSpec {
  // Defaults stand for what discovery plans itself.
  const written = spec.collectors.filter(({ place }) => place !== "default");
  const taken = new Set(written.map(sameness));
  const stated = new Set(
    written.filter(({ unit, config }) => unit.kind === "clusterInfo" || config.exclude === true)
      .map(({ unit }) => unit.kind),
  );
  const generated = discovery.collectors.filter((entry) => {
    const { kind } = entry.unit;
    if ((kind === "clusterInfo" || kind === "clusterResources") && stated.has(kind)) return false;
    return !taken.has(sameness(entry));
  });
  const mode = written.length > 0 ? "yaml-augmented" : "foundational-only";
  const report = describeForbidden(discovery.forbidden);
  return {
    ...spec,
    collectors: [...written, ...generated],
    leftOut: [...spec.leftOut ?? [], ...discovery.forbidden.map(toLeftOut)],
    notes: [...spec.notes, ...discovery.unreachable === undefined ? [describeDiscovery(discovery, mode)] : []],
    warnings: [...spec.warnings, ...discovery.warnings, ...report === undefined ? [] : [report]],
  };
}

/** Equal for entries that would collect the same: the display name makes no difference. */
function sameness({ unit, config }: CollectorEntry): string {
  return JSON.stringify([unit.kind, config], (key, value) => {
    if (key === "collectorName" && unit.kind !== "data") return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
  });
}

function toLeftOut({ collector: { entry: { unit, config } }, denied }: ForbiddenCollector): LeftOutCollector {
  const title = unit.title(config);
  return {
    title,
    kind: unit.kind,
    where: unit.where,
    reason: "forbidden",
    errors: denied.map((need) => deniedMessage(title, need)),
  };
}
