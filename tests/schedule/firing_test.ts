import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  applyOutcome,
  applyPlan,
  applyRun,
  applyStart,
  newExecution,
  plannedExecution,
  withNextRun,
  withoutPause,
  withPause,
} from "../../src/schedule/apply_firing.ts";
import type { ExecutionStatus } from "../../src/schedule/execution.ts";
import { decideFiring, planDue } from "../../src/schedule/firing.ts";
import { type Job, jobSchema } from "../../src/schedule/job.ts";
import { type ActiveExecution, MAX_WAITING } from "../../src/schedule/overlap.ts";

const due = new Date("2026-03-02T02:00:00Z");
const after = (ms: number) => new Date(due.getTime() + ms);
const HOUR = 3_600_000;
const pause = { by: "alice@host", note: "upgrade", since: due.toISOString() };

function job(changes: Record<string, unknown> = {}): Job {
  return jobSchema.parse({
    id: "job-1",
    name: "nightly",
    cronSchedule: "0 2 * * *",
    schedules: ["0 2 * * *"],
    createdAt: "2026-03-01T00:00:00.000Z",
    nextRun: due.toISOString(),
    ...changes,
  });
}

const running: ActiveExecution[] = [{ jobId: "job-1", status: "running" }];
const others: ActiveExecution[] = [{ jobId: "job-2", status: "running" }, { jobId: "job-1", status: "completed" }];
const waiting: ActiveExecution[] = [...running, { jobId: "job-1", status: "pending" }];
const none = { catchUp: { policy: "none" } };
const latest = { catchUp: { policy: "latest", window: "1h" } };
const all = { catchUp: { policy: "all", window: "1h" } };
const crowd: ActiveExecution[] = Array.from({ length: MAX_WAITING }, () => ({ jobId: "job-1", status: "pending" }));

const decisions: [
  name: string,
  job: Record<string, unknown>,
  lateByMs: number,
  active: ActiveExecution[],
  expect: string,
][] = [
  ["starts on time", {}, 0, [], "start schedule"],
  ["starts on time within five seconds", none, 5_000, [], "start schedule"],
  ["skips a late one without catch-up", none, 5_001, [], "skip too-late"],
  ["catches up within the window", latest, HOUR, [], "start catch-up"],
  ["skips beyond the window", latest, HOUR + 1, [], "skip too-late"],
  ["starts on time whatever the window", { catchUp: { window: "1s" } }, 5_000, [], "start schedule"],
  ["skips while the last run is active", {}, 0, running, "skip overlap"],
  ["skips while the last run waits for its retry", {}, 0, [{ jobId: "job-1", status: "retrying" }], "skip overlap"],
  ["ignores other jobs and finished runs", {}, 0, others, "start schedule"],
  ["allows overlap", { overlapPolicy: "allow" }, 0, running, "start schedule"],
  ["skips a late one that overlaps", latest, HOUR, running, "skip overlap"],
  ["calls too late what is both", latest, HOUR + 1, running, "skip too-late"],
  ["queues one behind the run", { overlapPolicy: "queue-one" }, 0, running, "start schedule"],
  ["skips what finds one waiting", { overlapPolicy: "queue-one" }, 0, waiting, "skip queue-full"],
  ["starts what is to end the run before", { overlapPolicy: "cancel-running" }, 0, running, "start schedule"],
  ["catches up with all within the window", all, HOUR, [], "start catch-up"],
  ["catches up with none of all beyond the window", all, HOUR + 1, [], "skip too-late"],
  ["lets what is caught up wait where others are skipped", all, HOUR, running, "start catch-up"],
  ["skips what is on time, catch-up of all or not", all, 0, running, "skip overlap"],
  ["holds the catch-up back while the queue is full", all, HOUR, crowd, "undecided"],
  ["skips what is due in blackout hours", { blackout: ["01:00-03:00"] }, 0, [], "skip blackout"],
  ["starts what is due outside of them", { blackout: ["02:01-03:00"] }, 0, [], "start schedule"],
  ["puts a catch-up off until they end", { ...latest, blackout: ["02:01-04:00"] }, HOUR, [], "start catch-up at 04:00"],
  ["never starts a disabled job", { enabled: false }, 0, [], "skip disabled"],
];
for (const [name, changes, lateByMs, active, expect] of decisions) {
  Deno.test(`decideFiring() ${name}`, () => {
    const firing = decideFiring(job(changes), due, after(lateByMs), active);
    if (firing === undefined) return strictEqual("undecided", expect);
    const at = firing.do === "start" && firing.notBefore;
    const until = at ? ` at ${at.toISOString().slice(11, 16)}` : "";
    strictEqual(`${firing.do} ${firing.do === "start" ? firing.trigger : firing.why}${until}`, expect);
    strictEqual(firing.lateByMs, lateByMs);
  });
}

