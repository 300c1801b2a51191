import { deepStrictEqual } from "node:assert/strict";
import { weaveReport } from "../../../src/analyze/kinds/cluster/weave_report.ts";
import { pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const reportFileGlob = "weave/kube-system/*/weave-report-stdout.txt";
const at = (pod: string) => `weave/kube-system/${pod}/weave-report-stdout.txt`;
const linked = { State: "established", Info: "encrypted fastdp 1a:5b(node-b)", Attrs: { name: "fastdp" } };
const report = (connections: unknown, ipam: unknown = { ActiveIPs: 84, RangeNumIPs: 100, PendingAllocates: [] }) => ({
  Router: { NickName: "node-a", Connections: connections },
  IPAM: ipam,
});
const one = (connections: unknown, ipam?: unknown) => ({ [at("p")]: report(connections, ipam) });
const OK = "pass: No issues detected in weave report";

const behaviour: [name: string, files: Record<string, unknown>, expected: string[]][] = [
  ["passes", one([linked]), [OK]],
  ["passes a node without connections", one(null, null), [OK]],
  ["warns when addresses run out", one([linked], { ActiveIPs: 85, RangeNumIPs: 100 }), [
    "warn: 85 of 100 total available IPs have been assigned",
  ]],
  ["does not divide by an empty range", one([], { ActiveIPs: 1, RangeNumIPs: 0 }), [OK]],
  ["warns when addresses are waited for", one([], { PendingAllocates: ["x"] }), [
    "warn: Waiting for IPs to become available",
  ]],
  ["warns of a connection that is not there", one([linked, { ...linked, State: "pending" }]), [
    "warn: Connection from node-a to node-b is pending",
  ]],
  ["knows a peer without a name", one([{ State: "failed", Info: "dial tcp: timeout" }]), [
    "warn: Connection from node-a to peer is failed",
  ]],
  [
    "passes over a node's connection to itself",
    one([{ State: "failed", Info: "cannot connect to ourself, retry: never" }]),
    [OK],
  ],
  ["warns of another protocol", one([{ ...linked, Attrs: { name: "sleeve" } }]), [
    'warn: Connection from node-a to node-b protocol is "sleeve", not fastdp',
  ]],
  ["tells the first problem of each check, by path", {
    [at("q")]: report([{ ...linked, State: "failed", Attrs: { name: "sleeve" } }], { PendingAllocates: [1] }),
    [at("p")]: report([{ ...linked, State: "pending" }, { ...linked, State: "retrying" }]),
  }, [
    "warn: Waiting for IPs to become available",
    "warn: Connection from node-a to node-b is pending",
    'warn: Connection from node-a to node-b protocol is "sleeve", not fastdp',
  ]],
  ["does not pass when a report cannot be read", { ...one([linked]), [at("q")]: "no JSON", [at("r")]: [null] }, [
    `error: Cannot read ${at("q")} of the bundle as JSON: Unexpected token 'o', "no JSON" is not valid JSON`,
    `error: ${at("r")} of the bundle is no report of Weave`,
  ]],
  ["does not stumble over odd forms", one([null, 7, { State: 1, Info: null, Attrs: [] }]), [
    "warn: Connection from node-a to peer is ",
  ]],
  ["says which files are missing", {}, [
    `skipped/file-missing: The bundle does not have ${reportFileGlob}, or it is empty`,
  ]],
];
for (const [name, files, expected] of behaviour) {
  Deno.test(`weaveReport ${name}`, async () =>
    deepStrictEqual(await verdictsOf(weaveReport, { reportFileGlob, outcomes: [pass("x")] }, files), expected));
}

const mistakes: [config: Record<string, unknown>, problem: string][] = [
  [{}, "throws: Cannot read the field reportFileGlob: it is missing"],
  [{ reportFileGlob: "../*" }, 'throws: The path "../*" would lie outside the bundle'],
];
for (const [config, problem] of mistakes) {
  Deno.test(`weaveReport refuses ${JSON.stringify(config)}`, async () =>
    deepStrictEqual(await verdictsOf(weaveReport, config, {}), [problem]));
}

const titles: [config: Record<string, unknown>, titles: string[]][] = [
  [{}, ["Available Pod IPs", "Pending IP Allocation", "Weave Inter-Node Connections"]],
  [{ checkName: "Weave" }, ["Weave", "Weave", "Weave"]],
];
for (const [config, expected] of titles) {
  Deno.test(`weaveReport has the titles ${expected.join(", ")}`, async () => {
    const files = one([{ State: "failed" }], { ActiveIPs: 9, RangeNumIPs: 10, PendingAllocates: [1] });
    const results = await resultsOf(weaveReport, { ...config, reportFileGlob }, files);
    deepStrictEqual(results.map(({ title }) => title), expected);
    deepStrictEqual(results.map(({ evidence }) => evidence), expected.map(() => [{ path: at("p") }]));
  });
}

Deno.test("weaveReport honours checkName where it passes", () =>
  deepStrictEqual([{ checkName: "C" }, {}].map((c) => weaveReport.title(weaveReport.schema.parse(c))), [
    "C",
    "Weave Report",
  ]));
