import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { decideFiring } from "../../src/schedule/firing.ts";
import { jitterMs } from "../../src/schedule/jitter.ts";
import { jobSchema } from "../../src/schedule/job.ts";

const due = new Date("2026-03-02T02:00:00Z");
const after = (ms: number) => new Date(due.getTime() + ms);
const stable = { id: "job-1", jitter: "10m", jitterMode: "stable" } as const;
const random = { ...stable, jitterMode: "random" } as const;

Deno.test("jitterMs() is nothing without jitter", () => strictEqual(jitterMs({ ...stable, jitter: "" }, due, "a"), 0));

Deno.test("jitterMs() that is stable depends on host and job alone", () => {
  const first = jitterMs(stable, due, "a");
  strictEqual(jitterMs(stable, after(86_400_000), "a"), first);
  const others = [jitterMs(stable, due, "b"), jitterMs({ ...stable, id: "job-2" }, due, "a")];
  ok(others.every((other) => other !== first));
});

Deno.test("jitterMs() that is random is another for each due time, and the same for whoever asks", () => {
  const day = (n: number) => jitterMs(random, after(n * 86_400_000), "a");
  strictEqual(new Set(Array.from({ length: 20 }, (_, n) => day(n))).size, 20);
  strictEqual(day(7), day(7));
});

Deno.test("jitterMs() spreads jobs evenly from the due time to the jitter", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const ms = jitterMs({ ...stable, id: `job-${i}` }, due, "host");
    ok(ms >= 0 && ms < 600_000);
    tenths[Math.floor(ms / 60_000)]!++;
  }
  ok(tenths.every((count) => count > 850 && count < 1_150), tenths.join());
});

const shift = jitterMs(stable, due, "");
ok(shift > 60_000, "longer than a minute, for the rows below");
const starts: [name: string, fields: Record<string, unknown>, lateByMs: number, expect: number | undefined][] = [
  ["puts the start off", stable, 0, shift],
  ["counts from the due time, however late it was noticed", stable, 3_000, shift],
  ["starts at once when that has passed", stable, 660_000, undefined],
  ["shifts nothing into blackout hours", { ...stable, blackout: ["02:01-06:00"] }, 0, undefined],
  [
    "spreads what begins when blackout hours end",
    { ...stable, blackout: ["02:01-03:00"] },
    1_800_000,
    3_600_000 + shift,
  ],
];
for (const [name, fields, lateByMs, expect] of starts) {
  Deno.test(`decideFiring() with jitter ${name}`, () => {
    const job = jobSchema.parse({
      name: "nightly",
      cronSchedule: "0 2 * * *",
      schedules: ["0 2 * * *"],
      createdAt: "2026-03-01T00:00:00.000Z",
      ...fields,
    });
    const firing = decideFiring(job, due, after(lateByMs), [])!;
    deepStrictEqual(firing.do === "start" && firing.notBefore, expect && after(expect));
  });
}
