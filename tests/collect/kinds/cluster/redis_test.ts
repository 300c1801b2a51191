import { redis } from "../../../../src/collect/kinds/cluster/redis.ts";
import { hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { startRedis, TEST_REDIS } from "../../../fixtures/redis_server.ts";
import { type Case, checkCase } from "../../databases/database_cases.ts";

const version = /^\d+\.\d+\.\d+$/;
const untrusted = /^invalid peer certificate: UnknownIssuer$/;

Deno.test({
  name: "redis with a real Redis that has no TLS (needs redis-server)",
  ignore: TEST_REDIS === undefined,
  async fn(t) {
    const { port, socket, password, stop } = await startRedis();
    try {
      const wrong = "not-the-password";
      const cases: Case[] = [
        ["logs in with a password", { uri: `redis://:${password}@127.0.0.1:${port}` }, { version }],
        ["logs in with a user who may do nothing else", { uri: `redis://app:${password}@127.0.0.1:${port}/0` }, {
          version,
        }],
        ["chooses a database", { uri: `redis://:${password}@127.0.0.1:${port}/3` }, { version }],
        ["says that there is no such database", { uri: `redis://:${password}@127.0.0.1:${port}/99` }, {
          error: /DB index is out of range/,
        }],
        ["logs in over a Unix socket", { uri: `unix://:${password}@${socket}` }, { version }],
        ["says that the password is wrong", { uri: `redis://:${wrong}@127.0.0.1:${port}` }, { error: /^WRONGPASS/ }],
        ["says that a password is needed", { uri: `redis://127.0.0.1:${port}` }, { error: /^NOAUTH/ }],
        ["says that nothing listens", { uri: `redis://:${wrong}@127.0.0.1:1` }, { error: /ECONNREFUSED/ }],
      ];
      for (const row of cases) await t.step(row[0], () => checkCase(redis, row, [password, wrong]));
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "redis with a real Redis that knows no HELLO, as before version 6 (needs redis-server)",
  ignore: TEST_REDIS === undefined,
  async fn() {
    const { port, password, stop } = await startRedis(undefined, { lines: ['rename-command HELLO ""'] });
    try {
      const uri = `redis://:${password}@127.0.0.1:${port}`;
      await checkCase(redis, ["", { uri }, { version }], [password]);
      const wrong = { uri: uri.replace(password, "not-the-password") };
      await checkCase(redis, ["", wrong, { error: /^WRONGPASS/ }], ["not-the-password"]);
    } finally {
      await stop();
    }
  },
});

Deno.test({
  name: "redis with a real Redis that has TLS (needs redis-server and openssl)",
  ignore: TEST_REDIS === undefined || !hasOpenssl,
  async fn(t) {
    const certificates = await makeCertificates();
    const open = await startRedis(certificates);
    const strict = await startRedis(certificates, { clientCertificate: true });
    const misnamed = await startRedis({ ...certificates, server: certificates.misnamed });
    try {
      const uri = ({ password, tlsPort }: typeof open, host = "127.0.0.1") =>
        `rediss://:${password}@${host}:${tlsPort}`;
      const { ca: cacert, otherCa, client } = certificates;
      const withClient = { clientCert: client.cert, clientKey: client.key };
      const cases: Case[] = [
        ["takes the block's authority", { uri: uri(open), tls: { cacert } }, { version }],
        ["takes the block's authority, by name", { uri: uri(open, "localhost"), tls: { cacert } }, { version }],
        ["takes TLS for a tls block also without rediss", {
          uri: uri(open).replace("rediss:", "redis:"),
          tls: { cacert },
        }, { version }],
        ["knows the machine's authorities alone", { uri: uri(open) }, { error: untrusted }],
        ["refuses another authority", { uri: uri(open), tls: { cacert: otherCa } }, { error: untrusted }],
        ["skip_verify verifies nothing", { uri: `${uri(open)}?skip_verify=true` }, { version }],
        ["shows a client certificate", { uri: uri(strict), tls: { cacert, ...withClient } }, { version }],
        ["shows a client certificate under skipVerify too", {
          uri: uri(strict),
          tls: { skipVerify: true, ...withClient },
        }, { version }],
        ["says that a client certificate is needed", { uri: uri(strict), tls: { cacert } }, {
          error: /CertificateRequired/,
        }],
        ["compares the server's name", { uri: uri(misnamed), tls: { cacert } }, {
          error: /not valid for name "127\.0\.0\.1"/,
        }],
        ["refuses a block that names no authority", { uri: uri(open), tls: {} }, { error: /neither an authority/ }],
      ];
      const secrets = [open.password, strict.password, client.key.split("\n")[1]!];
      for (const row of cases) await t.step(row[0], () => checkCase(redis, row, secrets));
    } finally {
      for (const server of [open, strict, misnamed]) await server.stop();
    }
  },
});
