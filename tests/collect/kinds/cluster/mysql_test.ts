import { mysql } from "../../../../src/collect/kinds/cluster/mysql.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { startMariadb, TEST_MARIADB } from "../../../fixtures/mariadb_server.ts";
import { type Case, checkCase } from "../../databases/database_cases.ts";

const version = /MariaDB/;
const untrusted = /^invalid peer certificate: UnknownIssuer$/;

Deno.test({
  name: "mysql with a real MariaDB that has no TLS (needs mariadbd)",
  ignore: TEST_MARIADB === undefined,
  async fn(t) {
    const { port, socket, password, stop } = await startMariadb();
    try {
      const uri = (settings = "") => `app:${password}@tcp(127.0.0.1:${port})/appdb${settings}`;
      const wrong = "not-the-password";
      const cases: Case[] = [
        ["logs in over TCP", { uri: uri() }, { version }],
        ["logs in over a Unix socket", { uri: `app:${password}@unix(${socket})/` }, { version }],
        ["collects the variables that are asked for, and exist", {
          uri: uri(),
          parameters: ["port", "version_comment_of_nobody", "skip_name_resolve"],
        }, { version, variables: { port: String(port), skip_name_resolve: "ON" } }],
        ["goes on without TLS where it is only preferred", { uri: uri("?tls=preferred") }, { version }],
        ["says that there is no TLS to be had", { uri: uri("?tls=skip-verify") }, {
          error: /does not support secure connection/,
        }],
        ["takes a tls block for a demand", { uri: uri("?tls=preferred"), tls: { skipVerify: true } }, {
          error: /does not support secure connection/,
        }],
        ["says that the password is wrong", { uri: uri().replace(password, wrong) }, {
          error: /^Access denied for user 'app'@/,
        }],
        ["says that the database is not for this user", { uri: uri().replace("appdb", "nope") }, { error: /'nope'/ }],
        ["says that nothing listens", { uri: `app:${wrong}@tcp(127.0.0.1:1)/` }, { error: /ECONNREFUSED/ }],
      ];
      for (const row of cases) await t.step(row[0], () => checkCase(mysql, row, [password, wrong]));
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "mysql with a real MariaDB that has TLS (needs mariadbd and openssl)",
  ignore: TEST_MARIADB === undefined || !hasOpenssl,
  async fn(t) {
    const certificates = await makeCertificates();
    const { port, password, stop } = await startMariadb(certificates);
    try {
      const uri = (user: string, settings = "", host = "127.0.0.1") =>
        `${user}:${password}@tcp(${host}:${port})/${settings}`;
      const { ca: cacert, otherCa, client } = certificates;
      const withClient = { clientCert: client.cert, clientKey: client.key };
      const cases: Case[] = [
        ["takes no TLS unasked", { uri: uri("tlsonly") }, { error: /^Access denied/ }],
        ["takes TLS where it is preferred, unverified", { uri: uri("tlsonly", "?tls=preferred") }, { version }],
        ["tls=skip-verify verifies nothing", { uri: uri("tlsonly", "?tls=skip-verify") }, { version }],
        ["tls=true knows the machine's authorities alone", { uri: uri("tlsonly", "?tls=true") }, { error: untrusted }],
        ["takes the block's authority", { uri: uri("tlsonly"), tls: { cacert } }, { version }],
        ["takes the block's authority, by name", { uri: uri("tlsonly", "", "localhost"), tls: { cacert } }, {
          version,
        }],
        ["refuses another authority", { uri: uri("tlsonly"), tls: { cacert: otherCa } }, { error: untrusted }],
        ["shows a client certificate", { uri: uri("certonly"), tls: { cacert, ...withClient } }, { version }],
        ["shows a client certificate under skipVerify too", {
          uri: uri("certonly"),
          tls: { skipVerify: "true", ...withClient },
        }, { version }],
        ["says that an account without its certificate is denied", { uri: uri("certonly"), tls: { cacert } }, {
          error: /^Access denied/,
        }],
        ["refuses a block that names no authority", { uri: uri("app"), tls: {} }, { error: /neither an authority/ }],
      ];
      const secrets = [password, client.key.split("\n")[1]!];
      for (const row of cases) await t.step(row[0], () => checkCase(mysql, row, secrets));
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "mysql compares the server's name (needs mariadbd and openssl)",
  ignore: TEST_MARIADB === undefined || !hasOpenssl,
  async fn() {
    const certificates = await makeCertificates();
    const { port, password, stop } = await startMariadb({ ...certificates, server: certificates.misnamed });
    try {
      for (const host of ["127.0.0.1", "localhost"]) {
        const uri = `app:${password}@tcp(${host}:${port})/`;
        const misnamed = { error: /certificate|altnames/ };
        await checkCase(mysql, ["", { uri, tls: { cacert: certificates.ca } }, misnamed], [password]);
        await checkCase(mysql, ["", { uri, tls: { skipVerify: true } }, { version }], [password]);
      }
    } finally {
      await stop();
    }
  },
});
