import { deepStrictEqual } from "node:assert/strict";
import { type JobState, jobState, sinceLastTold } from "../../src/notify/job_state.ts";
import type { EarlierRun, Notification, NotifiedFinding } from "../../src/notify/notifier.ts";
import { failed } from "../contracts/notifier_contract.ts";

const disk = { title: "Disk", severity: "fail", message: "full" } as const;
const nodes = { title: "Nodes", severity: "warn", message: "one is not ready" } as const;
const works = { status: "completed", events: ["recovery"], findings: { fail: 0, warn: 0, pass: 3 } } as const;

const behaviour: [name: string, some: Partial<Notification>, expect: JobState][] = [
  ["fails when it is told so", {}, { runs: "fails" }],
  ["fails when a bundle is held back", { status: "quarantined", events: ["quarantined"] }, { runs: "fails" }],
  ["does not fail for one who asked for other events", { events: ["new-findings"] }, {}],
  ["fails for one who asked for everything", { events: ["always"] }, { runs: "fails" }],
  ["works, with nothing found", { ...works, events: ["recovery"] }, { runs: "works", findings: "none" }],
  ["works, with nothing said of findings", { ...works, events: [], findings: { fail: 0, warn: 0, pass: 0 } }, {
    runs: "works",
  }],
  ["works, with known findings", { ...works, events: [], findings: { fail: 1, warn: 0, pass: 0 } }, { runs: "works" }],
  ["is neither when it was cancelled", { status: "cancelled", events: ["always"] }, {}],
  [
    "has new findings",
    { ...works, events: ["new-findings"], newFindings: [disk], findings: { fail: 1, warn: 0, pass: 0 } },
    { runs: "works", findings: "new" },
  ],
  [
    "has the findings of a run that was held back, though nobody kept them",
    { ...works, events: ["recovery"], findings: { fail: 1, warn: 0, pass: 0 }, earlier: [run(["new-findings"])] },
    { runs: "works", findings: "new" },
  ],
  [
    "has not those that are gone",
    { ...works, events: ["recovery"], earlier: [run(["new-findings"])] },
    { runs: "works", findings: "none" },
  ],
];
for (const [name, some, expect] of behaviour) {
  Deno.test(`jobState() ${name}`, () => deepStrictEqual(jobState({ ...failed, ...some }), expect));
}

const folds: [
  name: string,
  earlier: [appeared: NotifiedFinding[], disappeared: NotifiedFinding[]][],
  now: [appeared: NotifiedFinding[], disappeared: NotifiedFinding[]],
  severity: "fail" | "warn",
  expect: [appeared: NotifiedFinding[], disappeared: NotifiedFinding[]],
][] = [
  ["is the message's own where nothing was held back", [], [[disk], [nodes]], "warn", [[disk], [nodes]]],
  ["adds what was found and is still there", [[[disk], []]], [[nodes], []], "warn", [[disk, nodes], []]],
  ["leaves out what was found and fixed", [[[disk], []]], [[], [disk]], "warn", [[], [disk]]],
  ["leaves out what was fixed and found again", [[[], [disk]]], [[disk], []], "warn", [[disk], []]],
  ["leaves out what the target does not want to hear of", [[[nodes], []]], [[disk, nodes], []], "fail", [[disk], []]],
];
for (const [name, earlier, [newFindings, fixedFindings], severity, expect] of folds) {
  Deno.test(`sinceLastTold() ${name}`, () => {
    const runs = earlier.map(([appeared, disappeared]) => ({
      ...run(["new-findings"]),
      newFindings: appeared,
      fixedFindings: disappeared,
    }));
    const message = { ...failed, newFindings, fixedFindings, earlier: runs };
    const folded = sinceLastTold(message, { kind: "pagerduty", url: "us", severity });
    deepStrictEqual([folded.newFindings, folded.fixedFindings], expect);
  });
}

function run(events: EarlierRun["events"]): EarlierRun {
  return { events, at: failed.sentAt, status: "completed", summary: "nightly: completed" };
}
