import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { dirname, join } from "node:path";
import type { SupportBundleError } from "../../src/core/errors.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import type { KubeClient, KubeOptions } from "../../src/kube/kube_client.ts";
import { CertificateMaker, HAS_OPENSSL } from "../collect/openssl.ts";
import { startOidcProvider, unsignedToken } from "../fixtures/oidc_provider.ts";
import { ManualClock } from "../manual_clock.ts";
import { openApi } from "./api_gateway.ts";

const admin = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ignore = admin === "";
const posix = ignore || Deno.build.os === "windows"; // for shell scripts
/** The authority of the test cluster signs what a test needs; other clusters keep its key to themselves. */
const caKey = join(dirname(admin), "ca.key");
const canSign = !ignore && HAS_OPENSSL && await Deno.stat(caKey).then(() => true, () => false);

type Json = Record<string, unknown>;

interface Case {
  folder: string;
  /** Writes a kubeconfig for the test cluster, and returns its path. */
  config(user: Json, cluster?: Json): Promise<string>;
  /** Creates a service account and returns a token of it. */
  account(name: string): Promise<string>;
  /** The administrator's certificate and key, and the authority's certificate, as PEM. */
  pem: { cert: string; key: string; ca: string };
  server: string;
}

async function withCase(use: (test: Case) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "accounts-" });
  const api = await openApi(admin);
  const { cluster, user } = await findKubeTarget({ kubeconfig: admin }, {});
  const namespace = `accounts-${crypto.randomUUID().slice(0, 8)}`;
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const data = (value: unknown) => atob(value as string);
  try {
    await api.send("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    await use({
      folder,
      server: cluster.server,
      pem: {
        cert: data(user["client-certificate-data"]),
        key: data(user["client-key-data"]),
        ca: data(cluster["certificate-authority-data"]),
      },
      async config(user, change = {}) {
        const path = join(folder, "config");
        const config = {
          "current-context": "t",
          clusters: [{ name: "t", cluster: { ...cluster, ...change } }],
          users: [{ name: "t", user }],
          contexts: [{ name: "t", context: { cluster: "t", user: "t" } }],
        };
        await Deno.writeTextFile(path, JSON.stringify(config), { mode: 0o600 });
        return path;
      },
      async account(name) {
        await api.send("POST", accounts, { metadata: { name } });
        const request = {
          apiVersion: "authentication.k8s.io/v1",
          kind: "TokenRequest",
          spec: { expirationSeconds: 600 },
        };
        const { status } = await api.send("POST", `${accounts}/${name}/token`, request) as {
          status: { token: string };
        };
        return status.token;
      },
    });
  } finally {
    await api.send("DELETE", `/api/v1/namespaces/${namespace}`);
    api.close();
    await Deno.remove(folder, { recursive: true });
  }
}

async function withKube(
  options: KubeOptions,
  use: (kube: KubeClient) => Promise<void>,
  { env = {}, ...more }: { env?: Record<string, string>; clock?: ManualClock; serviceAccountFolder?: string } = {},
): Promise<void> {
  const kube = connectKube(options, env, more);
  try {
    await use(kube);
  } finally {
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
}

interface UserInfo {
  username: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** Who the API server takes this client for. */
async function whoAmI(kube: KubeClient): Promise<UserInfo> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  return (await kube.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)).status.userInfo;
}

async function nameOf(kube: KubeClient): Promise<string> {
  return (await whoAmI(kube)).username.split(":").at(-1)!;
}

function fails(kube: KubeClient, message: RegExp, hint: RegExp, exitCode: number): Promise<void> {
  return rejects(() => kube.get("/version"), (error: SupportBundleError) => {
    ok(message.test(error.message), error.message);
    ok(hint.test(error.hint ?? ""), `${error.hint} (${error.message})`);
    ok(!error.message.includes("\n"), error.message);
    strictEqual(error.exitCode, exitCode);
    return true;
  });
}

