import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import type { Finding } from "../../src/analyze/analyzer.ts";
import { readFindings } from "../../src/report/findings_data.ts";
import { readReport, type ReportData } from "../../src/report/report_data.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";
import { crashing, ENDED_AT, event, HOSTILE, MANIFEST, pod, running, sampleReport } from "./sample_report.ts";

const shop = (...items: unknown[]) => ({ "cluster-resources/pods/shop.json": { items } });
const nodes = (...items: unknown[]) => ({ "cluster-resources/nodes.json": { items } });
const ready = (status: string) => ({ conditions: [{ type: "Ready", status }] });

const read = (files: Record<string, unknown>): Promise<ReportData> =>
  readReport({ name: "b", bundle: new MemoryBundle(files), manifest: { ...MANIFEST, missing: [], files: [] } });

type Look = (data: ReportData) => unknown;
const phases: Look = ({ cluster }) => cluster?.pods?.phases.map(({ name, count }) => `${name} ${count}`);
const unwell: Look = ({ cluster }) => cluster?.pods?.unhealthy.items.map(({ name, state }) => `${name} ${state}`);
const nodesOf: Look = ({ cluster }) => [cluster?.nodes?.ready, cluster?.nodes?.total, cluster?.nodes?.troubled.items];
const unread: Look = ({ cluster }) => cluster?.unread.items;
const unready: Look = ({ cluster }) => cluster?.workloads?.unready.items.map(({ name, state }) => `${name} ${state}`);
const version: Look = ({ cluster }) => cluster?.version;

const cluster: [name: string, files: Record<string, unknown>, look: Look, expect: unknown][] = [
  ["has nothing of a cluster", { "logs/a.log": "x" }, ({ cluster }) => cluster, undefined],
  [
    "tells the version",
    { "cluster-info/cluster_version.json": { info: { gitVersion: "v1.31.4" } } },
    version,
    "v1.31.4",
  ],
  ["tells the version of its text", { "cluster-info/cluster_version.json": { string: "v1.2" } }, version, "v1.2"],
  ["knows no version of a broken file", { ...nodes(), "cluster-info/cluster_version.json": "{" }, version, undefined],
  ["counts pods by phase", shop(pod("a", running()), pod("b", running()), pod("c", { phase: "Failed" })), phases, [
    "Running 2",
    "Failed 1",
  ]],
  ["calls odd phases unknown", shop(pod("a", { phase: 7 }), pod("b", null), pod("c", { phase: HOSTILE })), phases, [
    "Unknown 3",
  ]],
  ["puts pods that restarted most first", shop(pod("a", crashing(2, 1)), pod("b", crashing(9, 1))), unwell, [
    "b CrashLoopBackOff",
    "a CrashLoopBackOff",
  ]],
  ["survives pods with odd statuses", shop(pod("a", { phase: "Running", containerStatuses: "none" })), unwell, [
    "a Unknown",
  ]],
  ["counts nodes that are ready", nodes({ metadata: { name: "n" }, status: ready("True") }), nodesOf, [1, 1, []]],
  ["tells what is wrong with nodes", nodes({ metadata: { name: "n" }, status: ready("False") }), nodesOf, [0, 1, [
    { name: "n", problems: ["not ready"] },
  ]]],
  ["tells nodes without a status", nodes({ metadata: { name: "n" } }), nodesOf, [0, 1, [
    { name: "n", problems: ["not ready"] },
  ]]],
  ["has no nodes where the file is missing", shop(), ({ cluster }) => cluster?.nodes, undefined],
  ["has none where the list is null", { "cluster-resources/nodes.json": { items: null } }, nodesOf, [0, 0, []]],
  ["reads bare lists", { "cluster-resources/nodes.json": [{ status: ready("True") }] }, nodesOf, [1, 1, []]],
  ["tells files that are not JSON", { "cluster-resources/pods/a.json": "{]" }, unread, [
    { path: "cluster-resources/pods/a.json", why: "it is not JSON" },
  ]],
  ["tells files that are no lists", { "cluster-resources/pods/a.json": { items: [null] } }, unread, [
    {
      path: "cluster-resources/pods/a.json",
      why: "cluster-resources/pods/a.json of the bundle is not a list of Kubernetes objects",
    },
  ]],
  [
    "takes empty files for empty lists",
    { "cluster-resources/pods/a.json": "" },
    ({ cluster }) => cluster?.pods?.total,
    0,
  ],
  [
    "tells workloads that want more",
    {
      "cluster-resources/deployments/s.json": {
        items: [
          { metadata: { name: "a" }, spec: { replicas: 2 }, status: { readyReplicas: 1 } },
          { metadata: { name: "b" }, spec: { replicas: 0 }, status: {} },
          { metadata: { name: "c" }, spec: { replicas: "***HIDDEN***" } },
        ],
      },
      "cluster-resources/daemonsets/s.json": {
        items: [{ metadata: { name: "d" }, status: { desiredNumberScheduled: 3, numberReady: 0 } }],
      },
    },
    unready,
    ["a 1 of 2 ready", "d 0 of 3 ready"],
  ],
  [
    "tells failed jobs, and no others",
    {
      "cluster-resources/jobs/s.json": {
        items: [
          { metadata: { name: "a" }, status: { conditions: [{ type: "Failed", status: "True", reason: "Late" }] } },
          { metadata: { name: "b" }, status: { conditions: [{ type: "Failed", status: "False" }] } },
          { metadata: { name: "c" }, status: { conditions: [{ type: "Failed", status: "True" }] } },
        ],
      },
    },
    unready,
    ["a failed: Late", "c failed"],
  ],
];
for (const [name, files, look, expect] of cluster) {
  Deno.test(`readReport() of a cluster ${name}`, async () => deepStrictEqual(look(await read(files)), expect));
}

