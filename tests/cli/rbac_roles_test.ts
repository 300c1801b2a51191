import { deepStrictEqual } from "node:assert/strict";
import { planRoles, planRules, type PolicyRule } from "../../src/cli/rbac_roles.ts";
import type { AccessNeed } from "../../src/kube/access.ts";

/** `verb resource[/subresource][.group][=name]` */
function need(text: string, namespace?: string): AccessNeed {
  const [, verb, resource, subresource, group, name] = /^(\w+) (\w+)(?:\/(\w+))?(?:\.([\w.]+))?(?:=(.+))?$/.exec(text)!;
  return { verb: verb!, resource: resource!, subresource, group, name, namespace };
}

const rule = (group: string, resources: string[], verbs: string[], resourceNames?: string[]): PolicyRule => ({
  apiGroups: [group],
  resources,
  ...(resourceNames === undefined ? {} : { resourceNames }),
  verbs,
});

const rules: [name: string, needs: string[], expected: PolicyRule[]][] = [
  ["puts resources with the same verbs into one rule", ["list pods", "list nodes"], [
    rule("", ["nodes", "pods"], ["list"]),
  ]],
  ["keeps groups apart", ["list pods", "list pods.metrics.k8s.io"], [
    rule("", ["pods"], ["list"]),
    rule("metrics.k8s.io", ["pods"], ["list"]),
  ]],
  ["names subresources", ["get pods/log", "list pods"], [
    rule("", ["pods"], ["list"]),
    rule("", ["pods/log"], ["get"]),
  ]],
  ["gathers the verbs of a resource, in the usual order", ["delete pods", "create pods", "get pods"], [
    rule("", ["pods"], ["get", "create", "delete"]),
  ]],
  ["keeps verbs where they are wanted", ["get pods", "list pods", "list nodes"], [
    rule("", ["nodes"], ["list"]),
    rule("", ["pods"], ["get", "list"]),
  ]],
  ["keeps to single objects", ["get secrets=b", "get secrets=a", "get configmaps=a"], [
    rule("", ["configmaps"], ["get"], ["a"]),
    rule("", ["secrets"], ["get"], ["a", "b"]),
  ]],
  ["drops single objects beside all of them", ["get secrets=a", "get secrets"], [rule("", ["secrets"], ["get"])]],
  ["keeps single objects beside other verbs", ["get secrets=a", "list secrets"], [
    rule("", ["secrets"], ["list"]),
    rule("", ["secrets"], ["get"], ["a"]),
  ]],
  ["says nothing twice", ["list pods", "list pods"], [rule("", ["pods"], ["list"])]],
];
for (const [name, needs, expected] of rules) {
  Deno.test(`planRules() ${name}`, () => {
    deepStrictEqual(planRules(needs.map((text) => need(text))), expected);
    deepStrictEqual(planRules(needs.map((text) => need(text)).reverse()), expected, "the order makes no difference");
  });
}

Deno.test("planRoles() makes a Role where that is enough, and grants nothing a second time", () => {
  const objects = planRoles([
    need("list pods", "shop"),
    need("get pods/log", "shop"),
    need("list pods", "billing"),
    need("list nodes"),
    need("get pods/log"),
    need("get secrets=a", "ops"),
  ], { name: "mine" });
  deepStrictEqual(objects, [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "mine" },
      rules: [rule("", ["nodes"], ["list"]), rule("", ["pods/log"], ["get"])],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "mine", namespace: "billing" },
      rules: [rule("", ["pods"], ["list"])],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "mine", namespace: "ops" },
      rules: [rule("", ["secrets"], ["get"], ["a"])],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "mine", namespace: "shop" },
      rules: [rule("", ["pods"], ["list"])],
    },
  ]);
});

Deno.test("planRoles() binds each role to the account", () => {
  const serviceAccount = { namespace: "ops", name: "collector" };
  const objects = planRoles([need("list nodes"), need("list pods", "shop")], { name: "mine", serviceAccount });
  deepStrictEqual(objects.map(({ kind, metadata }) => [kind, metadata.namespace]), [
    ["ClusterRole", undefined],
    ["ClusterRoleBinding", undefined],
    ["Role", "shop"],
    ["RoleBinding", "shop"],
  ]);
  deepStrictEqual(objects[3]!.roleRef, { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "mine" });
  deepStrictEqual(objects[3]!.subjects, [{ kind: "ServiceAccount", ...serviceAccount }]);
});

Deno.test("planRoles() makes nothing of nothing", () => {
  deepStrictEqual(planRoles([], { name: "mine", serviceAccount: { namespace: "a", name: "b" } }), []);
});
