import { setImmediate } from "node:timers";
import { ok, rejects, strictEqual } from "node:assert/strict";
import { endOnAbort } from "../../src/bundle/end_on_abort.ts";

/** A stream that gives its chunks and then waits for ever, or ends, or fails. */
function source(chunks: string[], then: "waits" | "ends" | "fails"): ReadableStream<Uint8Array> {
  const queue = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new ReadableStream({
    pull(controller) {
      const next = queue.shift();
      if (next !== undefined) return controller.enqueue(next);
      if (then === "ends") return controller.close();
      if (then === "fails") throw new Error("connection reset");
      return new Promise(() => {});
    },
  });
}

const behaviour = [ // name, chunks, then, abort, expected, cut
  [
    "passes a finished stream on whole, without a final newline too",
    ["one\ntw", "o\nthree"],
    "ends",
    false,
    "one\ntwo\nthree",
    false,
  ],
  ["cuts a hanging stream at its last whole line", ["one\ntw", "o\nthr"], "waits", true, "one\ntwo\n", true],
  ["gives nothing when there was no whole line", ["thr"], "waits", true, "", true],
] as const;
for (const [name, chunks, then, abort, expected, cut] of behaviour) {
  Deno.test(`endOnAbort() ${name}`, async () => {
    const controller = new AbortController();
    let wasCut = false;
    const text = new Response(endOnAbort(source([...chunks], then), controller.signal, () => wasCut = true)).text();
    // Lets the chunks flow before the signal comes.
    for (let i = 0; i < 50; i++) await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (abort) controller.abort();
    strictEqual(await text, expected);
    strictEqual(wasCut, cut);
  });
}

Deno.test("endOnAbort() passes a failure of the source on", async () => {
  const body = endOnAbort(source(["one\n"], "fails"), new AbortController().signal, () => {});
  await rejects(new Response(body).text(), /connection reset/);
});

Deno.test("endOnAbort() keeps nothing of what was read", async () => {
  const bytes = 1_000_000, count = 1000;
  let left = count;
  const source = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (left-- === 0) return controller.close();
      await new Promise<void>((resolve) => void setImmediate(resolve)); // lets the collector of garbage do its work
      controller.enqueue(new Uint8Array(bytes).fill(10));
    },
  });
  let most = 0;
  for await (const _ of endOnAbort(source, new AbortController().signal, () => {})) {
    if (left % 100 === 0) most = Math.max(most, Deno.memoryUsage().external);
  }
  ok(most < count * bytes / 4, `${most} bytes were held`);
});
