import { deepStrictEqual } from "node:assert/strict";
import { ingress } from "../../../src/analyze/kinds/cluster/ingress.ts";
import { fail, pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const PATH = "cluster-resources/ingress/shop.json";
const files = { [PATH]: { items: [{ metadata: { name: "web" } }, { metadata: 7 }] } };
const web = { ingressName: "web", namespace: "shop" };
const gone = { ...web, ingressName: "gone" };
const both = [pass("", "a"), fail("", "b"), pass("false", "there"), fail("true", "gone")];

const behaviour: [name: string, config: Record<string, unknown>, expected: string[]][] = [
  ["passes with the last pass outcome", { ...web, outcomes: both }, ["pass: there"]],
  ["fails with the last fail outcome", { ...gone, outcomes: both }, ["fail: gone"]],
  ["passes without outcomes", web, ['pass: Ingress "shop/web" was found']],
  ["fails without outcomes", gone, ['fail: Ingress "shop/gone" was not found']],
  ["says which file is missing", { ...web, namespace: "nope", outcomes: both }, [
    "skipped/file-missing: The bundle does not have cluster-resources/ingress/nope.json, or it is empty",
  ]],
  ["needs a name", { namespace: "shop" }, ["throws: Cannot read the field ingressName: it is missing"]],
  ["needs a namespace", { ingressName: "web" }, ["throws: Cannot read the field namespace: it is missing"]],
  ["does not leave the bundle", { ...web, namespace: "../../etc" }, [
    'throws: The path "cluster-resources/ingress/../../etc.json" would lie outside the bundle',
  ]],
];

for (const [name, config, expected] of behaviour) {
  Deno.test(`ingress ${name}`, async () => deepStrictEqual(await verdictsOf(ingress, config, files), expected));
}

Deno.test("ingress says where it is seen, and where to read on", async () =>
  deepStrictEqual(await resultsOf(ingress, { ...web, outcomes: [pass("", "P", "https://x.example")] }, files), [{
    outcome: { status: "pass", message: "P" },
    uri: "https://x.example",
    evidence: [{ path: PATH }],
  }]));

Deno.test("ingress is called by checkName, or what it looks for", () => {
  const title = (config: object) => ingress.title(ingress.schema.parse(config));
  deepStrictEqual(title(web), "Ingress web");
  deepStrictEqual(title({ ...web, checkName: "Route" }), "Route");
});
