import { rejects, strictEqual } from "node:assert/strict";
import { withTimeLimit } from "../../src/core/time_limit.ts";

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

Deno.test("withTimeLimit() gives what the action gives, and leaves no timer", async () => {
  strictEqual(await withTimeLimit(3_600_000, undefined, () => Promise.resolve(7)), 7);
});

Deno.test("withTimeLimit() aborts the action when the time is over", async () => {
  await rejects(withTimeLimit(1, undefined, untilAborted), { name: "TimeoutError" });
});

Deno.test("withTimeLimit() aborts the action together with the caller's signal", async () => {
  const abort = new AbortController();
  const run = withTimeLimit(3_600_000, abort.signal, untilAborted);
  abort.abort(new Error("stopped"));
  await rejects(run, { message: "stopped" });
});