const MINUTE = 60_000;
const warn = (minutes: number, name = "a", message = "x", more = {}) =>
  event(minutes, ["Warning", "BackOff", name, message], more);
const normal = (minutes: number, name = "a", message = "x") => event(minutes, ["Normal", "Pulled", name, message]);
const events = (...items: unknown[]) => ({ "cluster-resources/events/shop.json": { items } });
const entries: Look = ({ timeline }) =>
  timeline?.points.map(({ reason, name, count, alike }) => `${reason} ${name} ${count} +${alike}`);
const window: Look = ({ timeline }) =>
  timeline && [(timeline.to - timeline.from) / MINUTE, Date.parse(ENDED_AT) - timeline.to, timeline.earlier];

const timelines: [name: string, files: Record<string, unknown>, look: Look, expect: unknown][] = [
  ["is not there where nothing happened", events(), ({ timeline }) => timeline, undefined],
  ["tells warnings first, then others, latest first", events(normal(1), warn(9, "b"), warn(3, "c", "y")), entries, [
    "BackOff c 1 +0",
    "BackOff b 1 +0",
    "Pulled a 1 +0",
  ]],
  ["tells containers that ended", shop(pod("p", crashing(7, 4, "OOMKilled", 137))), entries, ["OOMKilled p 7 +0"]],
  [
    "leaves out work that is done",
    shop(pod("p", {
      containerStatuses: [{ state: { terminated: { exitCode: 0, reason: "Completed", finishedAt: ENDED_AT } } }],
    })),
    entries,
    undefined,
  ],
  [
    "tells init containers that ended",
    shop(pod("p", {
      initContainerStatuses: [{ state: { terminated: { exitCode: 2, finishedAt: ENDED_AT } } }],
    })),
    entries,
    ["Ended p 1 +0"],
  ],
  [
    "puts together what says the same of other objects",
    events(
      warn(5, "web-1", "Back-off of web-1"),
      warn(3, "web-2", "Back-off of web-2", { count: 4 }),
      warn(4, "web-3", "Back-off of web-3"),
      warn(1, "web-4", "Another"),
    ),
    entries,
    ["BackOff web-4 1 +0", "BackOff web-2 4 +2"],
  ],
  [
    "reads the times of both kinds of events",
    events(
      warn(1, "old", "a", { lastTimestamp: null, eventTime: "2026-03-02T08:29:00.123456Z" }),
      warn(1, "series", "b", { lastTimestamp: null, series: { count: 9, lastObservedTime: "2026-03-02T08:28:00Z" } }),
      warn(1, "made", "c", { lastTimestamp: 5, metadata: { creationTimestamp: "2026-03-02T08:27:00Z" } }),
      warn(1, "never", "d", { lastTimestamp: "soon" }),
    ),
    entries,
    ["BackOff old 1 +0", "BackOff series 9 +0", "BackOff made 1 +0"],
  ],
  [
    "survives odd events",
    events({}, { involvedObject: [], type: 7 }, { ...warn(1), message: {}, count: -4 }),
    entries,
    [
      "BackOff a 1 +0",
    ],
  ],
  ["shows five minutes of a new cluster", events(warn(1), warn(4)), window, [5, 0, 0]],
  ["shows an hour", events(warn(1), warn(59)), window, [60, 0, 0]],
  ["leaves out the few that are old", events(...Array.from({ length: 20 }, (_, i) => warn(i)), warn(5000)), window, [
    60,
    0,
    1,
  ]],
  ["ends with events shortly after the bundle, not with odd clocks", events(warn(1), warn(-100_000)), window, [
    5,
    0,
    0,
  ]],
];
for (const [name, files, look, expect] of timelines) {
  Deno.test(`readReport(): the timeline ${name}`, async () => deepStrictEqual(look(await read(files)), expect));
}

