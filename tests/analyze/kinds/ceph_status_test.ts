import { deepStrictEqual } from "node:assert/strict";
import { cephStatus } from "../../../src/analyze/kinds/cluster/ceph_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const PATH = "ceph/status.json";
const health = (status: string, more: object = {}) => ({ [PATH]: { health: { status }, ...more } });

const conditions: [when: string, status: string, holds: boolean][] = [
  ["HEALTH_OK", "HEALTH_OK", true],
  ["HEALTH_OK", "HEALTH_WARN", false],
  ["= HEALTH_WARN", "HEALTH_WARN", true],
  ["== HEALTH_WARN", "HEALTH_ERR", false],
  ["=== HEALTH_ERR", "HEALTH_ERR", true],
  ["< HEALTH_OK", "HEALTH_WARN", true],
  ["< HEALTH_WARN", "HEALTH_ERR", true],
  ["< HEALTH_WARN", "HEALTH_WARN", false],
  ["<= HEALTH_WARN", "HEALTH_WARN", true],
  ["> HEALTH_ERR", "HEALTH_OK", true],
  ["> HEALTH_WARN", "HEALTH_WARN", false],
  [">= HEALTH_WARN", "HEALTH_OK", true],
  ["!= HEALTH_OK", "HEALTH_WARN", true],
  ["!= HEALTH_OK", "HEALTH_OK", false],
  [">=  HEALTH_WARN", "HEALTH_ERR", false],
];
for (const [when, status, holds] of conditions) {
  Deno.test(`cephStatus "${when}" ${holds ? "holds" : "does not hold"} for ${status}`, async () =>
    deepStrictEqual(
      await verdictsOf(
        cephStatus,
        { outcomes: [pass(when), pass(">= HEALTH_ERR", "else")] },
        health(status),
      ),
      [holds ? "pass: P" : "pass: else"],
    ));
}

const old = {
  health: {
    status: "HEALTH_ERR",
    checks: {
      PG_DEGRADED: { severity: "HEALTH_WARN", summary: { message: "Degraded data redundancy" } },
      OSD_DOWN: { severity: "HEALTH_WARN", summary: { message: "1 osds down" } },
      ODD: null,
    },
  },
  osdmap: { osdmap: { num_osds: 3, num_up_osds: 2, full: false, nearfull: true } },
  pgmap: { bytes_used: 333, bytes_total: 1000 },
};
const flat = { ...old, osdmap: { num_osds: 3, num_up_osds: 2 } };
const checks = "ODD: \nOSD_DOWN: 1 osds down\nPG_DEGRADED: Degraded data redundancy";

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["has outcomes of its own for a healthy cluster", {}, health("HEALTH_OK"), ["pass: Ceph is healthy"]],
    ["has outcomes of its own for warnings", {}, health("HEALTH_WARN"), ["warn: Ceph status is HEALTH_WARN"]],
    ["has outcomes of its own for errors", { outcomes: [] }, health("HEALTH_ERR"), ["fail: Ceph status is HEALTH_ERR"]],
    ["takes a health for each verdict without a when", { outcomes: [fail(), warn(), pass()] }, health("HEALTH_WARN"), [
      "warn: W",
    ]],
    ["tells the details", { outcomes: [fail()] }, { [PATH]: old }, [
      `fail: F\n2/3 OSDs up\nOSD disk is nearly full\nPG storage usage is 33.3%\n${checks}`,
    ]],
    ["tells the details of newer versions", { outcomes: [fail(undefined, "")] }, { [PATH]: flat }, [
      `fail: 2/3 OSDs up\nPG storage usage is 33.3%\n${checks}`,
    ]],
    ["tells that disks are full", { outcomes: [warn("HEALTH_ERR")] }, {
      [PATH]: { health: { status: "HEALTH_ERR" }, osdmap: { osdmap: { full: true, nearfull: true } }, pgmap: null },
    }, ["warn: W\nOSD disk is full"]],
    ["tells no details where it passes", { outcomes: [pass("HEALTH_ERR")] }, { [PATH]: old }, ["pass: P"]],
    [
      "passes over numbers that are hidden",
      { outcomes: [warn()] },
      health("HEALTH_WARN", {
        osdmap: { num_osds: "***HIDDEN***" },
        pgmap: { bytes_total: 0, bytes_used: 1 },
      }),
      ["warn: W"],
    ],
    ["reads the folders of the collector", { collectorName: "c", namespace: "rook" }, {
      "c/rook/ceph/status.json": { health: { status: "HEALTH_OK" } },
    }, ["pass: Ceph is healthy"]],
    ["has no folder for the usual namespace", { namespace: "rook-ceph" }, health("HEALTH_OK"), [
      "pass: Ceph is healthy",
    ]],
    ["says which file is missing", { namespace: "rook" }, health("HEALTH_OK"), [
      "skipped/file-missing: The bundle does not have rook/ceph/status.json, or it is empty",
    ]],
    ["says so when no outcome matches", { outcomes: [fail(), warn()] }, health("HEALTH_OK"), [
      "skipped/no-outcome-matched: No outcome of the spec matched HEALTH_OK",
    ]],
    ["tells that the health is hidden", {}, health("***HIDDEN***"), [
      "throws: The value in ceph/status.json cannot be judged: redaction has hidden it",
    ]],
    ["fails on an unknown health", {}, health("HEALTH_GREAT"), [
      'throws: ceph/status.json of the bundle has the unknown health "HEALTH_GREAT"',
    ]],
    ["fails on a file of another form", {}, { [PATH]: [null] }, [
      "throws: ceph/status.json of the bundle does not say how Ceph is",
    ]],
    ["refuses an unknown health that an earlier outcome hides", { outcomes: [pass(), fail("HEALTH_BAD")] }, {}, [
      'throws: Cannot read the condition "HEALTH_BAD": "HEALTH_BAD" is not a health',
    ]],
    ["refuses what is no operator", { outcomes: [fail("~ HEALTH_OK")] }, {}, [
      'throws: Cannot read the condition "~ HEALTH_OK": "~" is not an operator here',
    ]],
    ["refuses a longer condition", { outcomes: [fail("health < HEALTH_OK")] }, {}, [
      'throws: Cannot read the condition "health < HEALTH_OK": it is not an operator and a health',
    ]],
    ["does not leave the bundle", { namespace: "../.." }, {}, [
      'throws: The path "/../../ceph/status.json" would lie outside the bundle',
    ]],
  ];
for (const [name, config, files, expected] of behaviour) {
  Deno.test(`cephStatus ${name}`, async () => deepStrictEqual(await verdictsOf(cephStatus, config, files), expected));
}

Deno.test("cephStatus says where to read on, and where it read", async () =>
  deepStrictEqual(
    (await resultsOf(cephStatus, {}, health("HEALTH_WARN"))).map(({ uri, evidence }) => [uri, evidence]),
    [["https://rook.io/docs/rook/v1.4/ceph-common-issues.html", [{ path: PATH }]]],
  ));

Deno.test("cephStatus honours checkName", () => {
  const titles = [{ checkName: "C" }, {}].map((config) => cephStatus.title(cephStatus.schema.parse(config)));
  deepStrictEqual(titles, ["C", "Ceph Status"]);
});
