import { filesystemPerformance } from "../../../src/analyze/kinds/host/filesystem_performance.ts";
import { testBehaviour, testConditions, testMistakes } from "../host_kind.ts";
import { fail, pass, warn } from "../judge_kind.ts";

const path = "host-collectors/filesystemPerformance/filesystemPerformance.json";
/** Percentile p is p ms, so that each is told from the others. */
const shares = [1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 99.5, 99.9, 99.95, 99.99];
const percentile = Object.fromEntries(shares.map((share) => [share.toFixed(6), share * 1e6]));
const fio = (lat_ns: unknown, jobname = "fsperf") => ({
  "fio version": "fio-3.28",
  jobs: [{ jobname: "other" }, { jobname, sync: { lat_ns } }],
});
const measured = fio({ min: 250_000, max: 2_100_000_000, mean: 3_141_592.5, stddev: 1, N: 10, percentile });

testConditions(filesystemPerformance, path, [
  ...shares.map((share) => [`p${String(share).replace(".", "")} = ${share}ms`, measured, true] as const),
  ["min = 250us", measured, true],
  ["Min < 250µs", measured, false],
  ["max > 2.1s", measured, false],
  ["MAX >= 2.1s", measured, true],
  ["average == 3.1415925ms", measured, false],
  ["average > 3ms", measured, true],
  ["P99 < 100ms", measured, true],
  ["p99 <= 99ms", measured, true],
  ["p99 === 99ms", measured, true],
  ["p99 > 1m", measured, false],
  ["p99 >= 0", measured, true],
  ["min = 0", fio({ max: 1 }), true],
  ["fileNotCollected", measured, false],
]);

testMistakes(filesystemPerformance, [
  ["p99 10ms", "it is not a statistic, an operator and a duration"],
  ["p98 < 10ms", '"p98" of a file system cannot be compared'],
  ["p99 != 10ms", '"!=" is not an operator here'],
  ["p99 < 10", '"10" is not a duration'],
  ["p99 < 10 ms", "it is not a statistic, an operator and a duration"],
]);

testBehaviour(filesystemPerformance, [
  [
    "renders messages",
    { outcomes: [pass(undefined, "{{ .P99 }} {{ .Min }} {{ .Max }} {{ .Average }} {{ .P9999 }}")] },
    {
      [path]: measured,
    },
    ["pass: 99ms 250µs 2.1s 3.141592ms 99.99ms"],
  ],
  ["renders a table", { outcomes: [pass(undefined, "{{ .String }}")] }, { [path]: fio({ max: 90e9, mean: 3_725e9 }) }, [
    "pass: Min: 0s\nMax: 1m30s\nAverage: 1h2m5s",
  ]],
  ["refuses a message that cannot be read", { outcomes: [pass(), fail("p1 > 1s", "{{ .P99 ")] }, {}, [
    'throws: Cannot use the template "{{ .P99 ": an action {{ is not closed',
  ]],
  ["fails on a message that asks for what there is not", { outcomes: [pass(undefined, "{{ .P98 }}")] }, {
    [path]: measured,
  }, [
    'throws: Cannot use the template "{{ .P98 }}": latencies has no field P98',
  ]],
  ["says so when no outcome matches", { outcomes: [fail("p99 > 1s")] }, { [path]: measured }, [
    "skipped/no-outcome-matched: No outcome of the spec matched a p99 of 99ms and a maximum of 2.1s",
  ]],
  ["has an outcome for when nothing was measured", { outcomes: [warn("fileNotCollected", "N"), fail()] }, {}, [
    "warn: N",
  ]],
  ["has it for each node", { outcomes: [warn("fileNotCollected", "N"), fail()] }, {
    "host-collectors/system/node_list.json": { nodes: ["n1", "n2"] },
    [`host-collectors/n1/filesystemPerformance/filesystemPerformance.json`]: measured,
  }, ["fail: F", "warn: N"]],
  ["fails without its job", { outcomes: [pass()] }, { [path]: fio({}, "other") }, [
    `throws: ${path} of the bundle has no fio job "fsperf"`,
  ]],
  ["fails without latencies", { outcomes: [pass()] }, { [path]: fio(undefined) }, [
    `throws: The fio job in ${path} of the bundle has no sync.lat_ns`,
  ]],
  ["fails on a percentile that was not measured", { outcomes: [pass("p99 < 1s")] }, { [path]: fio({ max: 1 }) }, [
    "throws: The measurement has no p99",
  ]],
  ["fails on a latency that is hidden", { outcomes: [pass()] }, { [path]: fio({ max: "***HIDDEN***" }) }, [
    `throws: The latency Max in ${path} of the bundle is not a number: redaction has hidden it`,
  ]],
]);
