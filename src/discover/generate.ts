import { clusterCollectors } from "../collect/registry.ts";
import type { AccessNeed } from "../kube/access.ts";
import type { CollectorEntry } from "../spec/loaded_spec.ts";
import type { PlannedCollector } from "./plan_collectors.ts";

/** A collector that was planned, as an entry of a spec. */
export interface GeneratedCollector {
  entry: CollectorEntry;
  needs: AccessNeed[];
  /** See {@linkcode PlannedCollector}. */
  planned: PlannedCollector;
}

const PLACE = "auto-discovery";

/** Makes entries of what was planned. Kinds that this version does not have are left away.
 * @param namespace `--namespace` */
export function generateCollectors(
  planned: readonly PlannedCollector[],
  namespace: string | undefined,
): GeneratedCollector[] {
  return planned.flatMap((plan) => {
    const entry = toEntry(plan.kind, plan.fields);
    if (entry === undefined) return [];
    return [{ entry, needs: entry.unit.needs?.(entry.config, { namespace }) ?? [], planned: plan }];
  });
}

/** Makes one entry of those that differ in nothing but the namespace, where their kind takes several: it asks the cluster
 * less often than they would. */
export function joinCollectors(collectors: readonly GeneratedCollector[]): CollectorEntry[] {
  const groups = Map.groupBy(collectors, ({ planned }) => planned.group ?? planned);
  return [...groups.values()].flatMap((members) => {
    const { entry, planned: { kind, group, fields } } = members[0]!;
    if (group === undefined || !takesNamespaces(entry)) return members.map(({ entry }) => entry);
    const { namespace: _one, ...rest } = fields;
    const namespaces = members.map(({ planned }) => planned.fields.namespace);
    return [toEntry(kind, { ...rest, collectorName: group, namespaces })!];
  });
}

function takesNamespaces({ unit }: CollectorEntry): boolean {
  return "shape" in unit.schema && Object.hasOwn(unit.schema.shape as object, "namespaces");
}

function toEntry(kind: string, fields: Record<string, unknown>): CollectorEntry | undefined {
  const unit = clusterCollectors.find((unit) => unit.kind === kind);
  if (unit === undefined) return undefined;
  return { unit, config: unit.schema.parse(fields), raw: { [kind]: fields }, place: PLACE };
}
