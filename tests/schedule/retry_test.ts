import { deepStrictEqual } from "node:assert/strict";
import { decideRetry } from "../../src/schedule/retry.ts";

const now = new Date("2026-03-02T02:00:00Z");
const policy = { maxAttempts: 5, delay: "30s", maxDelay: "2m" };

const behaviour: [name: string, attempt: number, transient: boolean, random: number, expect: number | string][] = [
  ["waits for half the delay at least", 1, true, 0, 15_000],
  ["waits for the whole delay at most", 1, true, 0.999999, 30_000],
  ["doubles the delay", 2, true, 0.999999, 60_000],
  ["doubles it again", 3, true, 0, 60_000],
  ["stays below the maximum", 4, true, 0.999999, 120_000],
  ["gives up after the last attempt", 5, true, 0, "exhausted"],
  ["gives up when it cannot help", 1, false, 0, "permanent"],
];
for (const [name, attempt, transient, random, expect] of behaviour) {
  Deno.test(`decideRetry() ${name}`, () => {
    const decision = decideRetry(policy, attempt, { transient, code: "X" }, now, random);
    deepStrictEqual(
      decision,
      typeof expect === "string"
        ? { do: "give-up", why: expect }
        : { do: "retry", at: new Date(now.getTime() + expect) },
    );
  });
}

Deno.test("decideRetry() stays at the maximum after any number of attempts", () => {
  const decision = decideRetry({ ...policy, maxAttempts: 1e9 }, 1e6, { transient: true, code: "X" }, now, 0);
  deepStrictEqual(decision, { do: "retry", at: new Date(now.getTime() + 60_000) });
});