Deno.test("readReport() counts what is beyond the bounds of the timeline, and keeps the latest", async () => {
  const many = Array.from({ length: 5_000 }, (_, i) => warn(i / 10, `p${i}`, `message ${"abcdefghij"[i % 10]}${i}`));
  const { timeline } = await read(events(...many, normal(0)));
  strictEqual(timeline!.points.length, 200);
  strictEqual(timeline!.points[0]!.name, "p0");
  strictEqual(timeline!.points[199]!.name, "p199");
  strictEqual(timeline!.left, 4_801);
  deepStrictEqual(timeline!.totals, { warning: 5_000, ended: 0, normal: 1 });
  strictEqual(timeline!.bins.warning.reduce((sum, count) => sum + count), 5_000);
});

Deno.test("readReport() tells what is missing by reason, what falls short first", async () => {
  const { missing } = await readReport(sampleReport());
  deepStrictEqual(missing.groups.map(({ reason, shortfall }) => `${reason} ${shortfall}`), [
    "forbidden true",
    "timed-out true",
    "failed true",
    "redaction-failed true",
    "empty false",
  ]);
  deepStrictEqual(missing.truncated.items.map(({ limit }) => limit), ["250 MB (--max-file-size)"]);
  for (const { shortfall, plain, command } of missing.groups) ok(plain && (!shortfall || command));
});

const foreign: [name: string, files: Record<string, unknown>, expect: string[]][] = [
  ["nothing of themselves", {}, []],
  ["skipped collectors", {
    "skipped-collectors.json": [
      { collector: "logs", reason: "insufficient RBAC permissions", errors: ["x"] },
      { collector: "data", reason: "excluded" },
      { collector: 7, reason: {} },
      null,
    ],
  }, ["forbidden logs", "excluded data"]],
  ["a broken list of them", { "skipped-collectors.json": "{" }, []],
  ["a list that is none", { "skipped-collectors.json": { a: 1 } }, []],
  ["a manifest of others", { "MANIFEST.json": { schemaVersion: 9 } }, []],
];
for (const [name, files, expect] of foreign) {
  Deno.test(`readReport() of bundles of other tools that say ${name}`, async () => {
    const { missing, run, redaction } = await readReport({ name: "b", bundle: new MemoryBundle(files) });
    deepStrictEqual(
      missing.groups.flatMap(({ reason, records }) => records.items.map(({ path }) => `${reason} ${path}`)),
      expect,
    );
    deepStrictEqual([missing.unexplained, run, redaction.state], [true, undefined, "unknown"]);
  });
}

Deno.test("readReport() reads manifest and redaction of the bundle itself", async () => {
  const { manifest, redaction, findings } = sampleReport();
  const bundle = new MemoryBundle({ "MANIFEST.json": manifest, "execution-data/redaction.json": redaction });
  const data = await readReport({ name: "b", bundle, findings });
  deepStrictEqual(data.redaction.rules.items, [
    { rule: "named-value", builtIn: true, count: 301, files: 1 },
    { rule: "customer numbers", builtIn: false, count: 40, files: 1 },
    { rule: "url-credentials", builtIn: true, count: 4, files: 1 },
  ]);
  deepStrictEqual([data.redaction.state, data.redaction.count, data.redaction.files], ["on", 345, 2]);
  strictEqual(data.run!.job, "nightly");
});

const redactStates = [ // stage of the manifest, state
  ["ok", "on"],
  ["partial", "on"],
  ["skipped", "off"],
] as const;
for (const [status, expect] of redactStates) {
  Deno.test(`readReport() says that redaction was ${expect} when its stage was ${status}`, async () => {
    const manifest = { ...MANIFEST, stages: [{ stage: "redact", status, durationMs: 1 } as const] };
    strictEqual((await readReport({ name: "b", bundle: new MemoryBundle({}), manifest })).redaction.state, expect);
  });
}

const finding = (status: Finding["outcome"]["status"], title: string, more: Partial<Finding> = {}): Finding => {
  const outcome = status === "skipped"
    ? { status, reason: "no-outcome-matched" as const, message: "m" }
    : { status, message: "m" };
  return { title, kind: "k", where: "cluster", strict: false, outcome, ...more };
};