const impersonated: [name: string, options: KubeOptions, expected: Partial<UserInfo>][] = [
  ["as a user", { as: "jane" }, { username: "jane" }],
  ["as a user with a name in another script", { as: "Jürgen 東" }, { username: "Jürgen 東" }],
  ["as a service account", { as: "system:serviceaccount:a:b" }, {
    username: "system:serviceaccount:a:b",
    groups: ["system:authenticated", "system:serviceaccounts", "system:serviceaccounts:a"],
  }],
  ["with groups", { as: "jane", asGroup: ["devs", "ops"] }, {
    groups: ["devs", "ops", "system:authenticated"],
  }],
  ["with a uid", { as: "jane", asUid: "u-7" }, { uid: "u-7" }],
  ["with extra values", { as: "jane", asUserExtra: ["Team=x", "team=y=z", "example.com/scopes(all)=%é"] }, {
    extra: { team: ["x", "y=z"], "example.com/scopes(all)": ["%é"] },
  }],
];
for (const [name, options, expected] of impersonated) {
  Deno.test({
    name: `KubeClient speaks ${name}, as the API server tells`,
    ignore,
    fn: () =>
      withKube({ kubeconfig: admin, ...options }, async (kube) => {
        const info = await whoAmI(kube);
        for (const [key, value] of Object.entries(expected)) {
          const told = info[key as keyof UserInfo];
          deepStrictEqual(Array.isArray(told) ? told.sort() : told, value);
        }
      }),
  });
}

