import { deepStrictEqual } from "node:assert/strict";
import { differenceOf, event, type Files, files, list } from "./made_bundle.ts";

const events = (...items: unknown[]): Files => files({ "cluster-resources/events/shop.json": list("Event", ...items) });
const none: Files = files({ "cluster-resources/events/shop.json": undefined });

// deno-fmt-ignore
const behaviour: [name: string, old: Files, current: Files, fresh: string[], more: string[], gone: number][] = [
  ["nothing", events(), events(), [], [], 0],
  ["a new warning", events(), events(event("BackOff", "a", { count: 3 })), ["BackOff a 0 → 3"], [], 0],
  ["the same one under another name and time", events(event("BackOff", "a")), events(event("BackOff", "a")), [], [], 0],
  ["one that came more often", events(event("BackOff", "a", { count: 3 })), events(event("BackOff", "a", { count: 9 })), [], ["BackOff a 3 → 9"], 0],
  ["several of one kind together", events(event("BackOff", "a", { count: 2 })), events(event("BackOff", "a", { count: 2 }), event("BackOff", "a", { count: 5 })), [], ["BackOff a 2 → 7"], 0],
  ["one that is over", events(event("BackOff", "a")), events(), [], [], 1],
  ["normal ones say nothing", events(), events(event("Pulled", "a", { type: "Normal" })), [], [], 0],
  ["the most frequent first", events(), events(event("A", "a"), event("B", "b", { count: 5 })), ["B b 0 → 5", "A a 0 → 1"], [], 0],
  ["one of the bundles has no events", none, events(event("BackOff", "a")), [], [], 0],
  ["events of odd shapes", events(null, 3, {}), events({ type: "Warning", involvedObject: [] }, { type: 3 }), ["  0 → 1"], [], 0],
];
for (const [name, old, current, fresh, more, gone] of behaviour) {
  Deno.test(`compareBundles() of events: ${name}`, async () => {
    const found = (await differenceOf(old, current)).events;
    const line = (it: { reason: string; name: string; before: number; count: number }) =>
      `${it.reason} ${it.name} ${it.before} → ${it.count}`;
    deepStrictEqual([found.new.map(line), found.more.map(line), found.gone], [fresh, more, gone]);
    deepStrictEqual(found.compared, old !== none);
  });
}
