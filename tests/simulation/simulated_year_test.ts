import { ok } from "node:assert/strict";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { temporaryState } from "../daemon/temporary_state.ts";
import { endAtOnce } from "./end_at_once.ts";
import { memoryJobStore } from "./memory_job_store.ts";
import { simulate } from "./simulate.ts";

Deno.test("scheduler fires 10,000 jobs of a year in all sorts of zones as the reference says", async () => {
  const startMs = Date.UTC(2026, 0, 1);
  const { ran, blackedOut } = await simulate({ store: memoryJobStore(), jobs: 10_000, seed: 1, startMs, days: 365 });
  ok(ran > 1_000_000 && blackedOut > 10_000);
});

const weeks: [name: string, start: string, seed: number][] = [
  ["clocks go forward in North America, Casablanca and Beirut", "2026-03-01", 2],
  ["clocks go back in Europe and North America", "2026-10-19", 3],
];
for (const [name, start, seed] of weeks) {
  Deno.test(`scheduler fires 300 jobs of a store in two weeks as the reference says: ${name}`, async () => {
    await using state = await temporaryState();
    const store = await openJobStore({ path: state.store });
    try {
      const { ran } = await simulate({
        store: endAtOnce(store),
        jobs: 300,
        seed,
        startMs: Date.parse(start),
        days: 14,
      });
      ok(ran > 1_000);
    } finally {
      store.close();
    }
  });
}
