import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { addressMessage } from "../../src/notify/address_message.ts";
import type { RunFacts } from "../../src/notify/compose_notification.ts";
import type { NotifiedFinding, NotifyEvent, NotifyTarget } from "../../src/notify/notifier.ts";

const disk: NotifiedFinding = { title: "Disk", severity: "fail", message: "full" };
const version: NotifiedFinding = { title: "Version", severity: "warn", message: "old" };
const run = (status: string, ...top: NotifiedFinding[]): RunFacts => ({
  job: { id: "job-1", name: "nightly" },
  status,
  findings: {
    fail: top.filter(({ severity }) => severity === "fail").length,
    warn: top.filter(({ severity }) => severity === "warn").length,
    pass: 1,
    top,
  },
});

type Told = [events: NotifyEvent[], newFindings: string[], fixedFindings: string[]] | undefined;
const rows: [
  name: string,
  target: Pick<NotifyTarget, "on" | "severity">,
  everyRun: boolean,
  before: RunFacts | undefined,
  now: RunFacts,
  expect: Told,
][] = [
  ["says nothing when all is as it was", {}, false, run("completed", disk), run("completed", disk), undefined],
  ["says what is new", {}, false, run("completed"), run("completed", version), [["new-findings"], ["Version"], []]],
  [
    "says nothing of a new warning to who wants failures",
    { severity: "fail" },
    false,
    run("completed"),
    run("completed", version),
    undefined,
  ],
  ["says what of the new is a failure", { severity: "fail" }, false, undefined, run("completed", disk, version), [
    ["new-findings"],
    ["Disk"],
    [],
  ]],
  [
    "says which failure is fixed",
    { on: ["fixed-findings"], severity: "fail" },
    false,
    run("completed", disk, version),
    run("completed"),
    [["fixed-findings"], [], ["Disk"]],
  ],
  [
    "says nothing of a fixed warning to who wants failures",
    { on: ["fixed-findings"], severity: "fail" },
    false,
    run("completed", version),
    run("completed"),
    undefined,
  ],
  ["tells of a failed run whatever the severity", { severity: "fail" }, false, run("completed"), run("failed"), [
    ["failure"],
    [],
    [],
  ]],
  ["tells each run to a kind that wants that", {}, true, run("completed"), run("completed"), [["always"], [], []]],
  ["tells it why, where it asked for that", {}, true, run("failed"), run("completed"), [["recovery"], [], []]],
  ["tells it each run, whatever it asked for", { on: ["failure"] }, true, run("failed"), run("completed"), [
    ["always"],
    [],
    [],
  ]],
];
for (const [name, target, everyRun, before, now, expect] of rows) {
  Deno.test(`addressMessage() ${name}`, () => {
    const previous = before && { status: before.status, findings: before.findings.top };
    const message = addressMessage(target, { everyRun }, { ...now, previous }, new Date(0), "h");
    const titles = (findings: NotifiedFinding[]) => findings.map(({ title }) => title);
    deepStrictEqual(
      message && [message.events, titles(message.newFindings), titles(message.fixedFindings)],
      expect,
    );
    strictEqual(message?.status, expect && now.status);
  });
}
