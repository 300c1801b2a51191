import { deepStrictEqual } from "node:assert/strict";
import { type AccessNeed, defineCollector, type PermissionContext } from "../../src/collect/collector.ts";
import { permissionsOf } from "../../src/collect/permissions_of.ts";

const context: PermissionContext = { contextNamespace: "mine", customResources: [] };

function kind(needs: AccessNeed[], permissions?: AccessNeed[]) {
  return defineCollector({
    kind: "test",
    where: "cluster",
    summary: "of a test",
    title: "test",
    fields: () => ({}),
    needs: () => needs,
    ...(permissions === undefined ? {} : { permissions: () => permissions }),
    async *collect() {},
  });
}

const list = { verb: "list", resource: "pods", namespace: "a" };
const make = (resource: string) => ({ verb: "create", resource, namespace: "a" });
const run = { verb: "create", resource: "pods", subresource: "exec", namespace: "a" };

const behaviour: [name: string, unit: ReturnType<typeof kind>, expected: AccessNeed[]][] = [
  ["are the needs of a kind that says no more", kind([list]), [list]],
  ["are what the kind says", kind([], [list]), [list]],
  ["have both verbs for a command, which is sent with GET", kind([run]), [run, { ...run, verb: "get" }]],
  ["have the removal of what is created", kind([make("secrets")]), [
    make("secrets"),
    { ...make("secrets"), verb: "get" },
    { ...make("secrets"), verb: "list" },
    { ...make("secrets"), verb: "delete" },
  ]],
  ["have the events of pods that are started", kind([make("pods")]), [
    make("pods"),
    { ...make("pods"), verb: "get" },
    { ...make("pods"), verb: "list" },
    { ...make("pods"), verb: "delete" },
    { verb: "list", resource: "events", namespace: "a" },
  ]],
];
for (const [name, unit, expected] of behaviour) {
  Deno.test(`permissionsOf() ${name}`, () => deepStrictEqual(permissionsOf(unit, {}, context), expected));
}
