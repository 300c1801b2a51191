import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { matchingEvents, type RunFacts, runResult, summarize } from "../../src/notify/compose_notification.ts";
import type { NotifiedFinding, NotifyEvent } from "../../src/notify/notifier.ts";
import { compareFindings, decideEvents, type PreviousRun, type RunResult } from "../../src/notify/notify_events.ts";

const disk = fail("Disk", "disk is full");
const nodes = fail("Nodes", "3 nodes are not ready");
const version = warn("Version", "old");

const behaviour: [
  name: string,
  previous: [status: string, ...findings: NotifiedFinding[]] | undefined,
  current: [status: string, ...findings: NotifiedFinding[]],
  expect: NotifyEvent[],
][] = [
  ["tells nothing but always when all is well", ["completed"], ["completed"], ["always"]],
  ["tells nothing but always when nothing changed", ["completed", disk], ["completed", disk], ["always"]],
  ["calls everything new that the first run finds", undefined, ["completed", disk], ["always", "new-findings"]],
  ["is quiet about a first run without findings", undefined, ["completed"], ["always"]],
  ["tells of a finding more", ["completed", disk], ["completed", disk, nodes], ["always", "new-findings"]],
  ["tells of a finding less", ["completed", disk, nodes], ["completed", nodes], ["always", "fixed-findings"]],
  [
    "tells of both at once",
    ["completed", disk],
    ["completed", nodes],
    ["always", "new-findings", "fixed-findings"],
  ],
  ["tells of a warning that became a failure", ["completed", warn("Disk", "80 %")], ["completed", disk], [
    "always",
    "new-findings",
  ]],
  ["is quiet about a failure that became a warning", ["completed", disk], ["completed", warn("Disk", "80 %")], [
    "always",
  ]],
  [
    "knows a finding whose words changed",
    ["completed", nodes],
    ["completed", fail("Nodes", "one node has gone")],
    ["always"],
  ],
  [
    "tells findings of one title apart by their messages",
    ["completed", fail("Pods", "pod web is down")],
    ["completed", fail("Pods", "pod web is down"), fail("Pods", "pod api is down")],
    ["always", "new-findings"],
  ],
  [
    "knows findings of one title whose numbers changed",
    ["completed", fail("Pods", "web restarted 7 times"), fail("Pods", "api restarted 2 times")],
    ["completed", fail("Pods", "web restarted 9 times"), fail("Pods", "api restarted 2 times")],
    ["always"],
  ],
  ["tells of a first failure", undefined, ["failed"], ["always", "failure"]],
  ["tells of each further failure", ["failed"], ["failed"], ["always", "failure"]],
  ["calls a quarantined bundle a failure, and an event of its own", ["completed"], ["quarantined"], [
    "always",
    "failure",
    "quarantined",
  ]],
  ["tells that a failure is over", ["failed"], ["completed"], ["always", "recovery"]],
  ["takes a partial run for a recovery", ["failed"], ["partial"], ["always", "recovery"]],
  ["takes a partial run for no failure", ["completed"], ["partial"], ["always"]],
  ["takes a cancelled run for no failure", ["completed"], ["cancelled"], ["always"]],
  ["takes a cancelled run for no recovery", ["failed"], ["cancelled"], ["always"]],
  ["tells of a failure with new findings", ["completed"], ["failed", disk], ["always", "failure", "new-findings"]],
];
for (const [name, previous, current, expect] of behaviour) {
  Deno.test(`decideEvents() ${name}`, () => {
    const before: PreviousRun | undefined = previous && { status: previous[0], findings: findings(previous) };
    deepStrictEqual(decideEvents(before, result(current[0], findings(current))), expect);
  });
}

const REFUSED = { status: "partial", undelivered: "refused" } as const;
const WAITING = { status: "partial", undelivered: "waiting" } as const;
const deliveries: [name: string, previous: Partial<PreviousRun>, current: Partial<RunResult>, expect: NotifyEvent[]][] =
  [
    ["a bundle whose destination refuses it a failure", { status: "completed" }, REFUSED, ["always", "failure"]],
    ["each further one a failure", REFUSED, REFUSED, ["always", "failure"]],
    ["a bundle that arrives again a recovery", REFUSED, { status: "completed" }, ["always", "recovery"]],
    ["a run no recovery whose bundle is refused", { status: "failed" }, REFUSED, ["always", "failure"]],
    ["a bundle that waits no failure", { status: "completed" }, WAITING, ["always"]],
    ["a bundle that waits behind one that is refused no recovery", REFUSED, WAITING, ["always"]],
    ["a run after one that waited no recovery", WAITING, { status: "completed" }, ["always"]],
  ];
