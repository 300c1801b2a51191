import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { parseLabelSelector } from "../../src/analyze/label_selector.ts";

const labels = { app: "web", "app.kubernetes.io/name": "shop", level: "3", empty: "" };

const behaviour: [selector: string, selects: boolean][] = [
  ["", true],
  ["app=web", true],
  ["app == web", true],
  ["app=db", false],
  ["gone=web", false],
  ["app!=db", true],
  ["app!=web", false],
  ["gone!=web", true],
  ["app in (db, web)", true],
  ["app in (db)", false],
  ["app notin (db)", true],
  ["gone notin (db)", true],
  ["app notin (db,web)", false],
  ["app", true],
  ["gone", false],
  ["!gone", true],
  ["! app", false],
  ["level > 2", true],
  ["level<3", false],
  ["app > 2", false],
  ["empty=", true],
  ["app.kubernetes.io/name=shop,app in (a,web),!gone", true],
  ["app=web,tier=db", false],
  ["constructor", false],
];

for (const [selector, selects] of behaviour) {
  Deno.test(`parseLabelSelector("${selector}") ${selects ? "selects" : "does not select"}`, () =>
    strictEqual(parseLabelSelector(selector)(labels), selects));
}

for (const selector of ["*", "app=web=db", "app in web", "app in (web", "=web", "app~web", "level > x", "a b"]) {
  Deno.test(`parseLabelSelector("${selector}") refuses it`, () =>
    throws(() => parseLabelSelector(selector), { message: /^Cannot read the selector "/ }));
}

Deno.test("parseLabelSelector() takes objects without labels, and with odd ones", () => {
  const selects = parseLabelSelector("!app");
  deepStrictEqual([undefined, null, {}, { app: 7 }].map((labels) => selects(labels)), [true, true, true, true]);
});
