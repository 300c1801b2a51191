import { deepStrictEqual } from "node:assert/strict";
import { join } from "node:path";
import { mssql, mssqlVersion } from "../../../../src/collect/kinds/cluster/mssql.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { findProgram, freePort, randomHex, startServer } from "../../../fixtures/server_process.ts";
import { startScriptedSqlServer } from "../../../fixtures/scripted_sql_server.ts";
import { type Case, checkCase } from "../../databases/database_cases.ts";

const versions = [
  ["Microsoft SQL Server 2022 (RTM-CU12) (KB5033663) - 16.0.4115.5 (X64) \n\tMar  4 2024 08:56:10", "16.0.4115.5"],
  ["Microsoft SQL Server 2017 (RTM) - 14.0.1000.169 (X64)", "14.0.1000.169"],
  ["Microsoft SQL Azure (RTM) - 12.0.2000.8", "12.0.2000.8"],
] as const;
for (const [text, version] of versions) {
  Deno.test(`mssqlVersion() finds ${version}`, () => deepStrictEqual(mssqlVersion(text), { version }));
}
Deno.test("mssqlVersion() says that a version is in no known form", () => {
  deepStrictEqual(mssqlVersion("Something 1.2"), {
    version: "Unknown",
    error: "The version is in no known form: Something 1.2",
  });
});

Deno.test("mssql with a scripted server, since no real SQL Server was to be had", async (t) => {
  const password = randomHex(12);
  await using server = startScriptedSqlServer({ user: "sa", password, answer: versions[0][0] });
  const { port } = server;
  const wrong = "not-the-password";
  const version = /^16\.0\.4115\.5$/;
  const cases: Case[] = [
    ["logs in with a URL", { uri: `sqlserver://sa:${password}@127.0.0.1:${port}?encrypt=disable` }, { version }],
    [
      "logs in with ADO settings",
      { uri: `server=127.0.0.1,${port};user id=sa;password="${password}";encrypt=disable` },
      {
        version,
      },
    ],
    ["goes on without TLS where the URI does not ask for it", { uri: `sqlserver://sa:${password}@127.0.0.1:${port}` }, {
      version,
    }],
    ["says that there is no TLS to be had", { uri: `sqlserver://sa:${password}@127.0.0.1:${port}?encrypt=true` }, {
      error: /does not offer encryption/,
    }],
    ["takes a tls block for a demand", {
      uri: `sqlserver://sa:${password}@127.0.0.1:${port}`,
      tls: { skipVerify: true },
    }, { error: /does not offer encryption/ }],
    ["says that the password is wrong", { uri: `sqlserver://sa:${wrong}@127.0.0.1:${port}?encrypt=disable` }, {
      error: /^Login failed for user 'sa'\.$/,
    }],
    ["says that nothing listens", { uri: `sqlserver://sa:${wrong}@127.0.0.1:1` }, { error: /ECONNREFUSED/ }],
  ];
  for (const row of cases) await t.step(row[0], () => checkCase(mssql, row, [password, wrong]));
  deepStrictEqual(new Set(server.queries.filter((query) => !query.startsWith("set "))), new Set(["SELECT @@VERSION"]));
});

/** Microsoft's own stand-in for a SQL Server: `cargo install mssql-mock-tds`. It has TLS, no texts, and takes any
 * password. */
const MOCK_TDS = findProgram("mssql-mock-tds", "TEST_MSSQL_MOCK_TDS");

Deno.test({
  name: "mssql with Microsoft's mock server and TLS, no real SQL Server (needs mssql-mock-tds and openssl)",
  ignore: MOCK_TDS === undefined || !hasOpenssl,
  async fn(t) {
    const { ca: cacert, otherCa, server } = await makeCertificates();
    const start = async (mode: string) => {
      const folder = await Deno.makeTempDir();
      const port = freePort();
      await Deno.writeTextFile(join(folder, "cert"), server.cert);
      await Deno.writeTextFile(join(folder, "key"), server.key);
      const files = ["--cert", join(folder, "cert"), "--key", join(folder, "key")];
      const command = [MOCK_TDS!, "--port", String(port), "--tls-mode", mode, ...files];
      return { port, ...await startServer(folder, command, [port]) };
    };
    const wrapped = await start("optional");
    const strict = await start("strict");
    try {
      const password = randomHex(12);
      const uri = ({ port }: typeof strict, encrypt: string) =>
        `sqlserver://sa:${password}@127.0.0.1:${port}?encrypt=${encrypt}`;
      const connected = { version: /^Unknown$/, error: /no known form/ };
      const untrusted = { error: /invalid peer certificate: UnknownIssuer/ };
      const cases: Case[] = [
        ["takes TLS unasked", { uri: `sqlserver://sa:${password}@127.0.0.1:${wrapped.port}` }, connected],
        ["encrypt=true knows the machine's authorities alone", { uri: uri(wrapped, "true") }, untrusted],
        ["TrustServerCertificate verifies nothing", {
          uri: `${uri(wrapped, "true")}&TrustServerCertificate=true`,
        }, connected],
        ["takes the block's authority", { uri: uri(wrapped, "true"), tls: { cacert } }, connected],
        ["refuses another authority", { uri: uri(wrapped, "true"), tls: { cacert: otherCa } }, untrusted],
        ["verifies nothing under skipVerify", { uri: uri(wrapped, "true"), tls: { skipVerify: true } }, connected],
        ["begins with TLS where it is strict", { uri: uri(strict, "strict"), tls: { cacert } }, connected],
        [
          "refuses another authority where it is strict",
          { uri: uri(strict, "strict"), tls: { cacert: otherCa } },
          untrusted,
        ],
      ];
      for (const row of cases) await t.step(row[0], () => checkCase(mssql, row, [password]));
    } finally {
      await wrapped.stop();
      await strict.stop();
    }
  },
});
