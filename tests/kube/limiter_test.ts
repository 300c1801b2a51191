import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { Limiter } from "../../src/kube/limiter.ts";

Deno.test("Limiter.run() runs no more tasks at a time than it may, in order", async () => {
  const limiter = new Limiter(2);
  const started: number[] = [];
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>());
  const all = gates.map((gate, i) =>
    limiter.run(() => {
      started.push(i);
      return gate.promise;
    })
  );
  await Promise.resolve();
  deepStrictEqual(started, [0, 1]);
  gates[1]!.resolve();
  await all[1];
  deepStrictEqual(started, [0, 1, 2]);
  for (const gate of gates) gate.resolve();
  await Promise.all(all);
  deepStrictEqual(started, [0, 1, 2, 3]);
});

Deno.test("Limiter.run() gives its place back after a failure, and starts nothing that was aborted", async () => {
  const limiter = new Limiter(1);
  await rejects(() => limiter.run(() => Promise.reject(new Error("no"))), /no/);
  await rejects(() => limiter.run(() => Promise.resolve(1), AbortSignal.abort(new Error("stop"))), /stop/);
  strictEqual(await limiter.run(() => Promise.resolve(2)), 2);
});
