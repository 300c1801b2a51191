import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { decideUploads, queueOf, uploadDelayMs, type WaitingUpload } from "../../src/schedule/upload_order.ts";

const now = new Date("2026-03-02T12:00:00Z");
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

/** `a1@-5` is due since five minutes and was made first, in the queue `a`; `!` needs somebody. */
function waiting(text: string): WaitingUpload[] {
  return text.split(" ").filter((it) => it !== "").map((word) => {
    const [, queue, place, help, at] = /^([a-z])(\d+)(!?)@(-?\d+)$/.exec(word)!;
    return {
      id: `${queue}${place}`,
      queue: queue!,
      scheduledAt: minutes(Number(place) - 1_000),
      nextAt: minutes(Number(at)),
      needsYou: help === "!",
    };
  });
}

const behaviour = [ // name, what waits, busy queues, who is ready, minutes until the next
  ["has nothing to do where nothing waits", "", "", "", undefined],
  ["sends what is due", "a1@-5", "", "a1", undefined],
  ["sends what is due now", "a1@0", "", "a1", undefined],
  ["waits for the time of the first", "a1@3", "", "", 3],
  ["sends the earliest due time first", "a2@-9 a1@-1 a3@-9", "", "a1", undefined],
  ["lets nothing overtake the first while that waits", "a1@3 a2@-5 a3@-5", "", "", 3],
  ["sends one of a queue at a time", "a1@-5 a2@-5", "a", "", undefined],
  ["lets queues not wait for each other", "a1@3 b2@-1 c3@-1", "c", "b2", 3],
  ["lets one that needs somebody step aside", "a1!@50 a2@-5 a3@-5", "", "a2", undefined],
  ["tries one that needs somebody in its turn when its time comes", "a1!@-1 a2@-5", "", "a1", undefined],
  ["does not let the others jump their queue because of it", "a1!@50 a2@3 a3@-5", "", "", 3],
  ["tries each that needs somebody at its own time", "a1!@50 a2!@40", "", "", 40],
  ["does not wait for a time that a clock said which was set back since", "a1@600 a2@-5", "", "a1", undefined],
  ["tells queues apart when it says who is first", "b1@-1 a2@-1", "", "b1 a2", undefined],
] as const;
for (const [name, what, busy, ready, next] of behaviour) {
  Deno.test(`decideUploads() ${name}`, () => {
    const turns = decideUploads(waiting(what), new Set(busy), now);
    deepStrictEqual(turns.ready.map(({ id }) => id).join(" "), ready);
    deepStrictEqual(turns.nextAt, next === undefined ? undefined : minutes(next));
  });
}

const delays = [ // attempts, transient, Retry-After in s, delay in s
  [1, true, 0, 30],
  [2, true, 0, 60],
  [5, true, 0, 480],
  [6, true, 0, 900],
  [1_000, true, 0, 900],
  [1, true, 120, 120],
  [6, true, 3_600, 3_600],
  [1, true, 1e9, 21_600],
  [1, false, 0, 3_600],
  [9, false, 0, 3_600],
] as const;
for (const [attempts, transient, after, delay] of delays) {
  const kind = transient ? "passing" : "lasting";
  Deno.test(`uploadDelayMs() after ${attempts} ${kind} failures, asked for ${after} s, is ${delay} s`, () => {
    strictEqual(uploadDelayMs(attempts, transient, after * 1000), delay * 1000);
  });
}

Deno.test("queueOf() is the same for the same destination, options and credentials, and no other", () => {
  const plan = { url: "s3://b/{job}/", options: { region: "x", endpoint: "y" }, credentials: "env:A" };
  const same = { ...plan, options: { endpoint: "y", region: "x" }, bandwidthBytesPerSecond: 1 };
  strictEqual(queueOf(same), queueOf(plan));
  for (const other of [{ ...plan, url: "s3://c/" }, { ...plan, credentials: "env:B" }, { ...plan, options: {} }]) {
    notStrictEqual(queueOf(other), queueOf(plan));
  }
});