for (const [name, previous, current, expect] of deliveries) {
  Deno.test(`decideEvents() calls ${name}`, () => {
    const before = { status: "", findings: [], ...previous };
    deepStrictEqual(decideEvents(before, { ...result("", []), ...current }), expect);
  });
}

Deno.test("decideEvents() calls nothing fixed when nothing was analyzed", () => {
  const current = { ...result("failed", []), analyzed: false };
  deepStrictEqual(decideEvents({ status: "completed", findings: [disk] }, current), ["always", "failure"]);
});

Deno.test("decideEvents() calls nothing fixed when not all findings are listed", () => {
  const current = { ...result("completed", [nodes]), complete: false };
  deepStrictEqual(decideEvents({ status: "completed", findings: [disk, nodes] }, current), ["always"]);
});

Deno.test("compareFindings() says what changed", () => {
  const previous = { status: "completed", findings: [disk, version] };
  deepStrictEqual(compareFindings(previous, result("completed", [version, nodes])), {
    appeared: [nodes],
    disappeared: [disk],
  });
});

Deno.test("runResult() knows when nothing was analyzed, and when the list is cut", () => {
  strictEqual(runResult(facts({ findings: { fail: 0, warn: 0, pass: 0, top: [] } })).analyzed, false);
  strictEqual(runResult(facts({ findings: { fail: 0, warn: 0, pass: 4, top: [] } })).analyzed, true);
  strictEqual(runResult(facts({ findings: { fail: 2, warn: 0, pass: 0, top: [disk] } })).complete, false);
  strictEqual(runResult(facts({ findings: { fail: 1, warn: 0, pass: 0, top: [disk] } })).complete, true);
});

Deno.test("matchingEvents() keeps what the target asked for", () => {
  deepStrictEqual(matchingEvents(["failure", "new-findings"], ["always", "new-findings"]), ["new-findings"]);
  deepStrictEqual(matchingEvents(["failure"], ["always"]), []);
});

const sentences: [expect: string, facts: Partial<RunFacts>, appeared: number, disappeared: number][] = [
  ["nightly: completed, nothing found", { findings: { fail: 0, warn: 0, pass: 3, top: [] } }, 0, 0],
  ["nightly: failed", { status: "failed" }, 0, 0],
  [
    "nightly: completed, 9 failures, at least 1 of them new",
    { findings: { fail: 9, warn: 0, pass: 0, top: [disk] } },
    1,
    0,
  ],
  [
    "nightly: partial, 3 failures, 1 of them new",
    {
      status: "partial",
      findings: { fail: 3, warn: 0, pass: 1, top: [disk, disk, disk] },
    },
    1,
    0,
  ],
  [
    "nightly: completed, 1 failure and 2 warnings, 2 fixed",
    {
      findings: { fail: 1, warn: 2, pass: 1, top: [] },
    },
    0,
    2,
  ],
  [
    "support-bundle: completed, 1 warning, 1 of them new",
    {
      job: undefined,
      findings: { fail: 0, warn: 1, pass: 0, top: [disk] },
    },
    1,
    0,
  ],
];
for (const [expect, some, appeared, disappeared] of sentences) {
  Deno.test(`summarize() says "${expect}"`, () => {
    const changes = { appeared: Array(appeared).fill(disk), disappeared: Array(disappeared).fill(nodes) };
    strictEqual(summarize(facts(some), changes), expect);
  });
}

function findings(row: [string, ...NotifiedFinding[]]): NotifiedFinding[] {
  return row.slice(1) as NotifiedFinding[];
}

function fail(title: string, message: string): NotifiedFinding {
  return { title, message, severity: "fail" };
}

function warn(title: string, message: string): NotifiedFinding {
  return { title, message, severity: "warn" };
}

function result(status: string, listed: NotifiedFinding[]): RunResult {
  return { status, findings: listed, analyzed: true, complete: true };
}

function facts(some: Partial<RunFacts>): RunFacts {
  return {
    job: { id: "job-1", name: "nightly" },
    status: "completed",
    findings: { fail: 0, warn: 0, pass: 0, top: [] },
    ...some,
  };
}
