import { ok, rejects, strictEqual } from "node:assert/strict";
import { paceTo } from "../../src/upload/pace.ts";
import { ManualClock } from "../manual_clock.ts";

const never = new AbortController().signal;

const behaviour = [ // name, bytes a second, pieces asked for one after the other, seconds until all may be sent
  ["lets the first second's worth pass at once", 1_000, [400, 600], 0],
  ["holds back what is beyond it", 1_000, [1_000, 500], 0.5],
  ["comes to the rate over many pieces", 1_000, Array(20).fill(500), 9],
  ["lets a piece that is larger than a second's worth pass in the end", 1_000, [5_000], 4],
] as const;
for (const [name, rate, pieces, seconds] of behaviour) {
  Deno.test(`paceTo() ${name}`, async () => {
    const clock = new ManualClock(new Date(0));
    const pace = paceTo(rate, clock);
    let done = false;
    const all = (async () => {
      for (const bytes of pieces) await pace(bytes, never);
      done = true;
    })();
    await clock.advance(Math.max(seconds * 1000 - 1, 0));
    strictEqual(done, seconds === 0);
    await clock.advance(1);
    strictEqual(done, true);
    await all;
  });
}

Deno.test("paceTo() gives no more than a second's worth for a pause of any length", async () => {
  const clock = new ManualClock(new Date(0));
  const pace = paceTo(1_000, clock);
  await clock.advance(3_600_000);
  await pace(1_000, never);
  let passed = false;
  const second = pace(1_000, never).then(() => passed = true);
  await clock.advance(999);
  strictEqual(passed, false);
  await clock.advance(1);
  await second;
});

Deno.test("paceTo() is one limit for all who send at the same time", async () => {
  const clock = new ManualClock(new Date(0));
  const pace = paceTo(1_000, clock);
  let passed = 0;
  const all = Array.from({ length: 4 }, () => pace(1_000, never).then(() => passed++));
  await clock.advance(0);
  for (const expected of [1, 2, 3, 4]) {
    strictEqual(passed, expected);
    await clock.advance(1_000);
  }
  await Promise.all(all);
});

Deno.test("paceTo() does not wait for a clock that was set back", async () => {
  const clock = new ManualClock("2026-03-02T12:00:00Z");
  const pace = paceTo(1_000, clock);
  await pace(1_000, never);
  clock.jump("2026-03-02T06:00:00Z");
  const second = pace(1_000, never);
  await clock.advance(1_000);
  await second;
});

Deno.test("paceTo() ends its waiting with the signal, and lets the next one go on", async () => {
  const clock = new ManualClock(new Date(0));
  const pace = paceTo(1, clock);
  const abort = new AbortController();
  const waiting = pace(1_000_000, abort.signal);
  await clock.advance(0);
  abort.abort(new Error("stopped"));
  await rejects(waiting, { message: "stopped" });
  strictEqual(clock.sleeping, 0);
  ok(abort.signal.aborted);
});
