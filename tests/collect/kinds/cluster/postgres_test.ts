import { postgres } from "../../../../src/collect/kinds/cluster/postgres.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { freePort } from "../../../fixtures/server_process.ts";
import { startPostgres, TEST_POSTGRES } from "../../../fixtures/postgres_server.ts";
import { type Case, checkCase } from "../../databases/database_cases.ts";

const version = /^1\d(\.\d+)+$/;
const untrusted = /^invalid peer certificate: UnknownIssuer$/;

Deno.test({
  name: "postgres with a real PostgreSQL that has no TLS (needs initdb)",
  ignore: TEST_POSTGRES === undefined,
  async fn(t) {
    const { port, password, stop } = await startPostgres();
    try {
      const uri = (user: string, settings = "") => `postgres://${user}:${password}@127.0.0.1:${port}/appdb${settings}`;
      const wrong = "not-the-password";
      const cases: Case[] = [
        ["logs in with a URL", { uri: uri("app") }, { version }],
        ["logs in with keywords", {
          uri: `host=127.0.0.1 port=${port} user=app password='${password}' dbname=appdb`,
        }, { version }],
        ["names its file after the collector", { uri: uri("app"), collectorName: "main" }, { version }],
        ["logs in with an MD5 password", { uri: uri("old") }, { version }],
        ["goes on to the next host", {
          uri: uri("app").replace("@", `@127.0.0.1:${freePort()},`),
        }, { version }],
        ["says that the password is wrong", { uri: uri("app").replace(password, wrong) }, {
          error: /^password authentication failed for user "app"$/,
        }],
        ["says that the database does not exist", { uri: uri("app").replace("appdb", "nope") }, {
          error: /^database "nope" does not exist$/,
        }],
        ["says that there is no TLS to be had", { uri: uri("app", "?sslmode=require") }, {
          error: /^The server does not offer TLS$/,
        }],
        ["takes a tls block for a demand", { uri: uri("app"), tls: { skipVerify: true } }, {
          error: /^The server does not offer TLS$/,
        }],
        ["names what each of several hosts said", { uri: `postgres://a:${wrong}@127.0.0.1:1,nowhere.invalid/x` }, {
          error: /ECONNREFUSED 127\.0\.0\.1:1; .*nowhere\.invalid/,
        }],
      ];
      for (const row of cases) await t.step(row[0], () => checkCase(postgres, row, [password, wrong]));
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "postgres with a real PostgreSQL that has TLS (needs initdb and openssl)",
  ignore: TEST_POSTGRES === undefined || !hasOpenssl,
  async fn(t) {
    const certificates = await makeCertificates();
    const { port, password, stop } = await startPostgres(certificates);
    const files = await Deno.makeTempDir();
    try {
      const uri = (user: string, settings = "", host = "127.0.0.1") =>
        `postgres://${user}:${password}@${host}:${port}/appdb${settings}`;
      const { ca: cacert, otherCa, client } = certificates;
      const withClient = { clientCert: client.cert, clientKey: client.key };
      const path = (name: string, text: string) => {
        Deno.writeTextFileSync(`${files}/${name}`, text);
        return encodeURIComponent(`${files}/${name}`);
      };
      const own = `sslrootcert=${path("ca", cacert)}&sslcert=${path("cert", client.cert)}&sslkey=${
        path("key", client.key)
      }`;
      const cases: Case[] = [
        ["takes TLS where it is offered", { uri: uri("tlsonly") }, { version }],
        ["takes none where it is not wanted", { uri: uri("tlsonly", "?sslmode=disable") }, { error: /no encryption/ }],
        ["goes on without TLS where the account may not have it", { uri: uri("plainonly") }, { version }],
        ["goes on with TLS where allow meets an account that needs it", { uri: uri("tlsonly", "?sslmode=allow") }, {
          version,
        }],
        ["require without an authority verifies nothing", { uri: uri("tlsonly", "?sslmode=require") }, { version }],
        ["verify-full knows the machine's authorities alone", { uri: uri("app", "?sslmode=verify-full") }, {
          error: untrusted,
        }],
        ["verify-full takes the block's authority", { uri: uri("app", "?sslmode=verify-full"), tls: { cacert } }, {
          version,
        }],
        ["verify-full by name", { uri: uri("app", "?sslmode=verify-full", "localhost"), tls: { cacert } }, { version }],
        ["a block's authority is checked without an sslmode", { uri: uri("app"), tls: { cacert: otherCa } }, {
          error: untrusted,
        }],
        ["skipVerify wins over verify-full", { uri: uri("app", "?sslmode=verify-full"), tls: { skipVerify: true } }, {
          version,
        }],
        ["shows a client certificate", { uri: uri("certonly"), tls: { cacert, ...withClient } }, { version }],
        ["shows a client certificate under skipVerify too", {
          uri: uri("certonly"),
          tls: { skipVerify: true, ...withClient },
        }, { version }],
        ["says that a client certificate is needed", { uri: uri("certonly"), tls: { cacert } }, {
          error: /valid client certificate/,
        }],
        ["reads the files that the URI names", { uri: uri("certonly", `?sslmode=verify-full&${own}`) }, { version }],
        ["says which file is not there", { uri: uri("app", "?sslmode=verify-ca&sslrootcert=/no/such") }, {
          error: /^Cannot read the PEM file "\/no\/such"/,
        }],
        ["says that a certificate is none", { uri: uri("app"), tls: { cacert: "nonsense" } }, {
          error: /certificate/i,
        }],
        ["says that the password is wrong", { uri: uri("app").replace(password, "not-the-password") }, {
          error: /^password authentication failed for user "app"$/,
        }],
      ];
      const secrets = [password, "not-the-password", client.key.split("\n")[1]!];
      for (const row of cases) await t.step(row[0], () => checkCase(postgres, row, secrets));
    } finally {
      await stop();
      await Deno.remove(files, { recursive: true });
    }
  },
});

Deno.test({
  name: "postgres compares the server's name under verify-full, and not under verify-ca (needs initdb and openssl)",
  ignore: TEST_POSTGRES === undefined || !hasOpenssl,
  async fn() {
    const certificates = await makeCertificates();
    const { port, password, stop } = await startPostgres({ ...certificates, server: certificates.misnamed });
    try {
      const uri = (sslmode: string) => `postgres://app:${password}@127.0.0.1:${port}/appdb?sslmode=${sslmode}`;
      const tls = { cacert: certificates.ca };
      const misnamed = /certificate not valid for name "127\.0\.0\.1"/;
      await checkCase(postgres, ["", { uri: uri("verify-full"), tls }, { error: misnamed }], [password]);
      await checkCase(postgres, ["", { uri: uri("verify-ca"), tls }, { version }], [password]);
    } finally {
      await stop();
    }
  },
});
