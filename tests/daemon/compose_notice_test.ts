import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { composeNotices } from "../../src/daemon/compose_notice.ts";
import { outboxMessage } from "../../src/daemon/outbox_message.ts";
import { policyOf, recipientsOf, resolveTarget } from "../../src/daemon/recipients.ts";
import { notifierSchema, type NotifierSettings } from "../../src/daemon/settings.ts";
import type { NotifyEntry } from "../../src/schedule/job.ts";
import { noticeSchema } from "../../src/schedule/notice.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";

const NOW = new Date("2026-03-02T12:00:00Z");
const settings = (fields: Record<string, unknown> = {}): NotifierSettings =>
  notifierSchema.parse({ kind: "webhook", url: "https://h.example/x", ...fields });
const direct: NotifyEntry = { kind: "webhook", url: "https://h.example/y" };

const rows: [
  name: string,
  notify: NotifyEntry[],
  notifiers: Record<string, NotifierSettings>,
  expect: [recipients: [target: RegExp, on?: string[], severity?: string][], unknown: string[]],
][] = [
  ["are nobody where a job names nobody", [], { ops: settings() }, [[], []]],
  ["are those that a job names", [{ notifier: "ops" }, direct], { ops: settings({ on: "always" }) }, [
    [[/^named:ops$/, ["always"]], [/^direct:webhook:[0-9a-f]{24}$/]],
    [],
  ]],
  ["are told when the job says, where it does", [{ notifier: "ops", on: ["failure"], severity: "fail" }], {
    ops: settings({ on: "always" }),
  }, [[[/^named:ops$/, ["failure"], "fail"]], []]],
  ["are the global ones of all jobs", [], { ops: settings({ global: true, severity: "fail" }) }, [
    [[/^named:ops$/, undefined, "fail"]],
    [],
  ]],
  ["are told once, as the job says, where it names a global one", [{ notifier: "ops", on: ["failure"] }], {
    ops: settings({ global: true }),
  }, [[[/^named:ops$/, ["failure"]]], []]],
  ["are told once where a job names them twice", [direct, direct], {}, [[[/^direct:/]], []]],
  ["are not those that the settings do not have", [{ notifier: "gone" }, { notifier: "constructor" }], {}, [[], [
    "gone",
    "constructor",
  ]]],
];
for (const [name, notify, notifiers, [expected, missing]] of rows) {
  Deno.test(`recipientsOf() ${name}`, () => {
    const { recipients, unknown } = recipientsOf({ notify }, notifiers);
    deepStrictEqual(
      recipients.map(({ on, severity }) => [on, severity]),
      expected.map(([, on, severity]) => [on, severity]),
    );
    for (const [i, [target]] of expected.entries()) ok(target.test(recipients[i]!.target), recipients[i]!.target);
    deepStrictEqual(unknown, missing);
  });
}

Deno.test("recipientsOf() tells places apart by all that they are, and names none of it", () => {
  const places: NotifyEntry[] = [
    direct,
    { ...direct, url: "https://h.example/z" },
    { ...direct, secret: "env:K" },
    { ...direct, options: { a: "1" } },
    { ...direct, on: ["always"] },
  ];
  const targets = recipientsOf({ notify: places }, {}).recipients.map(({ target }) => target);
  strictEqual(new Set(targets).size, places.length);
  ok(!targets.join().includes("h.example"));
});

Deno.test("resolveTarget() takes a notifier of the settings as it is now, and another place as it was", () => {
  const to = (target: string, place?: typeof direct) => {
    const found = resolveTarget(target, place, { ops: settings({ url: "https://h.example/new" }) });
    return found && [found.label, found.to.url];
  };
  deepStrictEqual(to("named:ops"), ["ops", "https://h.example/new"]);
  deepStrictEqual(to("named:gone"), undefined);
  deepStrictEqual(to("direct:webhook:1", direct), ["webhook at h.example", "https://h.example/y"]);
});

Deno.test("policyOf() is that of the settings, with the habits of the kind", () => {
  const habits = (kind: string) => ({ everyRun: kind === "ping", perJob: kind === "pager" });
  const known = {
    notifiers: {
      ops: settings({ quietHours: "Sat", groupWindow: "5m", maxPerHour: 3 }),
      pager: settings({ kind: "pager" }),
    },
    defaultTimezone: "Europe/Berlin",
  };
  const none = { quietHours: [], timezone: "Europe/Berlin", groupWindowMs: 0, maxPerHour: undefined };
  deepStrictEqual(policyOf("named:ops", known, habits), {
    everyRun: false,
    perJob: false,
    quietHours: ["Sat"],
    timezone: "Europe/Berlin",
    groupWindowMs: 300_000,
    maxPerHour: 3,
  });
  deepStrictEqual(policyOf("named:pager", known, habits), { everyRun: false, perJob: true, ...none });
  deepStrictEqual(policyOf("direct:ping:12", known, habits), { everyRun: true, perJob: false, ...none });
  strictEqual(policyOf("named:gone", known, habits), undefined);
});

