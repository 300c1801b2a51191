import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { RequestBudget } from "../../src/kube/request_budget.ts";
import { ManualClock } from "../manual_clock.ts";

const start = new Date("2026-03-02T00:00:00Z").getTime();

/** When each of so many requests, all wanted at once, may be sent: milliseconds from the start. */
async function turns(count: number, options: { qps?: number; burst?: number }): Promise<number[]> {
  const clock = new ManualClock(new Date(start));
  const budget = new RequestBudget({ clock, ...options });
  const sent: number[] = [];
  const all = Array.from({ length: count }, async () => {
    await budget.turn("/api/v1/pods");
    sent.push(clock.now().getTime() - start);
  });
  await clock.advance(60_000);
  await Promise.all(all);
  return sent;
}

const rates: [name: string, options: { qps?: number; burst?: number }, expected: number[]][] = [
  ["nobody without a rate", {}, [0, 0, 0, 0, 0]],
  ["nobody at a rate of 0", { qps: 0 }, [0, 0, 0, 0, 0]],
  ["those beyond twice the rate, without a burst", { qps: 1 }, [0, 0, 1000, 2000, 3000]],
  ["those beyond the burst", { qps: 10, burst: 3 }, [0, 0, 0, 100, 200]],
  ["all but the first at a burst of 1", { qps: 4, burst: 1 }, [0, 250, 500, 750, 1000]],
  ["a slow rate lets the first one pass", { qps: 0.1 }, [0, 10_000, 20_000, 30_000, 40_000]],
];
for (const [name, options, expected] of rates) {
  Deno.test(`RequestBudget.turn() holds back ${name}`, async () => deepStrictEqual(await turns(5, options), expected));
}

Deno.test("RequestBudget.turn() gives a burst again after a rest, and never a larger one", async () => {
  const clock = new ManualClock();
  const budget = new RequestBudget({ clock, qps: 1, burst: 2 });
  for (let rest = 0; rest < 2; rest++) {
    await clock.advance(3_600_000);
    await budget.turn("/api");
    await budget.turn("/api");
    const third = budget.turn("/api");
    await clock.advance(999);
    strictEqual(clock.sleeping, 1);
    await clock.advance(1);
    await third;
  }
});

const scopes: [refused: string, wanted: string, held: boolean][] = [
  ["/api/v1/pods", "/version", true],
  ["/api/v1/pods", "/apis/things.example.com/v1/things", true],
  ["/apis/apps/v1/deployments", "/api/v1/pods", true],
  ["/apis/rbac.authorization.k8s.io/v1/roles", "/api/v1/pods", true],
  ["/apis/things.example.com/v1/things", "/apis/things.example.com/v2/others?limit=500", true],
  ["/apis/things.example.com/v1/things", "/api/v1/pods", false],
  ["/apis/things.example.com/v1/things", "/apis/others.example.com/v1/x", false],
  ["/apis/metrics.k8s.io/v1beta1/nodes", "/api/v1/nodes", false],
  ["/apis/custom.metrics.k8s.io/v1beta1", "/apis/custom.metrics.k8s.io/v1beta1/pods", true],
];
for (const [refused, wanted, held] of scopes) {
  Deno.test(`RequestBudget.pause() for ${refused} ${held ? "holds" : "does not hold"} ${wanted}`, async () => {
    const clock = new ManualClock();
    const budget = new RequestBudget({ clock });
    budget.pause(refused, 5_000);
    budget.pause(refused, 1_000);
    let sent = false;
    const turn = budget.turn(wanted).then(() => sent = true);
    await clock.advance(4_999);
    strictEqual(sent, !held);
    await clock.advance(1);
    await turn;
  });
}

Deno.test("RequestBudget.turn() ends with its signal, and does not wait for a clock that was set back", async () => {
  const clock = new ManualClock();
  const budget = new RequestBudget({ clock, qps: 1, burst: 1 });
  await budget.turn("/api");
  const stop = new AbortController();
  const turn = rejects(() => budget.turn("/api", stop.signal), /enough/);
  stop.abort(new Error("enough"));
  await turn;
  budget.pause("/api", 10_000);
  await clock.set(new Date(start - 3_600_000));
  await budget.turn("/api");
  strictEqual(clock.sleeping, 0);
});
