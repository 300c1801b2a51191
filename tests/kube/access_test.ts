import { deepStrictEqual } from "node:assert/strict";
import { type AccessNeed, checkAccess, describeNeeds } from "../../src/kube/access.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { startGateway } from "../kube/api_gateway.ts";

const ADMIN = Deno.env.get("TEST_KUBECONFIG") ?? "";

const words: [name: string, needs: AccessNeed[], lines: string[]][] = [
  ["nothing", [], []],
  ["one need", [{ verb: "list", resource: "pods", namespace: "shop" }], ["list pods in namespace shop"]],
  ["a need in the whole cluster", [{ verb: "list", resource: "nodes" }], ["list nodes in the whole cluster"]],
  ["groups and subresources", [
    { verb: "get", resource: "pods", subresource: "log", namespace: "a" },
    { verb: "list", resource: "jobs", group: "batch", namespace: "a" },
  ], ["get pods/log in namespace a", "list jobs.batch in namespace a"]],
  ["resources that are alike in one line", [
    { verb: "list", resource: "pods", namespace: "a" },
    { verb: "list", resource: "events", namespace: "a" },
    { verb: "list", resource: "pods", namespace: "b" },
    { verb: "list", resource: "events", namespace: "b" },
    { verb: "list", resource: "pods" },
  ], ["list pods, events in namespaces a, b", "list pods in the whole cluster"]],
  ["objects by name, and namespaces without saying so twice", [
    { verb: "get", resource: "secrets", name: "s", namespace: "a" },
    { verb: "get", resource: "namespaces", name: "b", namespace: "b" },
  ], ['get secrets "s" in namespace a', "get namespaces in namespace b"]],
];
for (const [name, needs, lines] of words) {
  Deno.test(`describeNeeds() says ${name}`, () => deepStrictEqual(describeNeeds(needs), lines));
}

Deno.test({
  name: "checkAccess() asks once for many namespaces where the whole cluster is allowed, and else for each",
  ignore: ADMIN === "",
  fn: async () => {
    await using gateway = await startGateway(ADMIN, () => undefined);
    const kube = connectKube({ kubeconfig: ADMIN, server: gateway.server }, {});
    const needs = ["a", "b", "c", "d"].map((namespace) => ({ verb: "list", resource: "pods", namespace }));
    try {
      const answers = await checkAccess(kube, needs);
      deepStrictEqual(answers, needs.map((need) => ({ need, allowed: true })));
      deepStrictEqual(gateway.requests.length, 1);
      await checkAccess(kube, needs.slice(0, 2));
      deepStrictEqual(gateway.requests.length, 3, "two are asked for themselves");
    } finally {
      kube.close();
    }

    await using account = await createLimitedAccount(ADMIN);
    const { namespace } = account;
    const apiVersion = "rbac.authorization.k8s.io/v1";
    const metadata = { name: "pods", namespace };
    await account.apply([
      { apiVersion, kind: "Role", metadata, rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }] },
      {
        apiVersion,
        kind: "RoleBinding",
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods" },
        subjects: [{ kind: "ServiceAccount", name: "collector", namespace }],
      },
    ]);
    const limited = connectKube({ kubeconfig: account.kubeconfig }, {});
    try {
      const mixed = [...needs, { verb: "list", resource: "pods", namespace }, { verb: "list", resource: "nodes" }];
      deepStrictEqual((await checkAccess(limited, mixed)).map(({ allowed }) => allowed), [
        false,
        false,
        false,
        false,
        true,
        false,
      ]);
    } finally {
      limited.close();
    }
  },
});
