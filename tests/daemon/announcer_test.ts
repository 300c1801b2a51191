import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { Announcer } from "../../src/daemon/announcer.ts";
import { applyRun } from "../../src/schedule/apply_firing.ts";
import type { Execution } from "../../src/schedule/execution.ts";
import { openJobStore } from "../../src/store/kv_job_store.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";

const disk = { title: "Disk", severity: "fail" as const, message: "full" };
const found: Partial<Execution> = { status: "completed", findings: { fail: 1, warn: 0, pass: 0, top: [disk] } };
const clean: Partial<Execution> = { status: "completed", findings: { fail: 0, warn: 0, pass: 1, top: [] } };
const failed: Partial<Execution> = { status: "failed", error: "no route" };

const rows: [name: string, before: Partial<Execution>[], now: Partial<Execution>, expect: string[]][] = [
  ["calls everything new that the first run finds", [], found, ["new-findings"]],
  ["says nothing when nothing changed", [found], found, []],
  ["says what is fixed", [found], clean, ["fixed-findings"]],
  ["says that a failure is over, and not that what was there before is new", [found, failed], found, ["recovery"]],
  ["says after a failure what has become new meanwhile", [clean, failed], found, ["recovery", "new-findings"]],
  [
    "passes over runs that were skipped or cancelled",
    [found, { status: "skipped" }, { status: "cancelled" }],
    found,
    [],
  ],
];
for (const [name, before, now, expect] of rows) {
  Deno.test(`Announcer.ended() ${name}`, async () => {
    await using state = await temporaryState();
    const store = await openJobStore({ path: state.store });
    try {
      const on = ["failure" as const, "recovery" as const, "new-findings" as const, "fixed-findings" as const];
      const job = sampleJob({ notify: [{ kind: "webhook", url: "https://h.example/x", on }, { notifier: "gone" }] });
      await store.createJob(job);
      const executions = [...before, now].map((fields, i) => {
        const scheduledAt = new Date(Date.UTC(2026, 2, 2, i)).toISOString();
        return sampleExecution({ ...fields, id: `${job.id}-${i}`, scheduledAt }, job);
      });
      for (const execution of executions) await store.fire(job.id, execution, applyRun);
      const { log, lines } = recordingLog();
      const sender = { wake() {}, started() {} };
      const announcer = new Announcer({ store, clock: systemClock, log, notifiers: () => ({}), sender });
      const last = executions.at(-1)!;
      const notices = (await announcer.ended(job, last))!(last, job);
      deepStrictEqual(notices.flatMap(({ message }) => message.events), expect);
      await announcer.ended(job, last);
      deepStrictEqual(lines.map(({ level, component, job }) => [level, component, job]), [[
        "warn",
        "notifier",
        job.name,
      ]]);
      strictEqual(await announcer.ended({ ...job, notify: [] }, last), undefined);
    } finally {
      store.close();
    }
  });
}
