import { strictEqual } from "node:assert/strict";
import { lifetimeMs } from "../../src/collect/lifetime.ts";
import { ManualClock } from "../manual_clock.ts";

const clock = new ManualClock("2026-03-02T00:00:00Z");
const inSeconds = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000);
const behaviour: [string, number | undefined, Date | undefined, number][] = [
  ["is the collector's own time", 60_000, undefined, 60_000],
  ["is an hour where nobody says anything", undefined, undefined, 3_600_000],
  ["is no more than an hour", 7_200_000, undefined, 3_600_000],
  ["ends before the run's deadline", undefined, inSeconds(300), 285_000],
  ["leaves a short run the most of its time", undefined, inSeconds(10), 8_000],
  ["keeps a time of its own that ends earlier", 60_000, inSeconds(300), 60_000],
  ["is over when the deadline has passed", 60_000, inSeconds(-1), 0],
];
for (const [name, ownMs, deadlineAt, expected] of behaviour) {
  Deno.test(`lifetimeMs() ${name}`, () => strictEqual(lifetimeMs(ownMs, { clock, deadlineAt }), expected));
}
