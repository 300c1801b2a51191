import { deepStrictEqual } from "node:assert/strict";
import { labelQueries } from "../../src/spec/label_queries.ts";

const SH = "troubleshoot.sh/kind=support-bundle";
const IO = "troubleshoot.io/kind=support-bundle";

const behaviour: [name: string, selector: string[] | undefined, queries: string[]][] = [
  ["asks for both usual labels when nothing was said", undefined, [SH, IO]],
  ["asks for the one label that was named", [SH], [SH]],
  ["joins several selectors", ["app=x", "tier!=db"], ["app=x,tier!=db"]],
  ["adds the others to the one kind label", [SH, "app=x"], [`${SH},app=x`]],
  ["makes a query of each kind label", [`${SH},${IO}`, "app=x"], [`${SH},app=x`, `${IO},app=x`]],
  ["leaves commas in parentheses alone", ["app in (a,b),tier notin (c, d)"], ["app in (a,b),tier notin (c, d)"]],
  ["knows kind labels in every form", ["troubleshoot.sh/kind in (a,b)", "!troubleshoot.io/kind", "x"], [
    "troubleshoot.sh/kind in (a,b),x",
    "!troubleshoot.io/kind,x",
  ]],
  ["takes no other label for a kind label", ["troubleshoot.sh/kinds=a", "x.troubleshoot.sh/kind=b"], [
    "troubleshoot.sh/kinds=a,x.troubleshoot.sh/kind=b",
  ]],
  ["drops blanks and empty parts", [" a=b , ,c=d "], ["a=b,c=d"]],
  ["has nothing to ask for an empty selector", [""], [""]],
];
for (const [name, selector, queries] of behaviour) {
  Deno.test(`labelQueries() ${name}`, () => deepStrictEqual(labelQueries(selector), queries));
}
