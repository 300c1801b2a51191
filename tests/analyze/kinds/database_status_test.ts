import { deepStrictEqual } from "node:assert/strict";
import type { Analyzer } from "../../../src/analyze/analyzer.ts";
import { clickhouse } from "../../../src/analyze/kinds/cluster/clickhouse.ts";
import { mssql } from "../../../src/analyze/kinds/cluster/mssql.ts";
import { mysql } from "../../../src/analyze/kinds/cluster/mysql.ts";
import { postgres } from "../../../src/analyze/kinds/cluster/postgres.ts";
import { redis } from "../../../src/analyze/kinds/cluster/redis.ts";
import { s3Status } from "../../../src/analyze/kinds/cluster/s3_status.ts";
import { fail, pass, resultsOf, verdictsOf, warn } from "../judge_kind.ts";

const up = (version: string) => ({ isConnected: true, version });
const down = { isConnected: false, error: "connection refused" };

const conditions: [analyzer: Analyzer, when: string, data: unknown, holds: boolean][] = [
  [postgres, "connected == true", up("15.4"), true],
  [postgres, "connected = false", up("15.4"), false],
  [postgres, "connected === t", up("15.4"), true],
  [postgres, "connected != true", up("15.4"), false],
  [postgres, "connected !== false", up("15.4"), true],
  [postgres, "connected == false", down, true],
  [postgres, "connected == false", { error: "refused" }, true],
  [postgres, "connected   ==   1", up("15.4"), true],
  [postgres, "version >= 15.0.0", up("15.4"), true],
  [postgres, "version > 15.4", up("15.4"), false],
  [postgres, "version >= 10.x", up("10.1"), true],
  [postgres, "version == 10.x", up("10.0"), true],
  [postgres, "version = 9.x.x", up("9.6.24"), false],
  [postgres, "version < 10.x", up("9.6.24"), true],
  [postgres, "version != 15.4", up("15.4.0"), false],
  [postgres, "version ! 15.4", up("15.5"), true],
  [postgres, "version <= v015.04.0", up("15.4"), true],
  [postgres, "version < 16", up("16.0-rc.1"), true],
  [postgres, "version >= 0", down, false],
  [postgres, "version != 1", down, false],
  [mysql, "version >= 8.0.32", up("8.0.32-0ubuntu0.22.04.2"), true],
  [mysql, "version = 8.0.32", up("8.0.32-0ubuntu0.22.04.2"), true],
  [mysql, "version < 8.0.32", up("8.0.32-24"), false],
  [mysql, "version > 8.0.32-23", up("8.0.32-24"), true],
  [mysql, "version < 8.0.32-1", up("8.0.32"), false],
  [mysql, "version > 10.6", up("10.6.12-MariaDB-1:10.6.12+maria~ubu2004"), true],
  [mysql, "connected == true", up("8.0.32"), true],
  [redis, "version < 7.x", up("6.2.14"), true],
  [redis, "connected == false", down, true],
  [mssql, "version >= 15.0.4261.1", up("16.0.4115.5"), true],
  [mssql, "version === 16.0.4115.5", up("16.0.4115.5"), true],
  [mssql, "version !== 16.0.4115.6", up("16.0.4115.5"), true],
  [mssql, "version == 16.0.4115", up("16.0.4115.5"), false],
  [mssql, "version ~> 16.0.4000", up("16.0.4115.5"), true],
  [mssql, "version ~> 16.0.4200", up("16.0.4115.5"), false],
  [mssql, "version ~> 15.0", up("16.0.4115.5"), false],
  [mssql, "version ~> 16.0.4115.5.1", up("16.0.4115.5"), false],
  [clickhouse, "version <= 24.3.1.2672", up("24.3.1.2672"), true],
  [clickhouse, "version >= 24.X", up("24.3.1.2672"), true],
  [clickhouse, "version > 24.3.1.999", up("24.3.1.2672"), true],
  [clickhouse, "connected == false", down, true],
  [s3Status, "connected == true", { bucketName: "b", isConnected: true }, true],
];

for (const [analyzer, when, data, holds] of conditions) {
  const { kind } = analyzer;
  const config = { outcomes: [pass(when), warn("connected == true"), warn()] };
  Deno.test(`${kind} "${when}" ${holds ? "holds" : "does not hold"} for ${JSON.stringify(data)}`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, config, { [`${kind}/${kind}.json`]: data }), [
      holds ? "pass: P" : "warn: W",
    ]));
}

const mistakes: [analyzer: Analyzer, when: string, problem: string][] = [
  [postgres, "connected", "it is not a name, an operator and a value"],
  [postgres, "connected==false", "it is not a name, an operator and a value"],
  [postgres, "version >= 10 x", "it is not a name, an operator and a value"],
  [postgres, "connected == maybe", '"maybe" is neither true nor false'],
  [postgres, "connected > true", '">" is not an operator here'],
  [postgres, "conected == true", '"conected" cannot be compared here'],
  [postgres, "version == ten", '"ten" is not a version'],
  [postgres, "version === 10", '"===" is not an operator for versions'],
  [redis, "version !== 10", '"!==" is not an operator for versions'],
  [s3Status, "version ~> 10", '"~>" is not an operator for versions'],
  [mysql, "version => 10", '"=>" is not an operator here'],
  [mssql, "version >= x", '"x" is not a version'],
];