Deno.test("decideFiring() lets what is caught up with wait for the others, unless runs may overlap", () => {
  const made = (["skip", "queue-one", "cancel-running", "allow"] as const).map((overlapPolicy) => {
    const firing = decideFiring(job({ ...all, overlapPolicy }), due, after(HOUR), []);
    return firing?.do === "start" && firing.overlap;
  });
  deepStrictEqual(made, ["wait", "wait", "wait", "allow"]);
});

const minutely = { schedules: ["* * * * *"] };
const plans: [
  name: string,
  job: Record<string, unknown>,
  nowMs: number,
  active: ActiveExecution[],
  expect: { due: number; firing: string; missed: string; next: number } | undefined,
][] = [
  ["nothing before its time", {}, -1, [], undefined],
  ["nothing for a job without a due time", { nextRun: null }, HOUR, [], undefined],
  ["one due time", {}, 0, [], { due: 0, firing: "start schedule", missed: "", next: 24 * HOUR }],
  ["the newest of many, on time", minutely, 600_000, [], {
    due: 600_000,
    firing: "start schedule",
    missed: "10 superseded",
    next: 660_000,
  }],
  ["the newest of many, as a catch-up", minutely, 630_000, [], {
    due: 600_000,
    firing: "start catch-up",
    missed: "10 superseded",
    next: 660_000,
  }],
  ["many without catch-up", { ...minutely, ...none }, 630_000, [], {
    due: 600_000,
    firing: "skip too-late",
    missed: "10 too-late",
    next: 660_000,
  }],
  ["the one on time without catch-up", { ...minutely, ...none }, 600_000, [], {
    due: 600_000,
    firing: "start schedule",
    missed: "10 superseded",
    next: 660_000,
  }],
  ["an overlap", minutely, 60_000, running, {
    due: 60_000,
    firing: "skip overlap",
    missed: "1 superseded",
    next: 120_000,
  }],
  ["a full queue", { ...minutely, overlapPolicy: "queue-one" }, 60_000, waiting, {
    due: 60_000,
    firing: "skip queue-full",
    missed: "1 superseded",
    next: 120_000,
  }],
  ["the oldest of many that are all caught up", { ...minutely, ...all }, 600_000, [], {
    due: 0,
    firing: "start catch-up",
    missed: "",
    next: 60_000,
  }],
  ["the oldest within the window, and counts what is beyond", { ...minutely, ...all }, 2 * HOUR, [], {
    due: HOUR,
    firing: "start catch-up",
    missed: "60 too-late",
    next: HOUR + 60_000,
  }],
  ["no catch-up of all when nothing lies in the window", { ...all, schedules: ["0 2 * * *"] }, 23 * HOUR, [], {
    due: 0,
    firing: "skip too-late",
    missed: "",
    next: 24 * HOUR,
  }],
  [
    "the newest outside of blackout hours, and counts those within",
    {
      schedules: ["0 * * * *"],
      blackout: ["04:30-08:00"],
    },
    5.5 * HOUR,
    [],
    {
      due: 2 * HOUR, // 04:00
      firing: "start catch-up",
      missed: "2 superseded, 3 blackout",
      next: 6 * HOUR,
    },
  ],
  [
    "one of many that all lie in blackout hours",
    { schedules: ["0 * * * *"], blackout: ["01:00-08:00"] },
    3 * HOUR,
    [],
    {
      due: 0,
      firing: "skip blackout",
      missed: "3 blackout",
      next: 4 * HOUR,
    },
  ],
  [
    "each of all that are caught up, blackout hours or not",
    { ...minutely, ...all, blackout: ["02:00-02:05"] },
    600_000,
    [],
    {
      due: 0,
      firing: "skip blackout",
      missed: "",
      next: 60_000,
    },
  ],
  ["nothing while the queue of a catch-up is full", { ...minutely, ...all }, 600_000, crowd, undefined],
  ["one due time beyond its window", latest, 2 * HOUR, [], {
    due: 0,
    firing: "skip too-late",
    missed: "",
    next: 24 * HOUR,
  }],
  ["ten years of seconds", { schedules: ["@every 1s"] }, 315_360_000_000, [], {
    due: 315_360_000_000,
    firing: "start schedule",
    missed: "315360000 superseded",
    next: 315_360_001_000,
  }],
  ["a due time that the schedule no longer names", { schedules: ["0 3 * * *"] }, 60_000, [], {
    due: 0,
    firing: "start catch-up",
    missed: "",
    next: HOUR,
  }],
];
for (const [name, changes, nowMs, active, expect] of plans) {
  Deno.test(`planDue() plans ${name}`, () => {
    const plan = planDue(job(changes), after(nowMs), active);
    const read = plan && {
      due: plan.dueAt.getTime() - due.getTime(),
      firing: `${plan.firing.do} ${plan.firing.do === "start" ? plan.firing.trigger : plan.firing.why}`,
      missed: Object.entries(plan.missed).map(([why, count]) => `${count} ${why}`).join(", "),
      next: plan.nextRun!.getTime() - due.getTime(),
    };
    deepStrictEqual(read, expect);
  });
}

