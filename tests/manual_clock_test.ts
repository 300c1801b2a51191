import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ManualClock } from "./manual_clock.ts";

const start = "2026-03-02T00:00:00.000Z";

Deno.test("ManualClock wakes sleepers in the order of their times, at their times", async () => {
  const clock = new ManualClock(start);
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name} at ${clock.now().getTime() - Date.parse(start)}`);
  };
  const all = [sleep("b", 20), sleep("a", 10), sleep("c", 20), sleep("late", 31)];
  await clock.advance(30);
  deepStrictEqual(woken, ["a at 10", "b at 20", "c at 20"]);
  strictEqual(clock.sleeping, 1);
  strictEqual(clock.now().getTime() - Date.parse(start), 30);
  await clock.advance(1);
  await Promise.all(all);
});

Deno.test("ManualClock lets a loop sleep many times on the way", async () => {
  const clock = new ManualClock(start);
  const abort = new AbortController();
  let rounds = 0;
  const loop = (async () => {
    while (!abort.signal.aborted) {
      await clock.sleep(10_000, abort.signal);
      rounds++;
    }
  })();
  await clock.advance(60_000);
  strictEqual(rounds, 6);
  abort.abort();
  await loop;
  strictEqual(clock.sleeping, 0);
});

Deno.test("ManualClock set back keeps how long its sleepers have left", async () => {
  const clock = new ManualClock(start);
  const sleeping = clock.sleep(1_000);
  await clock.set("2026-03-01T00:00:00Z");
  strictEqual(clock.nextWake?.toISOString(), "2026-03-01T00:00:01.000Z");
  await clock.set("2026-03-01T00:00:01Z");
  await sleeping;
});

Deno.test("ManualClock returns at once from a sleep of nothing, and from an aborted one", async () => {
  const clock = new ManualClock(start);
  await clock.sleep(0);
  await clock.sleep(1_000, AbortSignal.abort());
  strictEqual(clock.sleeping, 0);
});
