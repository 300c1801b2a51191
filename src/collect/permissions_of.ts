import type { AccessNeed, Collector, PermissionContext } from "./collector.ts";

/** Every permission that an entry uses: what its kind says, and what follows from that. */
// deno-lint-ignore no-explicit-any -- typed by the unit's own schema
export function permissionsOf(unit: Collector, config: any, context: PermissionContext): AccessNeed[] {
  const needs = unit.permissions?.(config, context) ?? unit.needs?.(config, { namespace: context.namespace }) ?? [];
  return needs.flatMap((need) => [need, ...impliedBy(need)]);
}

function impliedBy(need: AccessNeed): AccessNeed[] {
  const { verb, resource, subresource, namespace } = need;
  if (verb !== "create") return [];
  // A command is sent through a WebSocket, which is opened with GET: newer API servers want both verbs, older ones `get`.
  if (subresource !== undefined) return subresource === "exec" ? [{ ...need, verb: "get" }] : [];
  // What is created is watched and removed again, and so is what killed runs left (see created_objects.ts).
  const own = ["get", "list", "delete"].map((verb) => ({ ...need, verb }));
  // Events tell why a pod does not start.
  const runsPods = resource === "pods" || resource === "daemonsets";
  return runsPods ? [...own, { verb: "list", resource: "events", ...(namespace ? { namespace } : {}) }] : own;
}
