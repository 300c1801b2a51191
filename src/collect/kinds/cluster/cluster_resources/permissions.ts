import type { AccessNeed, PermissionContext } from "../../../collector.ts";
import { RESOURCE_KINDS } from "./resource_kinds.ts";

/** Everything that `clusterResources` lists and reads.
 * @param names the namespaces that the spec names; none: those that can be listed */
export function resourcePermissions(names: readonly string[], context: PermissionContext): AccessNeed[] {
  const within = names.length > 0 ? names : context.namespace ? [context.namespace] : undefined;
  const lists = [
    ...RESOURCE_KINDS.map(({ resource, from: [version], namespaced }) => ({
      resource,
      namespaced,
      group: version.includes("/") ? version.split("/")[0] : undefined,
    })),
    // Image pull secrets and the licence.
    { resource: "secrets", namespaced: true, group: undefined },
    ...context.customResources,
  ];
  const everywhere = lists.filter(({ namespaced }) => !namespaced || within === undefined)
    .map(({ resource, group }): AccessNeed => ({ verb: "list", resource, ...(group ? { group } : {}) }));
  const log = { verb: "get", resource: "pods", subresource: "log" };
  if (within === undefined) return [{ verb: "list", resource: "namespaces" }, ...everywhere, log];
  return [
    ...everywhere,
    ...within.flatMap((namespace): AccessNeed[] => [
      // RBAC takes a namespace for an object that lies in itself.
      { verb: "get", resource: "namespaces", name: namespace, namespace },
      ...lists.filter(({ namespaced }) => namespaced).map(({ resource, group }) => ({
        verb: "list",
        resource,
        ...(group ? { group } : {}),
        namespace,
      })),
      { ...log, namespace },
    ]),
  ];
}
