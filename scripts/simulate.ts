/** Turns the clock of a scheduler over a real store, and compares each decision with the reference of the tests.
 *
 *   deno task simulate                              10,000 jobs, a year: hours
 *   deno task simulate --jobs 300 --days 14 --seed 2
 *   deno task simulate --memory                     without the store, as the tests do: a minute or two
 *
 * Fails at the first job that differs. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openJobStore } from "../src/store/kv_job_store.ts";
import { endAtOnce } from "../tests/simulation/end_at_once.ts";
import { memoryJobStore } from "../tests/simulation/memory_job_store.ts";
import { simulate, type SimulationOptions } from "../tests/simulation/simulate.ts";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "10000" },
    days: { type: "string", default: "365" },
    from: { type: "string", default: "2026-01-01" },
    seed: { type: "string", default: "1" },
    memory: { type: "boolean", default: false },
  },
});
const options: Omit<SimulationOptions, "store"> = {
  jobs: Number(values.jobs),
  days: Number(values.days),
  startMs: Date.parse(values.from),
  seed: Number(values.seed),
};
const started = performance.now();
const { ran, blackedOut } = values.memory ? await simulate({ ...options, store: memoryJobStore() }) : await stored();
const seconds = (performance.now() - started) / 1_000;
console.log(`${options.jobs} jobs, ${options.days} days: ${ran} due times ran, ${blackedOut} lay in blackout hours`);
console.log(`${seconds.toFixed(0)} s, ${((ran + blackedOut) / seconds).toFixed(0)} due times a second; no difference`);

async function stored(): Promise<{ ran: number; blackedOut: number }> {
  const folder = await Deno.makeTempDir({ prefix: "simulate-" });
  try {
    const store = await openJobStore({ path: join(folder, "store.db") });
    try {
      return await simulate({ ...options, store: endAtOnce(store) });
    } finally {
      store.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
