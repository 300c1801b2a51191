import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { setImmediate } from "node:timers";
import { raceAgainst } from "../../src/core/race_against.ts";

const never = new Promise<never>(() => {});

Deno.test("raceAgainst() gives each promise's result while there is no stop", async () => {
  const race = raceAgainst(never);
  deepStrictEqual([await race(Promise.resolve(1)), await race(Promise.resolve(2))], [1, 2]);
  await rejects(race(Promise.reject(new Error("own"))), /own/);
});

Deno.test("raceAgainst() gives the stop to the promise that waits, and to every later one", async () => {
  const { promise: stop, resolve } = Promise.withResolvers<"stop">();
  const race = raceAgainst(stop);
  const waiting = race(never);
  resolve("stop");
  deepStrictEqual([await waiting, await race(never), await race(Promise.resolve(1))], ["stop", "stop", "stop"]);
});

Deno.test("raceAgainst() fails with a stop that fails", async () => {
  const { promise: stop, reject } = Promise.withResolvers<never>();
  const race = raceAgainst(stop);
  const waiting = race(never);
  reject(new Error("stopped"));
  await rejects(waiting, /stopped/);
  await rejects(race(never), /stopped/);
});

Deno.test("raceAgainst() keeps nothing of the promises that are over", async () => {
  const race = raceAgainst(new Promise<void>(() => {}));
  const bytes = 1_000_000, count = 2000;
  let most = 0;
  for (let i = 0; i < count; i++) {
    await race(new Promise<Uint8Array>((resolve) => setImmediate(() => resolve(new Uint8Array(bytes)))));
    if (i % 100 === 99) most = Math.max(most, Deno.memoryUsage().external);
  }
  ok(most < count * bytes / 4, `${most} bytes were held`);
});