Deno.test("applyPlan() advances the job, counts the run and what was missed", () => {
  const before = job({ ...minutely, skipped: { superseded: 2 }, runCount: 5 });
  const plan = planDue(before, after(180_000), [])!;
  const applied = applyPlan(before, plan);
  deepStrictEqual(
    [applied.nextRun, applied.runCount, applied.skipped, applied.status],
    [after(240_000).toISOString(), 6, { superseded: 5 }, "pending"],
  );
});

Deno.test("applyPlan() of one catch-up after the other runs each due time of the window once", () => {
  let current = job({ ...minutely, ...all });
  const due: string[] = [];
  for (let plan; (plan = planDue(current, after(90 * 60_000), [])) !== undefined;) {
    due.push(plannedExecution(current, plan, after(0)).scheduledAt);
    current = applyPlan(current, plan);
  }
  deepStrictEqual(due, Array.from({ length: 61 }, (_, i) => after((30 + i) * 60_000).toISOString()));
  deepStrictEqual([current.runCount, current.skipped], [61, { "too-late": 30 }]);
});

Deno.test("applyPlan() counts a skipped due time, and leaves status and runs alone", () => {
  const before = job({ ...minutely, status: "running", runCount: 5 });
  const applied = applyPlan(before, planDue(before, after(60_000), running)!);
  deepStrictEqual(
    [applied.runCount, applied.skipped, applied.status],
    [5, { superseded: 1, overlap: 1 }, "running"],
  );
});

Deno.test("applyPlan() counts no run for a slot that has its execution already", () => {
  const before = job({ ...minutely, runCount: 5 });
  const applied = applyPlan(before, planDue(before, after(0), [])!, true);
  deepStrictEqual([applied.runCount, applied.nextRun], [5, after(60_000).toISOString()]);
});

Deno.test("applyPlan() counts once, however often it is applied", () => {
  const before = job(minutely);
  const plan = planDue(before, after(60_000), [])!;
  const once = applyPlan(before, plan);
  strictEqual(applyPlan(once, plan), once);
  const disabled = withPause(before, pause);
  strictEqual(applyPlan(disabled, plan), disabled);
});

Deno.test("applyPlan() leaves nothing due at the time it was planned for", () => {
  let current = job({ schedules: ["*/7 * * * *", "@every 3m"] });
  for (let ms = 0; ms < HOUR; ms += 61_000) {
    const plan = planDue(current, after(ms), []);
    if (plan !== undefined) current = applyPlan(current, plan);
    ok(new Date(current.nextRun!) > after(ms));
  }
});

Deno.test("plannedExecution() names what was decided", () => {
  const started = plannedExecution(job(latest), planDue(job(latest), after(HOUR), [])!, after(HOUR));
  deepStrictEqual(
    [started.id, started.scheduledAt, started.status, started.trigger],
    ["job-1-20260302T020000Z", due.toISOString(), "pending", "catch-up"],
  );
  deepStrictEqual([started.runNumber, started.overlap], [1, "wait"]);
  const late = job({ ...latest, blackout: ["02:01-04:00"] });
  strictEqual(
    plannedExecution(late, planDue(late, after(HOUR), [])!, after(HOUR)).notBefore,
    after(2 * HOUR).toISOString(),
  );
  const skipped = plannedExecution(job(latest), planDue(job(latest), after(2 * HOUR), [])!, after(2 * HOUR));
  deepStrictEqual(
    [skipped.id, skipped.status, skipped.errorCode, skipped.error, skipped.endTime],
    [started.id, "skipped", "SKIPPED_TOO_LATE", "Skipped: it was noticed 2h late", after(2 * HOUR).toISOString()],
  );
});

