import type { AccessNeed } from "../kube/access.ts";

export interface RoleOptions {
  /** Of every role and binding. */
  name: string;
  /** Gets the roles bound to it. */
  serviceAccount?: { namespace: string; name: string };
}

/** A Role, a ClusterRole, or a binding of one. */
export interface RbacObject {
  apiVersion: "rbac.authorization.k8s.io/v1";
  kind: "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding";
  metadata: { name: string; namespace?: string };
  rules?: PolicyRule[];
  roleRef?: { apiGroup: string; kind: string; name: string };
  subjects?: { kind: "ServiceAccount"; namespace: string; name: string }[];
}

export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const API_GROUP = "rbac.authorization.k8s.io";
/** The order in which people know them. */
const VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];

/** The smallest roles that grant these needs, in a fixed order: a ClusterRole for what is needed in the whole cluster, a
 * Role for each namespace with what is needed there alone, and after each its binding, if somebody is to have it. */
export function planRoles(needs: readonly AccessNeed[], options: RoleOptions): RbacObject[] {
  const everywhere = needs.filter(({ namespace }) => namespace === undefined);
  const inNamespaces = Map.groupBy(
    needs.filter((need) => need.namespace !== undefined && !everywhere.some((wide) => covers(wide, need))),
    ({ namespace }) => namespace!,
  );
  const objects: RbacObject[] = everywhere.length === 0 ? [] : withBinding(undefined, planRules(everywhere), options);
  for (const [namespace, own] of [...inNamespaces].sort(([a], [b]) => a < b ? -1 : 1)) {
    objects.push(...withBinding(namespace, planRules(own), options));
  }
  return objects;
}

/** The fewest rules for needs of one scope: a resource is in one rule, and resources with the same verbs share it. */
export function planRules(needs: readonly AccessNeed[]): PolicyRule[] {
  const verbsOf = new Map<string, Set<string>>();
  for (const need of needs) {
    if (need.name && needs.some((wide) => !wide.name && covers({ ...wide, namespace: undefined }, need))) continue;
    const { group = "", resource, subresource, name = "" } = need;
    const key = JSON.stringify([group, subresource ? `${resource}/${subresource}` : resource, name]);
    const known = verbsOf.get(key);
    if (known === undefined) verbsOf.set(key, new Set([need.verb]));
    else known.add(need.verb);
  }
  const rules = new Map<string, { group: string; resources: Set<string>; names: Set<string>; verbs: string[] }>();
  for (const [key, set] of verbsOf) {
    const [group, resource, name] = JSON.parse(key) as [string, string, string];
    const verbs = [...set].sort((a, b) => VERBS.indexOf(a) - VERBS.indexOf(b) || (a < b ? -1 : 1));
    // Names belong to their own resource.
    const shared = JSON.stringify([group, verbs, name === "" ? "" : resource]);
    const rule = rules.get(shared);
    if (rule === undefined) {
      rules.set(shared, { group, verbs, resources: new Set([resource]), names: new Set(name === "" ? [] : [name]) });
    } else {
      rule.resources.add(resource);
      if (name !== "") rule.names.add(name);
    }
  }
  return [...rules.values()]
    .map(({ group, resources, names, verbs }): PolicyRule => ({
      apiGroups: [group],
      resources: [...resources].sort(),
      ...(names.size > 0 ? { resourceNames: [...names].sort() } : {}),
      verbs,
    }))
    .sort((a, b) => sortKey(a) < sortKey(b) ? -1 : 1);
}

/** True when who may do the one may do the other. */
function covers(wide: AccessNeed, need: AccessNeed): boolean {
  return wide.verb === need.verb && wide.resource === need.resource && (wide.group ?? "") === (need.group ?? "") &&
    (wide.subresource ?? "") === (need.subresource ?? "") && (!wide.name || wide.name === need.name);
}

function sortKey({ apiGroups, resources, resourceNames = [], verbs }: PolicyRule): string {
  return [apiGroups, resources, resourceNames, verbs].join("\n");
}

function withBinding(
  namespace: string | undefined,
  rules: PolicyRule[],
  { name, serviceAccount }: RoleOptions,
): RbacObject[] {
  const kind = namespace === undefined ? "ClusterRole" : "Role";
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const role: RbacObject = { apiVersion: `${API_GROUP}/v1`, kind, metadata, rules };
  if (serviceAccount === undefined) return [role];
  return [role, {
    apiVersion: `${API_GROUP}/v1`,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: API_GROUP, kind, name },
    subjects: [{ kind: "ServiceAccount", ...serviceAccount }],
  }];
}