Deno.test("readFindings() puts the gravest first, keeps the order of equals, and leaves out what is excluded", () => {
  const { items, counts, left } = readFindings([
    finding("pass", "a"),
    finding("skipped", "b"),
    finding("skipped", "-", { outcome: { status: "skipped", reason: "excluded", message: "" } }),
    finding("warn", "c"),
    finding("fail", "d"),
    finding("error", "e"),
    finding("fail", "f", { strict: true }),
    finding("fail", "g"),
  ]);
  strictEqual(items.map(({ title }) => title).join(""), "fdgceba");
  deepStrictEqual([counts, left], [{ fail: 3, warn: 1, error: 1, skipped: 1, pass: 1 }, 0]);
});

const ofPod = (name: string, message: string, more: Partial<Finding> = {}) =>
  finding("fail", `Pod ${name}`, {
    outcome: { status: "fail", message },
    involvedObject: { kind: "Pod", namespace: "shop", name, apiVersion: "v1" },
    evidence: [{ path: "pods.json" }],
    ...more,
  });

const alike: [name: string, findings: Finding[], expect: string[]][] = [
  ["that say the same of three objects", [
    ofPod("a", "Pod shop/a crashes"),
    ofPod("x", "Pod shop/x is gone"),
    ofPod("b", "Pod shop/b crashes"),
    ofPod("c", "Pod shop/c crashes"),
  ], ["Pod a +2: Pod shop/a, Pod shop/b, Pod shop/c; pods.json", "Pod x +0: ; pods.json"]],
  ["but not two", [ofPod("a", "a crashes"), ofPod("b", "b crashes")], [
    "Pod a +0: ; pods.json",
    "Pod b +0: ; pods.json",
  ]],
  ["but not of different kinds", [
    ofPod("a", "a crashes"),
    ofPod("b", "b crashes"),
    ofPod("c", "c crashes", { kind: "other" }),
  ], ["Pod a +0: ; pods.json", "Pod b +0: ; pods.json", "Pod c +0: ; pods.json"]],
  ["but not those that have causes of their own", [
    ofPod("a", "a crashes", { cause: "x" }),
    ofPod("b", "b crashes", { cause: "y" }),
    ofPod("c", "c crashes", { cause: "z" }),
  ], ["Pod a +0: ; pods.json", "Pod b +0: ; pods.json", "Pod c +0: ; pods.json"]],
  ["but not those of no object", [finding("fail", "a"), finding("fail", "b"), finding("fail", "c")], [
    "a +0: ; ",
    "b +0: ; ",
    "c +0: ; ",
  ]],
];
for (const [name, findings, expect] of alike) {
  Deno.test(`readFindings() puts findings together ${name}`, () => {
    const { items, counts, left } = readFindings(findings);
    deepStrictEqual(
      items.map(({ title, alike, affected, evidence }) =>
        `${title} +${alike}: ${affected.join(", ")}; ${evidence.map(({ path }) => path).join(", ")}`
      ),
      expect,
    );
    deepStrictEqual([counts.fail, left], [findings.length, 0]);
  });
}

Deno.test("readFindings() bounds the findings and each of their texts, and counts the rest", () => {
  const long = "x".repeat(1_000_000);
  const affected = Array.from({ length: 40 }, (_, i) => ({ kind: "Pod", namespace: "n", name: `p${i}` }));
  const evidence = Array.from({ length: 40 }, (_, i) => ({ path: `f${i}` }));
  const one = finding("fail", long, { cause: long, explanation: long, nextStep: long, affected, evidence });
  const { items, counts, left } = readFindings(Array.from({ length: 700 }, () => one));
  deepStrictEqual([items.length, counts.fail, left], [500, 700, 200]);
  const [first] = items;
  match(first!.cause!, /^x+… \(cut, 1000000 characters\)$/);
  ok(JSON.stringify(first).length < 12_000);
  deepStrictEqual([first!.affected.length, first!.affectedCount, first!.evidence.length, first!.evidenceCount], [
    25,
    40,
    10,
    40,
  ]);
});

const uris: [uri: string | undefined, kept: boolean][] = [
  ["https://example.com/a", true],
  ["HTTP://example.com", true],
  ["javascript:alert(1)", false],
  ["data:text/html,x", false],
  ["//example.com", false],
  ["file:///etc/passwd", false],
  [" https://example.com", false],
  ["", false],
  [undefined, false],
];
for (const [uri, kept] of uris) {
  Deno.test(`readFindings() ${kept ? "keeps" : "drops"} the address ${uri}`, () =>
    strictEqual(readFindings([finding("fail", "a", { uri })]).items[0]!.uri, kept ? uri : undefined));
}