Deno.test("composeNotices() says all of a run, with the link to its bundle, in a form that the store keeps", () => {
  const job = sampleJob({ paused: { by: "scheduler", note: "it failed", since: NOW.toISOString() } });
  const top = [{ title: "Disk", severity: "fail" as const, message: "full" }];
  const execution = sampleExecution({
    status: "failed",
    error: "no route",
    retryCount: 2,
    findings: { fail: 1, warn: 0, pass: 3, top },
    bundlePath: "/b.tar.gz",
    uploadUrl: "s3://bucket/b",
    bundleSize: 10,
    bundleSha256: "00",
  }, job);
  const { recipients } = recipientsOf({ notify: [direct] }, {});
  const notices = composeNotices(recipients, execution, job, undefined, () => ({}), NOW, "host-1");
  deepStrictEqual(notices.map((notice) => noticeSchema.parse(JSON.parse(JSON.stringify(notice)))), [{
    schemaVersion: 1,
    target: recipients[0]!.target,
    id: execution.id,
    at: NOW.toISOString(),
    direct: { kind: "webhook", url: "https://h.example/y" },
    message: {
      schemaVersion: 1,
      events: ["failure", "new-findings"],
      job: { id: job.id, name: "nightly" },
      execution: { id: execution.id, scheduledAt: "2026-03-02T00:00:00.000Z", attempt: 3 },
      sentAt: NOW.toISOString(),
      host: "host-1",
      status: "failed",
      summary: "nightly: failed, 1 failure, 1 of them new, the job is paused now",
      error: "no route",
      paused: { note: 'it failed; to enable it again: support-bundle schedule enable "nightly"' },
      findings: { fail: 1, warn: 0, pass: 3 },
      newFindings: top,
      fixedFindings: [],
      bundle: { path: "/b.tar.gz", url: "s3://bucket/b", bytes: 10, sha256: "00" },
    },
  }]);
});

Deno.test("composeNotices() shortens what is too long to be stored with nineteen others", () => {
  const long = "\u{1F4A5}".repeat(500);
  const top = Array.from(
    { length: 50 },
    (_, i) => ({ title: `${i}${long}`, severity: "fail" as const, message: long }),
  );
  const execution = sampleExecution({ status: "failed", error: long, findings: { fail: 50, warn: 0, pass: 0, top } });
  const { recipients } = recipientsOf({ notify: [direct] }, {});
  const [notice] = composeNotices(recipients, execution, sampleJob(), undefined, () => ({}), NOW, "host-1");
  ok(new TextEncoder().encode(JSON.stringify(notice!.message)).length <= 24 * 1024);
  ok((notice!.message.newFindings as unknown[]).length > 0);
});

Deno.test("outboxMessage() is about the last run, and lists the others", () => {
  const notice = (n: number) =>
    noticeSchema.parse({
      target: "named:ops",
      id: `run-${n}`,
      at: new Date(NOW.getTime() + n).toISOString(),
      message: { events: ["failure"], status: "failed", summary: `run ${n}`, sentAt: "then", newFindings: [] },
    });
  const sent = outboxMessage([notice(1), notice(2), notice(3)], 7, NOW);
  deepStrictEqual([sent.summary, sent.sentAt], ["run 3", NOW.toISOString()]);
  deepStrictEqual(sent.earlier!.map(({ summary }) => summary), [
    "7 earlier runs are not listed: too many waited to be told",
    "run 1",
    "run 2",
  ]);
  strictEqual(outboxMessage([notice(1)], 0, NOW).earlier, undefined);
});

const disk = { title: "Disk", severity: "fail", message: "81 % full" } as const;
const fuller = { ...disk, message: "92 % full" };
const old = { title: "Version", severity: "warn", message: "old" } as const;
type Finding = typeof disk | typeof old | typeof fuller;
type Run = [events: string[], fresh: Finding[], fixed: Finding[], findings: [fail: number, warn: number], job?: string];
const changes: [name: string, runs: Run[], expect: [events: string[], fresh: string[], fixed: string[]]][] = [
  ["what an earlier run found", [
    [["new-findings"], [disk], [], [1, 0]],
    [["failure"], [], [], [1, 0]],
  ], [["failure", "new-findings"], ["Disk"], []]],
  ["nothing of what came and went", [
    [["new-findings"], [disk], [], [1, 0]],
    [["fixed-findings"], [], [fuller], [0, 0]],
  ], [["fixed-findings"], [], []]],
  ["nothing of what went and came back", [
    [["fixed-findings"], [], [disk], [0, 0]],
    [["new-findings"], [fuller], [], [1, 0]],
  ], [["new-findings"], [], []]],
  ["nothing new that the last run has none of", [
    [["new-findings"], [disk, old], [], [1, 1]],
    [["always"], [], [], [0, 1]],
  ], [["always", "new-findings"], ["Version"], []]],
  ["nothing of other jobs", [
    [["new-findings"], [disk], [], [1, 0], "job-other"],
    [["failure"], [], [], [1, 0]],
  ], [["failure"], [], []]],
];
for (const [name, runs, expect] of changes) {
  Deno.test(`outboxMessage() has, of changes, ${name}`, () => {
    const notices = runs.map(([events, newFindings, fixedFindings, [fail, warn], id = "job-1"], n) =>
      noticeSchema.parse({
        target: "named:ops",
        id: `run-${n}`,
        at: NOW.toISOString(),
        message: {
          events,
          status: "completed",
          summary: `run ${n}`,
          job: { id, name: id },
          findings: { fail, warn, pass: 1 },
          newFindings,
          fixedFindings,
        },
      })
    );
    const sent = outboxMessage(notices, 0, NOW);
    const titles = (findings: { title: string }[]) => findings.map(({ title }) => title);
    deepStrictEqual([sent.events, titles(sent.newFindings), titles(sent.fixedFindings)], expect);
  });
}
