import { clickhouse } from "../../../../src/collect/kinds/cluster/clickhouse.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { startClickhouse, TEST_CLICKHOUSE } from "../../../fixtures/clickhouse_server.ts";
import { freePort } from "../../../fixtures/server_process.ts";
import { type Case, checkCase } from "../../databases/database_cases.ts";

const version = /^\d+\.\d+\.\d+/;
const untrusted = /invalid peer certificate: UnknownIssuer$/;

Deno.test({
  name: "clickhouse with a real ClickHouse that has no TLS (needs clickhouse-server)",
  ignore: TEST_CLICKHOUSE === undefined,
  async fn(t) {
    const { port, httpPort, password, stop } = await startClickhouse();
    try {
      const wrong = "not-the-password";
      const uri = (scheme: string, at: number) => `${scheme}://app:${password}@127.0.0.1:${at}/appdb`;
      const cases: Case[] = [
        ["logs in with the native protocol", { uri: uri("clickhouse", port) }, { version }],
        ["logs in with tcp://", { uri: uri("tcp", port) }, { version }],
        ["takes the account from the settings", {
          uri: `clickhouse://127.0.0.1:${port}?username=app&password=${password}&database=appdb`,
        }, { version }],
        ["goes on to the next host", { uri: uri("clickhouse", port).replace("@", `@127.0.0.1:${freePort()},`) }, {
          version,
        }],
        ["logs in with HTTP", { uri: uri("http", httpPort) }, { version }],
        ["says that the password is wrong", { uri: uri("clickhouse", port).replace(password, wrong) }, {
          error: /^DB::Exception 193: .*Wrong password for user app/,
        }],
        ["says that the password is wrong over HTTP", { uri: uri("http", httpPort).replace(password, wrong) }, {
          error: /^The server answered 401: .*Wrong password/,
        }],
        ["says that the database does not exist", { uri: uri("clickhouse", port).replace("appdb", "nope") }, {
          error: /nope/,
        }],
        ["says that the database does not exist over HTTP", { uri: uri("http", httpPort).replace("appdb", "nope") }, {
          error: /nope/,
        }],
        ["says that the port is the native protocol's", { uri: uri("http", port) }, { error: /clickhouse-client/ }],
        ["says that nothing listens", { uri: uri("clickhouse", 1) }, { error: /ECONNREFUSED/ }],
        ["says that nothing listens over HTTP", { uri: uri("http", 1) }, { error: /refused/ }],
      ];
      for (const row of cases) await t.step(row[0], () => checkCase(clickhouse, row, [password, wrong]));
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "clickhouse with a real ClickHouse that has TLS (needs clickhouse-server and openssl)",
  ignore: TEST_CLICKHOUSE === undefined || !hasOpenssl,
  async fn(t) {
    const certificates = await makeCertificates();
    const open = await startClickhouse(certificates);
    const strict = await startClickhouse(certificates, { clientCertificate: true });
    const misnamed = await startClickhouse({ ...certificates, server: certificates.misnamed });
    try {
      const native = ({ password, tlsPort }: typeof open, settings = "", host = "127.0.0.1") =>
        `clickhouse://app:${password}@${host}:${tlsPort}/appdb${settings}`;
      const https = ({ password, httpsPort }: typeof open) => `https://app:${password}@127.0.0.1:${httpsPort}/appdb`;
      const { ca: cacert, otherCa, client } = certificates;
      const withClient = { clientCert: client.cert, clientKey: client.key };
      const byProtocol = ([["natively", native], ["over HTTPS", https]] as const).flatMap(([how, uri]): Case[] => [
        [`takes the block's authority ${how}`, { uri: uri(open), tls: { cacert } }, { version }],
        [`refuses another authority ${how}`, { uri: uri(open), tls: { cacert: otherCa } }, { error: untrusted }],
        [`verifies nothing under skipVerify ${how}`, { uri: uri(open), tls: { skipVerify: true } }, { version }],
        [`shows a client certificate ${how}`, { uri: uri(strict), tls: { cacert, ...withClient } }, { version }],
        [`shows a client certificate under skipVerify too ${how}`, {
          uri: uri(strict),
          tls: { skipVerify: true, ...withClient },
        }, { version }],
        [`says that a client certificate is needed ${how}`, { uri: uri(strict), tls: { cacert } }, {
          error: /CertificateRequired/,
        }],
        [`compares the server's name ${how}`, { uri: uri(misnamed), tls: { cacert } }, {
          error: /not valid for name "127\.0\.0\.1"/,
        }],
        [`refuses a block that names no authority ${how}`, { uri: uri(open), tls: {} }, {
          error: /neither an authority/,
        }],
      ]);
      const cases: Case[] = [
        ...byProtocol,
        ["takes the block's authority, by name", { uri: native(open, "", "localhost"), tls: { cacert } }, { version }],
        ["secure=true knows the machine's authorities alone", { uri: native(open, "?secure=true") }, {
          error: untrusted,
        }],
        ["skip_verify verifies nothing", { uri: native(open, "?secure=true&skip_verify=true") }, { version }],
        ["https knows the machine's authorities alone", { uri: https(open) }, { error: untrusted }],
      ];
      const secrets = [open.password, strict.password, client.key.split("\n")[1]!];
      for (const row of cases) await t.step(row[0], () => checkCase(clickhouse, row, secrets));
    } finally {
      for (const server of [open, strict, misnamed]) await server.stop();
    }
  },
});
