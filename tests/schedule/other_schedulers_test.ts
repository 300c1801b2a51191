import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import { nextDues } from "../../src/schedule/next_due.ts";

// What other schedulers say of themselves. cronie and Debian: cron(8), crontab(5). Kubernetes: robfig/cron v3, doc.go and
// spec_test.go. systemd: test-calendarspec.c. EventBridge: repost.aws/knowledge-center/eventbridge-scheduler-adjust-dst. HP-UX: cron(1M).
// `ours: "same"` where their rule is ours; elsewhere what we do instead, and the name says why.
const NEW_YORK = "America/New_York";
const behaviour: [
  who: string,
  what: string,
  expression: string,
  zone: string,
  after: string,
  theirs: string[],
  ours: "same" | string[],
][] = [
  ["cronie", "runs what the gap skipped at once", "30 2 * * *", NEW_YORK, "2026-03-08T00:00Z", [
    "2026-03-08T07:00Z",
    "2026-03-09T06:30Z",
  ], "same"],
  ["cronie", "does not repeat in the repeated hour", "30 1 * * *", NEW_YORK, "2026-11-01T00:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-02T06:30Z",
  ], "same"],
  ["cronie", "treats a granularity above an hour as particular times", "30 */2 * * *", NEW_YORK, "2026-03-08T05:00Z", [
    "2026-03-08T05:30Z",
    "2026-03-08T07:00Z",
    "2026-03-08T08:30Z",
  ], "same"],
  ["cronie", "runs hourly jobs by the new time: spring", "30 * * * *", NEW_YORK, "2026-03-08T06:00Z", [
    "2026-03-08T06:30Z",
    "2026-03-08T07:30Z",
  ], "same"],
  ["cronie", "runs hourly jobs by the new time: autumn", "30 * * * *", NEW_YORK, "2026-11-01T05:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-01T06:30Z",
    "2026-11-01T07:30Z",
  ], "same"],
  [
    "Debian",
    "loses a job in the gap whose minute is a wildcard; here no day is lost",
    "*/30 2 * * *",
    NEW_YORK,
    "2026-03-08T00:00Z",
    ["2026-03-09T06:00Z", "2026-03-09T06:30Z"],
    ["2026-03-08T07:00Z", "2026-03-09T06:00Z"],
  ],
  [
    "Debian",
    "takes a step of days for a wildcard, so that both days must match; here as in Kubernetes either",
    "0 0 */10 * MON",
    "UTC",
    "2026-06-01T12:00Z",
    ["2026-08-31T00:00Z"],
    ["2026-06-08T00:00Z"],
  ],
  ["Kubernetes", "matches either day", "0 0 1,15 * SUN", "UTC", "2012-07-14T00:00Z", [
    "2012-07-15T00:00Z",
    "2012-07-22T00:00Z",
    "2012-07-29T00:00Z",
    "2012-08-01T00:00Z",
  ], "same"],
  ["Kubernetes", "matches either day beside a step", "0 0 */10 * SUN", "UTC", "2012-07-11T00:00Z", [
    "2012-07-15T00:00Z",
    "2012-07-21T00:00Z",
    "2012-07-22T00:00Z",
  ], "same"],
  ["Kubernetes", "runs hourly through the gap", "0 * * * *", NEW_YORK, "2012-03-11T05:00Z", [
    "2012-03-11T06:00Z",
    "2012-03-11T07:00Z",
  ], "same"],
  ["Kubernetes", "runs hourly through the repeated hour", "0 * * * *", NEW_YORK, "2012-11-04T04:30Z", [
    "2012-11-04T05:00Z",
    "2012-11-04T06:00Z",
    "2012-11-04T07:00Z",
  ], "same"],
  ["Kubernetes", "runs once right after the repeated hour", "30 2 4 NOV *", NEW_YORK, "2012-11-04T04:00Z", [
    "2012-11-04T07:30Z",
  ], "same"],
  [
    "Kubernetes",
    "loses a daily job in the gap; here it runs after the jump",
    "0 2 * * *",
    NEW_YORK,
    "2012-03-11T05:00Z",
    ["2012-03-12T06:00Z"],
    ["2012-03-11T07:00Z"],
  ],
  [
    "Kubernetes",
    "runs a daily job twice in the repeated hour; here the first time",
    "0 1 * * *",
    NEW_YORK,
    "2012-11-04T04:00Z",
    ["2012-11-04T05:00Z", "2012-11-04T06:00Z"],
    ["2012-11-04T05:00Z", "2012-11-05T06:00Z"],
  ],
  [
    "systemd",
    "never reaches a time in the gap; here it runs after the jump",
    "17 3 27 3 *",
    "EET",
    "2016-01-01T00:00Z",
    ["2017-03-27T00:17Z"],
    ["2016-03-27T01:00Z"],
  ],
  ["systemd", "runs hourly within an hour", "0 * * * *", "EET", "2016-03-27T00:00Z", [
    "2016-03-27T01:00Z",
    "2016-03-27T02:00Z",
  ], "same"],
  ["EventBridge", "runs once in the repeated hour", "30 1 * * *", NEW_YORK, "2026-11-01T00:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-02T06:30Z",
  ], "same"],
  [
    "EventBridge",
    "skips a run in the gap; here it runs after the jump",
    "30 2 * * *",
    NEW_YORK,
    "2026-03-08T00:00Z",
    ["2026-03-09T06:30Z"],
    ["2026-03-08T07:00Z"],
  ],
  ["HP-UX", "runs the first of two equal times", "30 1 * * *", NEW_YORK, "2026-11-01T00:00Z", [
    "2026-11-01T05:30Z",
    "2026-11-02T06:30Z",
  ], "same"],
  [
    "HP-UX",
    "runs later by the width of the gap; here at its end",
    "30 2 * * *",
    NEW_YORK,
    "2026-03-08T00:00Z",
    ["2026-03-08T07:30Z"],
    ["2026-03-08T07:00Z"],
  ],
];

for (const [who, what, expression, zone, after, theirs, ours] of behaviour) {
  Deno.test(`nextDues() beside ${who}: ${who} ${what}`, () => {
    const expect = ours === "same" ? theirs : ours;
    const found = nextDues([expression], zone, new Date(after), new Date(after), expect.length)
      .map((due) => due.toISOString().replace(":00.000Z", "Z"));
    deepStrictEqual(found, expect);
    if (ours !== "same") notDeepStrictEqual(found, theirs);
  });
}