Deno.test({
  name: "KubeClient refuses to impersonate what no header can carry",
  ignore,
  fn: async () => {
    for (const as of ["a\nb", " a", "a\u0000"]) {
      await withKube({ kubeconfig: admin, as }, (kube) => fails(kube, /^Cannot impersonate "/, /--as/, 1));
    }
  },
});

Deno.test({
  name:
    "KubeClient takes authorities from a file with several, certificates and keys from files, and flags before the rest",
  ignore: ignore || !HAS_OPENSSL,
  fn: () =>
    withCase(async ({ folder, pem, config, server }) => {
      await using maker = await CertificateMaker.create();
      const other = await maker.make("other", { subject: "/CN=other", ca: true });
      const write = async (name: string, text: string) => {
        await Deno.writeTextFile(join(folder, name), text, { mode: 0o600 });
        return join(folder, name);
      };
      await write("ca.pem", `# two\n${other.pem}${pem.ca}`);
      const cert = await write("client.pem", pem.cert);
      const key = await write("client.key", pem.key);
      const cluster = { "certificate-authority-data": undefined, "certificate-authority": "ca.pem" };
      const user = { "client-certificate": "client.pem", "client-key": "client.key" };
      await withKube({ kubeconfig: await config(user, cluster) }, async (kube) =>
        strictEqual(await nameOf(kube), "admin"));

      const flags = { server, certificateAuthority: join(folder, "ca.pem"), clientCertificate: cert, clientKey: key };
      await withKube(flags, async (kube) =>
        strictEqual(await nameOf(kube), "admin"), { env: { HOME: folder } });

      const lacks = await config({ "client-certificate": "client.pem" });
      await withKube({ kubeconfig: lacks }, (kube) => fails(kube, /client certificate and no key$/, /--client-key/, 1));
      const wrong = { kubeconfig: admin, clientKey: await write("other.key", other.key) };
      for (const more of [{}, { tlsServerName: "localhost" }]) {
        await withKube({ ...wrong, ...more }, (kube) =>
          fails(kube, /^Cannot use the client certificate: the key does not belong to it$/, /--client-key/, 1));
      }
      const cut = await write("cut.key", pem.key.replace(/\n.{20}/, "\n"));
      await withKube({ kubeconfig: admin, clientKey: cut }, (kube) =>
        fails(kube, /^Cannot use the client certificate: its key cannot be read$/, /--client-key/, 1));
      await maker.openssl("ec", "-in", "other.key", "-aes256", "-passout", "pass:x", "-out", "locked.key");
      await withKube({ kubeconfig: admin, clientKey: join(maker.folder, "locked.key") }, (kube) =>
        fails(kube, /^Cannot use the client key \S+locked\.key: it is encrypted$/, /openssl/, 1));
      await withKube({ kubeconfig: admin, certificateAuthority: await write("x.pem", "hello") }, (kube) =>
        fails(kube, /^Cannot use the certificate authority \S+x\.pem: it is not PEM$/, /-----BEGIN/, 1));
      await withKube({ kubeconfig: admin, certificateAuthority: folder }, (kube) =>
        fails(kube, /^Cannot read the certificate authority \S+: it is a folder$/, /Check the path/, 1));
      await withKube({ kubeconfig: await config({}, { "certificate-authority-data": "???" }) }, (kube) =>
        fails(kube, /^Cannot use the certificate authority of the kubeconfig: it is not base64$/, /PEM/, 1));
      await withKube({ kubeconfig: await config({}, { "certificate-authority-data": btoa(other.pem) }) }, (kube) =>
        fails(
          kube,
          /its certificate is signed by an authority that is not trusted here \(UnknownIssuer\)$/,
          /SSL_CERT_FILE/,
          6,
        ));
    }),
});

Deno.test({
  name: "KubeClient says that the server's certificate has expired, and that a client's has",
  ignore: !canSign,
  fn: () =>
    withCase(async ({ folder, pem, config }) => {
      await using maker = await CertificateMaker.create();
      await Deno.copyFile(caKey, join(maker.folder, "cluster.key"));
      await Deno.writeTextFile(join(maker.folder, "cluster.crt"), pem.ca);
      const issued = { issuer: "cluster", days: -1 };
      const server = await maker.make("server", {
        ...issued,
        subject: "/CN=server",
        names: "IP:127.0.0.1,DNS:localhost",
      });
      const client = await maker.make("client", { ...issued, subject: "/O=system:masters/CN=old" });
      for (const special of [false, true]) {
        const served = Deno.serve(
          { hostname: "127.0.0.1", port: 0, cert: server.pem, key: server.key, onListen: () => {} },
          () => new Response("{}"),
        );
        const options = {
          server: `https://127.0.0.1:${served.addr.port}`,
          ...(special ? { tlsServerName: "localhost" } : {}),
        };
        await withKube({ kubeconfig: admin, ...options }, (kube) =>
          fails(
            kube,
            /^Cannot reach the API server \S+: its certificate has expired$/,
            /Renew the API server's certificate/,
            6,
          ));
        await served.shutdown();
      }
      const user = { "client-certificate": "old.pem", "client-key": "old.key" };
      await Deno.writeTextFile(join(folder, "old.pem"), client.pem);
      await Deno.writeTextFile(join(folder, "old.key"), client.key);
      const kubeconfig = await config(user);
      const answered = /^Cannot get "\/version": the API server answered 401, the client certificate expired at 20\S+Z/;
      await withKube({ kubeconfig }, async (kube) => {
        await fails(kube, answered, /Renew the credentials/, 6);
        // It was renewed meanwhile: the files are read again.
        await Deno.writeTextFile(join(folder, "old.pem"), pem.cert);
        await Deno.writeTextFile(join(folder, "old.key"), pem.key);
        strictEqual(await nameOf(kube), "admin");
      });
    }),
});

Deno.test({
  name: "KubeClient says that a token has expired",
  ignore,
  fn: () =>
    withCase(async ({ config }) => {
      const options = { kubeconfig: await config({}), token: unsignedToken(new Date("2026-01-02T03:04:05Z")) };
      await withKube(options, (kube) =>
        fails(kube, /answered 401, the token expired at 2026-01-02T03:04:05\.000Z/, /Renew the credentials/, 6));
    }),
});

Deno.test({
  name: "KubeClient logs in by an exec plug-in: tokens, certificates, and once more when one is refused",
  ignore: posix,
  fn: () =>
    withCase(async ({ folder, pem, config, account }) => {
      const plugin = join(folder, "plugin");
      await Deno.writeTextFile(plugin, `#!/bin/sh\necho run >> ${folder}/runs\ncat ${folder}/answer\n`, {
        mode: 0o700,
      });
      const answer = (status: Json) =>
        Deno.writeTextFile(join(folder, "answer"), JSON.stringify({ kind: "ExecCredential", status }));
      const runs = async () => (await Deno.readTextFile(join(folder, "runs"))).split("\n").length - 1;
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin", interactiveMode: "Never" };
      const kubeconfig = await config({ exec });
      const env = { PATH: Deno.env.get("PATH") ?? "" };

      await answer({ clientCertificateData: pem.cert, clientKeyData: pem.key });
      await withKube({ kubeconfig }, async (kube) => strictEqual(await nameOf(kube), "admin"), { env });
      strictEqual(await runs(), 1);

      const clock = new ManualClock();
      await answer({ token: "outdated" });
      await withKube({ kubeconfig }, async (kube) => {
        await fails(kube, /answered 401, it does not accept these credentials/, /Renew the credentials/, 6);
        strictEqual(await runs(), 3, "it was asked again");
        const expirationTimestamp = new Date(clock.now().getTime() + 3_600_000).toISOString();
        await answer({ token: await account("first"), expirationTimestamp });
        deepStrictEqual(await Promise.all([nameOf(kube), nameOf(kube), nameOf(kube)]), ["first", "first", "first"]);
        strictEqual(await runs(), 4, "once for all who were refused");

        await answer({ clientCertificateData: pem.cert, clientKeyData: pem.key });
        await clock.advance(3_599_999);
        strictEqual(await nameOf(kube), "first");
        await clock.advance(1);
        strictEqual(await nameOf(kube), "admin", "it expired, and connections are made anew with a certificate");
        strictEqual(await runs(), 5);
      }, { env, clock });

      await Deno.writeTextFile(plugin, "#!/bin/sh\necho 'session ended' >&2\nexit 7\n");
      await withKube({ kubeconfig }, (kube) =>
        fails(
          kube,
          /^Cannot get credentials from the plug-in \S+plugin: it ended with exit code 7 \(session ended\)$/,
          /Log in/,
          6,
        ), {
        env,
      });
    }),
});

Deno.test({
  name: "KubeClient logs in by OIDC, with an id-token that the provider renews",
  ignore,
  fn: () =>
    withCase(async ({ config, account }) => {
      // The API server knows its own tokens, and they have the form of id-tokens.
      const token = await account("jane");
      await using provider = startOidcProvider({ idToken: () => token });
      const kubeconfig = await config({
        "auth-provider": {
          name: "oidc",
          config: {
            "idp-issuer-url": provider.issuer,
            "client-id": "kube",
            "id-token": unsignedToken(new Date("2026-01-01T00:00:00Z")),
            "refresh-token": provider.refreshToken,
          },
        },
      });
      await withKube({ kubeconfig }, async (kube) => strictEqual(await nameOf(kube), "jane"));
      await withKube({ kubeconfig }, async (kube) => strictEqual(await nameOf(kube), "jane"));
      deepStrictEqual(provider.asked, ["body"], "the second client found the new token in the kubeconfig");
    }),
});

Deno.test({
  name: "KubeClient is the pod's account in a cluster, and reads its token again every minute, and when it is refused",
  ignore,
  fn: () =>
    withCase(async ({ folder, pem, server, account }) => {
      const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
      await write("ca.crt", pem.ca);
      await write("namespace", "shop\n");
      await write("token", await account("first"));
      const { hostname, port } = new URL(server);
      const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, HOME: folder };
      const clock = new ManualClock();
      const inCluster = { env, clock, serviceAccountFolder: folder };
      await withKube({}, async (kube) => {
        strictEqual(await kube.contextNamespace(), "shop");
        strictEqual(await nameOf(kube), "first");

        await write("token", await account("second"));
        await clock.advance(59_999);
        strictEqual(await nameOf(kube), "first", "the one that was read serves for a minute");
        await clock.advance(1);
        strictEqual(await nameOf(kube), "second");

        // Kubernetes replaces the file, and in between it may be gone.
        await Deno.remove(join(folder, "token"));
        await clock.advance(60_000);
        strictEqual(await nameOf(kube), "second");

        await write("token", "outdated");
        await clock.advance(60_000);
        await fails(kube, /answered 401, it does not accept these credentials/, /Renew the credentials/, 6);
        await write("token", `${await account("third")}\n`);
        const before = kube.usage.requests;
        strictEqual(await nameOf(kube), "third", "at once: the server refused the other one");
        strictEqual(kube.usage.requests - before, 2);

        await write("token", "outdated");
        await clock.advance(60_000);
        await fails(kube, /answered 401/, /Renew the credentials/, 6);
        await write("token", "");
        await fails(kube, /^Cannot use the token file \S+token: it is empty$/, /Log in again/, 1);
      }, inCluster);

      await Deno.remove(join(folder, "token"));
      await withKube({}, (kube) =>
        fails(kube, /^No cluster is configured: this pod has no service account$/, /automount/, 6), inCluster);
    }),
});
