import { rejects, strictEqual } from "node:assert/strict";
import { withStallLimit, withTimeLimit } from "../../src/core/time_limit.ts";

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

Deno.test("withStallLimit() aborts an action that stands still", async () => {
  await rejects(withStallLimit(1, undefined, untilAborted), { name: "TimeoutError" });
});

Deno.test("withStallLimit() begins anew when the action gets on, and does not count what it waits for", async () => {
  const waiting = () => new Promise<void>((resolve) => setTimeout(resolve, 50));
  strictEqual(
    await withStallLimit(40, undefined, async (signal, alive) => {
      for (let i = 0; i < 3; i++) await alive(waiting());
      signal.throwIfAborted();
      return 7;
    }),
    7,
  );
});
