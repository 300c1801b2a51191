import { deepStrictEqual } from "node:assert/strict";
import { goldpinger } from "../../../src/analyze/kinds/cluster/goldpinger.ts";
import { pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const PATH = "goldpinger/check_all.json";
const hosts = [{ podName: "a" }, { podName: "b" }];
const from = (podResults: unknown) => ({ OK: true, response: { podResults } });
const well = { a: { OK: true }, b: { OK: true } };
const all = (responses: unknown, pods: unknown = hosts) => ({ [PATH]: { hosts: pods, responses } });
const ok = (pod: string) => `pass: Pings to "${pod}" pod from all other pods in the cluster succeeded`;
const missing = (from: string, to: string) => `warn: Ping result for "${to}" pod from "${from}" pod is missing`;

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["passes each pod that all reach", {}, all({ a: from(well), b: from(well) }), [ok("a"), ok("b")]],
    [
      "tells of a ping that failed",
      {},
      all({ a: from({ ...well, b: { OK: false, error: "timeout" } }), b: from(well) }),
      [
        ok("a"),
        "fail: Ping error: timeout",
      ],
    ],
    ["tells of a ping that is missing", {}, all({ a: from({ a: { OK: true } }), b: from(well) }), [
      ok("a"),
      missing("a", "b"),
    ]],
    ["tells of each source, sorted", {}, all({ b: from({}), a: from({ a: { OK: false } }) }), [
      "fail: Ping error: ",
      missing("b", "a"),
      missing("a", "b"),
      missing("b", "b"),
    ]],
    ["tells of a pod that did not answer", {}, all({ a: from(well), b: { OK: false, error: "refused" } }), [
      missing("b", "a"),
      missing("b", "b"),
    ]],
    ["tells of a pod without any response", {}, all({ a: from(well) }), [missing("b", "a"), missing("b", "b")]],
    ["does not stumble over odd forms", {}, all({ a: null, b: [] }, [null, { podName: "a" }, { podName: 7 }]), [
      missing("a", "a"),
      missing("b", "a"),
    ]],
    ["knows no names of JavaScript", {}, all({}, [{ podName: "constructor" }]), [
      missing("constructor", "constructor"),
    ]],
    ["reads the file that is named", { filePath: "gp/x.json" }, {
      "gp/x.json": { hosts: [{ podName: "a" }], responses: { a: from(well) } },
    }, [ok("a")]],
    ["says which file is missing", {}, {}, [`skipped/file-missing: The bundle does not have ${PATH}, or it is empty`]],
    ["says why it is missing", {}, { "goldpinger/error.txt": "no pod was ready\n" }, [
      "error: Goldpinger was not asked: no pod was ready",
    ]],
    ["fails on a file of another form", {}, { [PATH]: { hosts: [] } }, [
      `throws: ${PATH} of the bundle names no pods of Goldpinger`,
    ]],
    ["does not leave the bundle", { filePath: "../x" }, {}, [
      'throws: The path "../x" would lie outside the bundle',
    ]],
    [
      "takes outcomes that have no effect",
      { outcomes: [pass("whatever")] },
      all({ a: from(well) }, [{ podName: "a" }]),
      [ok("a")],
    ],
  ];
for (const [name, config, files, expected] of behaviour) {
  Deno.test(`goldpinger ${name}`, async () => deepStrictEqual(await verdictsOf(goldpinger, config, files), expected));
}

const mixed = all({ a: from({ a: { OK: true }, b: { OK: false } }), b: from({ a: { OK: true } }) });
const titles: [config: Record<string, unknown>, titles: string[]][] = [
  [{}, [
    'Pings to "a" pod succeeded',
    'Ping from "a" pod to "b" pod failed',
    'Missing ping results for "b" pod',
  ]],
  [{ checkName: "Network" }, ["Network", "Network", "Network"]],
];
for (const [config, expected] of titles) {
  Deno.test(`goldpinger has the titles ${expected.join(", ")}`, async () => {
    const results = await resultsOf(goldpinger, config, mixed);
    deepStrictEqual(results.map(({ title }) => title), expected);
    deepStrictEqual(results.map(({ evidence }) => evidence), expected.map(() => [{ path: PATH }]));
  });
}
