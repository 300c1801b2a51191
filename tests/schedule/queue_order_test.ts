import { deepStrictEqual } from "node:assert/strict";
import { compareQueued } from "../../src/schedule/queue_order.ts";

const at = (minute: number) => `2026-03-02T00:0${minute}:00.000Z`;

Deno.test("compareQueued() puts the highest priority first, then the longest due, then the id", () => {
  const ordered = [
    { id: "z", priority: 100, scheduledAt: at(9) },
    { id: "c", priority: 0, scheduledAt: at(1) },
    { id: "a", priority: 0, scheduledAt: at(2) },
    { id: "b", priority: 0, scheduledAt: at(2) },
    { id: "y", priority: -5, scheduledAt: at(0) },
  ];
  deepStrictEqual([...ordered].reverse().sort(compareQueued), ordered);
  deepStrictEqual(compareQueued(ordered[0]!, ordered[0]!), 0);
});
