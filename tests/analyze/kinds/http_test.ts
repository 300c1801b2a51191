import { deepStrictEqual } from "node:assert/strict";
import { http } from "../../../src/analyze/kinds/cluster/http.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const ok = { response: { status: 200, body: "", headers: {} } };
const down = { error: { message: "connection refused" } };
const outcomes = [fail("error"), warn("statusCode >= 400"), pass("statusCode === 200")];
const healthz = { collectorName: "healthz", outcomes };

const behaviour: [name: string, config: Record<string, unknown>, files: Record<string, unknown>, expected: string[]][] =
  [
    ["compares the status", healthz, { "healthz.json": ok }, ["pass: P"]],
    ["takes the first outcome that matches", healthz, { "healthz.json": { response: { status: 503 } } }, ["warn: W"]],
    ["tells that there was no answer", healthz, { "healthz.json": down }, ["fail: F"]],
    ["reads an error that is a text", healthz, { "healthz.json": { error: "refused" } }, ["fail: F"]],
    ["matches without a when", { outcomes: [pass()] }, { "result.json": down }, ["pass: P"]],
    ["reads result.json without a collectorName", { outcomes }, { "result.json": ok }, ["pass: P"]],
    ["finds the folder that the collector's name makes", healthz, { "app/healthz.json": ok }, ["pass: P"]],
    ["reads the folder that is named", { ...healthz, name: "b" }, {
      "a/healthz.json": down,
      "b/healthz.json": ok,
      "healthz.json": down,
    }, ["pass: P"]],
    ["judges every folder, by path", healthz, { "b/healthz.json": ok, "a/healthz.json": down }, ["fail: F", "pass: P"]],
    ["prefers the file outside of folders", healthz, { "healthz.json": ok, "a/healthz.json": down }, ["pass: P"]],
    ["passes over files of other collectors", healthz, {
      "postgres/healthz.json": { isConnected: false, error: "refused" },
      "data/healthz.json": "no JSON",
      "x/healthz.json": [1],
      "y/healthz.json": ok,
    }, ["pass: P"]],
    ["takes wildcards in names as they are", { collectorName: "h*", outcomes }, { "a/hx.json": ok }, [
      "skipped/file-missing: The bundle does not have h*.json, or it is empty",
    ]],
    ["says which file is missing", healthz, {}, [
      "skipped/file-missing: The bundle does not have healthz.json, or it is empty",
    ]],
    ["says which file is missing in a folder", { ...healthz, name: "app" }, { "healthz.json": ok }, [
      "skipped/file-missing: The bundle does not have app/healthz.json, or it is empty",
    ]],
    ["says so when no outcome matches", { outcomes: [fail("error")] }, { "result.json": ok }, [
      "skipped/no-outcome-matched: No outcome of the spec matched the status 200 in result.json",
    ]],
    ["says so when no outcome matches a failure", { outcomes: [pass("statusCode == 200")] }, { "result.json": down }, [
      "skipped/no-outcome-matched: No outcome of the spec matched the failure in result.json: connection refused",
    ]],
    ["fails on a status that is hidden", healthz, { "healthz.json": { response: { status: "***HIDDEN***" } } }, [
      'error: The response in healthz.json of the bundle has no number "status"',
    ]],
    ["fails on a file of another form", healthz, { "healthz.json": [null] }, [
      "error: healthz.json of the bundle holds neither a response nor an error",
    ]],
    ["fails on a file that is no JSON", healthz, { "healthz.json": "<html>" }, [
      "throws: Cannot read healthz.json of the bundle as JSON",
    ]],
    ["refuses a bad when that an earlier outcome hides", { outcomes: [pass(), fail("status == 1")] }, {}, [
      'throws: Cannot read the condition "status == 1": there is no "status", only statusCode (at character 1)',
    ]],
    ["does not leave the bundle", { collectorName: "../../etc/x" }, {}, [
      'throws: The path "../../etc/x.json" would lie outside the bundle',
    ]],
  ];

for (const [name, config, files, expected] of behaviour) {
  Deno.test(`http ${name}`, async () => deepStrictEqual(await verdictsOf(http, config, files), expected));
}

Deno.test("http says where to read on, and where it read", async () =>
  deepStrictEqual(await resultsOf(http, { outcomes: [pass("true", "P", "https://x")] }, { "a/result.json": ok }), [
    { outcome: { status: "pass", message: "P" }, uri: "https://x", evidence: [{ path: "a/result.json" }] },
  ]));

const titles: [config: Record<string, unknown>, title: string][] = [
  [{ checkName: "C", collectorName: "N" }, "C"],
  [{ collectorName: "N" }, "N"],
  [{}, "HTTP Request"],
];
for (const [config, title] of titles) {
  Deno.test(`http has the title ${title}`, () => deepStrictEqual(http.title(http.schema.parse(config)), title));
}