Deno.test("withPause() stops the due times and tells who did it; withoutPause() forgets that, and the failures", () => {
  const off = withPause(job({ failuresInRow: 3 }), pause);
  deepStrictEqual([off.enabled, off.nextRun, off.status, off.paused], [false, null, "disabled", pause]);
  const on = withoutPause(off);
  deepStrictEqual([on.enabled, on.paused, on.failuresInRow], [true, null, 0]);
});

const failures: [name: string, pauseAfter: number | null, outcomes: ExecutionStatus[], expect: [number, boolean]][] = [
  ["counts failures in a row", null, ["failed", "quarantined", "failed"], [3, true]],
  ["starts again after a success", 3, ["failed", "failed", "completed", "failed"], [1, true]],
  ["takes a partial bundle for a success", 3, ["failed", "failed", "partial"], [0, true]],
  ["counts an execution once, whatever its attempts", 3, ["retrying", "retrying", "failed"], [1, true]],
  ["takes cancelled and skipped ones for neither", 2, ["failed", "cancelled", "skipped", "running"], [1, true]],
  ["disables the job after as many as it may", 2, ["failed", "failed"], [2, false]],
  ["disables the job after one", 1, ["failed"], [1, false]],
];
for (const [name, pauseAfterFailures, statuses, expect] of failures) {
  Deno.test(`applyOutcome() ${name}`, () => {
    let current = job({ pauseAfterFailures });
    for (const status of statuses) current = applyOutcome(current, { status, error: "no route", endTime: null });
    deepStrictEqual([current.failuresInRow, current.enabled], expect);
  });
}

Deno.test("applyOutcome() tells why it disabled a job, and leaves who disabled it before alone", () => {
  const failed = { status: "failed", error: "no route", endTime: after(HOUR).toISOString() } as const;
  const off = applyOutcome(job({ pauseAfterFailures: 2, failuresInRow: 1 }), failed);
  deepStrictEqual([off.status, off.nextRun, off.paused], ["disabled", null, {
    by: "scheduler",
    note: "it failed 2 times in a row, the last time: no route",
    since: after(HOUR).toISOString(),
  }]);
  deepStrictEqual(applyOutcome(withPause(job({ pauseAfterFailures: 1 }), pause), failed).paused, pause);
});

Deno.test("withNextRun() looks ahead only", () => {
  strictEqual(withNextRun(job({ nextRun: null }), due).nextRun, after(24 * HOUR).toISOString());
  strictEqual(withNextRun(job({ enabled: false }), due).nextRun, null);
});

const outcomes: [status: ExecutionStatus, expect: Job["status"], lastError: string][] = [
  ["completed", "completed", ""],
  ["partial", "partial", "boom"],
  ["failed", "failed", "boom"],
  ["cancelled", "failed", "boom"],
  ["quarantined", "failed", "boom"],
  ["retrying", "running", "boom"],
  ["running", "running", "old"],
  ["pending", "pending", "old"],
  ["skipped", "running", "old"],
];
for (const [status, expect, lastError] of outcomes) {
  Deno.test(`applyOutcome() of ${status} makes the job ${expect}`, () => {
    const error = status === "completed" ? "" : "boom";
    const applied = applyOutcome(job({ status: "running", lastError: "old" }), { status, error, endTime: null });
    deepStrictEqual([applied.status, applied.lastError], [expect, lastError]);
  });
}

Deno.test("applyRun(), applyStart() and applyOutcome() leave a disabled job disabled", () => {
  const off = withPause(job(), pause);
  const ran = applyOutcome(applyStart(applyRun(off), due), { status: "failed", error: "boom", endTime: null });
  deepStrictEqual(
    [ran.status, ran.runCount, ran.lastRun, ran.lastError],
    ["disabled", 1, due.toISOString(), "boom"],
  );
});

Deno.test("newExecution() is the job's next run, and does what its overlap policy says", () => {
  const made = (["skip", "queue-one", "queue-all", "cancel-running", "allow"] as const).map((overlapPolicy) => {
    const { runNumber, overlap, priority } = newExecution(
      job({ overlapPolicy, runCount: 6, priority: 3 }),
      due,
      "schedule",
    );
    strictEqual(priority, 3);
    return `${runNumber} ${overlap}`;
  });
  deepStrictEqual(made, ["7 wait", "7 wait", "7 wait", "7 cancel", "7 allow"]);
});

Deno.test("newExecution() of one slot has one id, of two instants two", () => {
  strictEqual(newExecution(job(), due, "schedule").id, newExecution(job(), due, "recover").id);
  const ids = [0, 1, 1_000].map((ms) => newExecution(job(), after(ms), "manual").id);
  strictEqual(new Set(ids).size, 3);
});