for (const [analyzer, when, problem] of mistakes) {
  Deno.test(`${analyzer.kind} refuses "${when}", although an earlier outcome matches`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, { outcomes: [pass(), warn(when)] }, {}), [
      `throws: Cannot read the condition "${when}": ${problem}`,
    ]));
}

const noConnection = { outcomes: [pass("version >= 10.x"), fail("connected == false", "no database")] };

const behaviour: [
  name: string,
  analyzer: Analyzer,
  config: Record<string, unknown>,
  data: unknown,
  expected: string[],
][] = [
  ["says why it failed", postgres, noConnection, down, ["fail: no database connection refused"]],
  ["says why it failed", mssql, noConnection, down, ["fail: no database connection refused"]],
  ["says why it failed", clickhouse, noConnection, down, ["fail: no database connection refused"]],
  ["says why it failed", s3Status, noConnection, down, ["fail: no database connection refused"]],
  ["does not say why", mysql, noConnection, down, ["fail: no database"]],
  ["does not say why", redis, noConnection, down, ["fail: no database"]],
  ["does not say why without a when", postgres, { outcomes: [fail()] }, down, ["fail: F"]],
  ["does not say why where it warns", postgres, { outcomes: [warn("connected == false")] }, down, ["warn: W"]],
  ["has nothing to add without an error", postgres, noConnection, { isConnected: false }, ["fail: no database"]],
  ["takes the warn outcome's own when", mysql, { outcomes: [warn("connected == false"), pass()] }, up("8"), [
    "pass: P",
  ]],
  ["warns", mysql, { outcomes: [warn("version < 9"), pass()] }, up("8"), ["warn: W"]],
  ["says so when no outcome matches", redis, { outcomes: [fail("version < 6")] }, up("7.2.4"), [
    'skipped/no-outcome-matched: No outcome of the spec matched a connection, version "7.2.4"',
  ]],
  ["says so when no outcome matches a failure", redis, { outcomes: [fail("version < 6")] }, down, [
    "skipped/no-outcome-matched: No outcome of the spec matched that there is no connection",
  ]],
  ["says so without outcomes", redis, {}, up("7.2.4"), [
    'skipped/no-outcome-matched: No outcome of the spec matched a connection, version "7.2.4"',
  ]],
  ["cannot compare what is no version", postgres, { outcomes: [fail("version < 6")] }, up("Unknown"), [
    'throws: The version "Unknown" in postgres/postgres.json of the bundle cannot be compared',
  ]],
  ["needs no version that is not asked for", postgres, { outcomes: [pass("connected == true")] }, up("Unknown"), [
    "pass: P",
  ]],
  ["tells that the version is hidden", postgres, { outcomes: [fail("version < 6")] }, up("***HIDDEN***"), [
    "throws: The value in postgres/postgres.json cannot be judged: redaction has hidden it",
  ]],
  ["tells that there is no version", s3Status, { outcomes: [fail("version < 6")] }, { isConnected: true }, [
    "throws: s3Status/s3Status.json of the bundle has no version",
  ]],
  ["needs to know of the connection", mysql, { outcomes: [pass()] }, { isConnected: "***HIDDEN***" }, [
    "throws: mysql/mysql.json of the bundle does not say whether there was a connection",
  ]],
  ["needs an object", mysql, { outcomes: [pass()] }, [], [
    "throws: mysql/mysql.json of the bundle does not say whether there was a connection",
  ]],
  ["needs JSON", mysql, { outcomes: [pass()] }, "{", ["throws: Cannot read mysql/mysql.json of the bundle as JSON"]],
  ["reads the file of its collector", mysql, { collectorName: "db", outcomes: [pass()] }, up("8"), [
    "skipped/file-missing: The bundle does not have mysql/db.json, or it is empty",
  ]],
  ["does not leave the bundle", mysql, { collectorName: "../x" }, up("8"), [
    'throws: The path "mysql/../x.json" would lie outside the bundle',
  ]],
];

for (const [name, analyzer, config, data, expected] of behaviour) {
  const { kind } = analyzer;
  Deno.test(`${kind} ${name}: ${JSON.stringify(config).slice(0, 60)}, ${JSON.stringify(data)}`, async () =>
    deepStrictEqual(await verdictsOf(analyzer, config, { [`${kind}/${kind}.json`]: data }), expected));
}

const titles: [config: Record<string, unknown>, title: string][] = [
  [{ checkName: "C", collectorName: "N" }, "C"],
  [{ collectorName: "N" }, "N"],
  [{}, "postgres"],
];
for (const [config, title] of titles) {
  Deno.test(`postgres has the title ${title}`, () =>
    deepStrictEqual(postgres.title(postgres.schema.parse(config)), title));
}

Deno.test("postgres says where to read on, and where it read", async () =>
  deepStrictEqual(
    await resultsOf(postgres, { collectorName: "db", outcomes: [pass("version > 1", "P", "https://x")] }, {
      "postgres/db.json": up("16.1"),
    }),
    [{ outcome: { status: "pass", message: "P" }, uri: "https://x", evidence: [{ path: "postgres/db.json" }] }],
  ));
