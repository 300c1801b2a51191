import { strictEqual } from "node:assert/strict";
import { StallLimit } from "../../src/upload/stall_limit.ts";

const forever = new AbortController().signal;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const behaviour: [name: string, ms: number, act: (limit: StallLimit) => Promise<void>, aborted: boolean][] = [
  ["ends what stands still", 1, () => pause(20), true],
  [
    "begins anew when something moves",
    200,
    async (limit) => {
      for (let i = 0; i < 30; i++) {
        await pause(10);
        limit.touch();
      }
    },
    false,
  ],
  ["does not count what it waits for", 40, async (limit) => await limit.allow(pause(80)), false],
  [
    "counts again after what it waited for",
    5,
    async (limit) => {
      await limit.allow(pause(1));
      await pause(40);
    },
    true,
  ],
];

for (const [name, ms, act, aborted] of behaviour) {
  Deno.test(`StallLimit ${name}`, async () => {
    using limit = new StallLimit(ms, forever);
    await act(limit);
    strictEqual(limit.signal.aborted, aborted);
    if (aborted) strictEqual(limit.signal.reason.name, "TimeoutError");
  });
}

Deno.test("StallLimit leaves no timer when what it waited for ends after it", async () => {
  let waiting: Promise<void>;
  {
    using limit = new StallLimit(60_000, forever);
    waiting = limit.allow(pause(1));
  }
  await waiting;
});
