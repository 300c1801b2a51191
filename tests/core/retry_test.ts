import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { parseRetryAfter, retry, retryDelayMs, type RetryOptions } from "../../src/core/retry.ts";

const NOW = new Date("2026-03-02T00:00:00Z");

const delays: [name: string, attempt: number, afterMs: number, random: number, expect: number | undefined][] = [
  ["begins with half of the base at least", 1, 0, 0, 500],
  ["begins with the base at most", 1, 0, 1, 1000],
  ["doubles", 3, 0, 1, 4000],
  ["stops doubling at the bound", 30, 0, 1, 10_000],
  ["waits no less than the server asks", 1, 7000, 0, 7000],
  ["waits longer than the server asks when it would anyway", 4, 1000, 1, 8000],
  ["does not wait for a server that asks for too much", 1, 10_001, 0, undefined],
];
for (const [name, attempt, afterMs, random, expect] of delays) {
  Deno.test(`retryDelayMs() ${name}`, () => {
    strictEqual(
      retryDelayMs(attempt, afterMs, { baseDelayMs: 1000, maxDelayMs: 10_000, random: () => random }),
      expect,
    );
  });
}

const headers: [text: string | null, expect: number | undefined][] = [
  ["7", 7000],
  ["0", 0],
  ["Mon, 02 Mar 2026 00:01:00 GMT", 60_000],
  ["Sun, 01 Mar 2026 00:01:00 GMT", 0],
  ["soon", undefined],
  ["1.5", undefined],
  ["-1", undefined],
  ["", undefined],
  [null, undefined],
];
for (const [text, expect] of headers) {
  Deno.test(`parseRetryAfter() reads ${JSON.stringify(text)}`, () => strictEqual(parseRetryAfter(text, NOW), expect));
}

Deno.test("retry() tries until it succeeds, and waits between", async () => {
  const slept: number[] = [];
  const attempts: number[] = [];
  const result = await retry((attempt) => {
    attempts.push(attempt);
    return attempt < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve("done");
  }, options({ slept }));
  strictEqual(result, "done");
  deepStrictEqual(attempts, [1, 2, 3]);
  deepStrictEqual(slept, [1000, 2000]);
});

Deno.test("retry() throws the last error when the tries are used up", async () => {
  const slept: number[] = [];
  await rejects(retry((attempt) => Promise.reject(new Error(`try ${attempt}`)), options({ slept, attempts: 4 })), {
    message: "try 4",
  });
  strictEqual(slept.length, 3);
});

Deno.test("retry() does not try again what cannot succeed", async () => {
  const slept: number[] = [];
  const judge = () => ({ retry: false });
  await rejects(retry(() => Promise.reject(new Error("no")), options({ slept, judge })), { message: "no" });
  deepStrictEqual(slept, []);
});

Deno.test("retry() ends with the signal's reason, also while it waits", async () => {
  const abort = new AbortController();
  let tries = 0;
  const clock = { now: () => NOW, sleep: () => (abort.abort(new Error("stopped")), Promise.resolve()) };
  const run = retry(() => (tries++, Promise.reject(new Error("no"))), { ...options(), clock, signal: abort.signal });
  await rejects(run, { message: "stopped" });
  strictEqual(tries, 1);
});

function options({ slept = [], ...rest }: Partial<RetryOptions> & { slept?: number[] } = {}): RetryOptions {
  return {
    attempts: 5,
    baseDelayMs: 1000,
    maxDelayMs: 10_000,
    random: () => 1,
    clock: { now: () => NOW, sleep: (ms) => (slept.push(ms), Promise.resolve()) },
    signal: new AbortController().signal,
    judge: () => ({ retry: true }),
    ...rest,
  };
}
