import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { SupportBundleError } from "../../src/core/errors.ts";
import { connectKube } from "../../src/kube/connect.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import type { KubeClient, KubeOptions } from "../../src/kube/kube_client.ts";
import { type ConnectProxy, startConnectProxy, startSocksProxy } from "../fixtures/connect_proxy.ts";
import { randomHex } from "../fixtures/server_process.ts";
import { ManualClock } from "../manual_clock.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const ignore = kubeconfig === "";
/** Windows knows no Unix sockets that fetch could use. */
const noRelay = ignore || Deno.build.os === "windows";

const port = ignore ? "" : new URL((await findKubeTarget({ kubeconfig }, {})).cluster.server).port;
/** In the certificate of the test cluster, and known to the proxy alone. */
const INSIDE = "kubernetes.default.svc";
const inside = { server: `https://${INSIDE}:${port}` };
const ACCOUNT = `app:${randomHex(8)}@x`;

async function withKube(
  options: KubeOptions,
  env: Record<string, string>,
  use: (kube: KubeClient) => Promise<void>,
  clock?: ManualClock,
): Promise<void> {
  const kube = connectKube({ kubeconfig, ...options }, env, { clock });
  try {
    await use(kube);
  } finally {
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
}

async function reaches(kube: KubeClient): Promise<void> {
  const { gitVersion } = await kube.get<{ gitVersion: string }>("/version");
  ok(gitVersion.startsWith("v1."));
}

/** A proxy that knows where the API server is. */
function startInsideProxy(options: { account?: string; answer?: string } = {}): ConnectProxy {
  return startConnectProxy({ hosts: { [INSIDE]: "127.0.0.1", "api.nowhere.example": "127.0.0.1" }, ...options });
}

const withAccount = (url: string) => url.replace("//", `//${ACCOUNT.replace("@", "%40")}@`);

interface Way {
  options?: KubeOptions;
  env(proxy: string): Record<string, string>;
  /** Replaces `proxy-url` of the kubeconfig. */
  named?(proxy: string): string;
  account?: string;
  tunnelled: boolean;
  relay?: boolean;
}

const ways: Record<string, Way> = {
  "through HTTPS_PROXY": { env: (proxy) => ({ HTTPS_PROXY: proxy }), tunnelled: true },
  "through a proxy that is written without http://": {
    env: (proxy) => ({ https_proxy: proxy.replace("http://", "") }),
    tunnelled: true,
  },
  "through a proxy that wants a password": {
    env: (proxy) => ({ HTTPS_PROXY: withAccount(proxy) }),
    account: ACCOUNT,
    tunnelled: true,
  },
  "through proxy-url of the kubeconfig": { env: () => ({}), named: (proxy) => proxy, tunnelled: true },
  "through proxy-url of the kubeconfig, whatever the environment says": {
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: `*,${INSIDE}` }),
    named: withAccount,
    account: ACCOUNT,
    tunnelled: true,
  },
  "through HTTPS_PROXY, under another name of the server's certificate": {
    options: { server: `https://api.nowhere.example:${port}`, tlsServerName: "localhost" },
    env: (proxy) => ({ HTTPS_PROXY: withAccount(proxy) }),
    account: ACCOUNT,
    tunnelled: true,
    relay: true,
  },
  "through HTTPS_PROXY, without verifying the server": {
    options: { server: `https://api.nowhere.example:${port}`, insecureSkipTlsVerify: true },
    env: (proxy) => ({ HTTPS_PROXY: proxy }),
    tunnelled: true,
    relay: true,
  },
  "past HTTPS_PROXY to this machine": {
    options: { server: `https://127.0.0.1:${port}` },
    env: () => ({ HTTPS_PROXY: "http://127.0.0.1:9" }),
    tunnelled: false,
  },
};
for (const [name, { options = {}, env, named, account, tunnelled, relay }] of Object.entries(ways)) {
  Deno.test({
    name: `KubeClient reaches the API server ${name}: requests, and commands over WebSockets`,
    ignore: relay ? noRelay : ignore,
    fn: async () => {
      await using proxy = startInsideProxy({ account });
      await using config = await kubeconfigWith((cluster) => ({
        ...cluster,
        ...(named === undefined ? {} : { "proxy-url": named(proxy.url) }),
      }));
      await withKube({ kubeconfig: config.path, ...inside, ...options }, env(proxy.url), async (kube) => {
        await reaches(kube);
        const pod = await runningPod(kube);
        const result = await kube.exec({ ...pod, command: ["echo", "hello"] });
        strictEqual(new TextDecoder().decode(result.stdout), "hello\n");
        const { stdout, ended } = await kube.execStream({ ...pod, command: ["sh", "-c", "head -c 100000 /dev/zero"] });
        strictEqual((await new Response(stdout as ReadableStream<Uint8Array<ArrayBuffer>>).bytes()).length, 100_000);
        strictEqual((await ended).failure, undefined);
      });
      const host = new URL(options.server ?? inside.server).host;
      deepStrictEqual([...new Set(proxy.tunnels)], tunnelled ? [host] : []);
    },
  });
}

for (const named of [false, true]) {
  Deno.test({
    name: `KubeClient reaches the API server through SOCKS${
      named ? " of the kubeconfig" : ""
    }, which looks up its name`,
    ignore,
    fn: async () => {
      await using proxy = startSocksProxy({ [INSIDE]: "127.0.0.1" });
      await using config = await kubeconfigWith((cluster) => ({
        ...cluster,
        ...(named ? { "proxy-url": proxy.url } : {}),
      }));
      const env: Record<string, string> = named ? {} : { ALL_PROXY: proxy.url };
      await withKube({ kubeconfig: config.path, ...inside }, env, async (kube) => {
        await reaches(kube);
        const pod = await runningPod(kube);
        const result = await kube.exec({ ...pod, command: ["echo", "hello"] });
        strictEqual(new TextDecoder().decode(result.stdout), "hello\n");
      });
      deepStrictEqual([...new Set(proxy.tunnels)], [`${INSIDE}:${port}`]);
    },
  });
}

const exceptions = [INSIDE, `.svc`, `*.default.svc`, `${INSIDE}:${port}`, "*"];
for (const [i, exception] of exceptions.entries()) {
  const shown = exception.replace(port, "PORT");
  Deno.test({
    name: `KubeClient goes past the proxy where NO_PROXY=${shown}`,
    ignore,
    fn: async () => {
      await using proxy = startInsideProxy();
      const env = { HTTPS_PROXY: proxy.url, [i % 2 === 0 ? "NO_PROXY" : "no_proxy"]: exception };
      await withKube(inside, env, async (kube) => {
        // Nobody but the proxy knows this name.
        await rejects(() => kube.get("/version"), (error: Error) => {
          ok(
            /^Cannot reach the API server https:\/\/kubernetes\.default\.svc:\d+: .*(lookup|resolve)/.test(
              error.message,
            ),
            error.message,
          );
          return true;
        });
      });
      deepStrictEqual(proxy.tunnels, []);
    },
  });
}
Deno.test({
  name: "KubeClient goes through the proxy where NO_PROXY names another port",
  ignore,
  fn: async () => {
    await using proxy = startInsideProxy();
    await withKube(inside, { HTTPS_PROXY: proxy.url, NO_PROXY: `${INSIDE}:1` }, reaches);
    ok(proxy.tunnels.length > 0);
  },
});

const refusals: [
  name: string,
  answer: string | undefined,
  account: string | undefined,
  message: RegExp,
  hint: RegExp,
][] = [
  ["wants a password", undefined, ACCOUNT, /: it answered 407 Proxy Authentication Required$/, /USER:PASSWORD@HOST/],
  ["forbids it", "HTTP/1.1 403 Forbidden", undefined, /: it answered 403 Forbidden$/, /Check HTTPS_PROXY.*NO_PROXY/],
  ["cannot get there", "HTTP/1.1 502 Bad Gateway", undefined, /: it answered 502 Bad Gateway$/, /NO_PROXY/],
  ["closes the connection", "", undefined, /: it closed the connection$/, /NO_PROXY/],
  ["is none", "SSH-2.0-OpenSSH_9.2", undefined, /: it does not answer as a proxy$/, /NO_PROXY/],
];
for (const special of [false, true]) {
  for (const [name, answer, account, message, hint] of refusals) {
    Deno.test({
      name: `KubeClient says what is wrong with a proxy that ${name}${special ? " (tls-server-name)" : ""}`,
      ignore: special ? noRelay : ignore,
      fn: async () => {
        await using proxy = startInsideProxy({ answer, account });
        const options = special ? { ...inside, tlsServerName: "localhost" } : inside;
        const wrong = proxy.url.replace("//", "//app:hidden-word@");
        await withKube(
          options,
          { HTTPS_PROXY: wrong },
          (kube) =>
            rejects(() => kube.get("/version"), (error: SupportBundleError) => {
              const start =
                `Cannot reach the API server ${inside.server} through the proxy ${proxy.url} (from HTTPS_PROXY): `;
              ok(error.message.startsWith(start), error.message);
              ok(message.test(error.message), error.message);
              ok(hint.test(error.hint ?? ""), error.hint);
              ok(!`${error.message}${error.hint}`.includes("hidden-word"));
              strictEqual(error.code, "KUBE_UNREACHABLE");
              return error.exitCode === 6;
            }),
        );
      },
    });
  }
}

Deno.test({
  name: "KubeClient gives a proxy that does not answer ten seconds",
  ignore,
  fn: async () => {
    await using proxy = startInsideProxy({ answer: "hang" });
    const clock = new ManualClock();
    await withKube(inside, { HTTPS_PROXY: proxy.url }, async (kube) => {
      const failed = rejects(
        () => kube.get("/version"),
        /through the proxy http:\/\/127\.0\.0\.1:\d+ \(from HTTPS_PROXY\): no connection within 10s$/,
      );
      while (proxy.tunnels.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await clock.advance(10_000);
      await failed;
    }, clock);
  },
});

const unusable: [
  name: string,
  env: Record<string, string>,
  named: string | undefined,
  options: KubeOptions,
  message: RegExp,
  exitCode: number,
][] = [
  ["does not listen", { HTTPS_PROXY: "http://127.0.0.1:9" }, undefined, {}, /\(from HTTPS_PROXY\): .*refused/, 6],
  ["of the kubeconfig does not listen", {}, "http://127.0.0.1:9", {}, /\(from the kubeconfig\): .*refused/, 6],
  [
    "behind SOCKS does not listen",
    { ALL_PROXY: "socks5://127.0.0.1:9" },
    undefined,
    {},
    /socks5:\/\/127\.0\.0\.1:9 \(from ALL_PROXY\): .*refused/,
    6,
  ],
  [
    "is no address",
    { HTTPS_PROXY: "ftp://hidden-word" },
    undefined,
    {},
    /^Cannot use the proxy of HTTPS_PROXY: it is not/,
    1,
  ],
  [
    "of the kubeconfig is no address",
    {},
    "http://",
    {},
    /^Cannot use the proxy of the kubeconfig \(proxy-url\): it is not/,
    1,
  ],
  [
    "is behind SOCKS, and the server verified in a special way",
    { HTTPS_PROXY: "socks5://127.0.0.1:9" },
    undefined,
    { tlsServerName: "localhost" },
    /^Cannot use the proxy socks5:\/\/127\.0\.0\.1:9 together with .*tls-server-name/,
    1,
  ],
];
for (const [name, env, named, options, message, exitCode] of unusable) {
  Deno.test({
    name: `KubeClient says that a proxy ${name}`,
    ignore: options.tlsServerName ? noRelay : ignore,
    fn: async () => {
      await using config = await kubeconfigWith((cluster) => ({ ...cluster, "proxy-url": named }));
      await withKube(
        { kubeconfig: config.path, ...inside, ...options },
        env,
        (kube) =>
          rejects(() => kube.get("/version"), (error: SupportBundleError) => {
            ok(message.test(error.message), error.message);
            ok(!error.message.includes("hidden-word"), error.message);
            ok(error.hint, "there is a hint");
            return error.exitCode === exitCode;
          }),
      );
    },
  });
}

/** The test cluster's kubeconfig with another cluster entry. */
async function kubeconfigWith(
  change: (cluster: Record<string, unknown>) => Record<string, unknown>,
): Promise<AsyncDisposable & { path: string }> {
  const folder = await Deno.makeTempDir({ prefix: "kubeconfig-" });
  const config = JSON.parse(await Deno.readTextFile(kubeconfig));
  for (const entry of config.clusters) entry.cluster = change(entry.cluster);
  const path = join(folder, "config");
  await Deno.writeTextFile(path, JSON.stringify(config), { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

async function runningPod(kube: KubeClient): Promise<{ namespace: string; pod: string; container: string }> {
  for await (const page of kube.list("/api/v1/pods", { fieldSelector: "status.phase=Running" })) {
    const pod = page.items.find((item) => item.status.containerStatuses?.[0]?.ready);
    if (pod === undefined) continue;
    const { name, namespace = "" } = pod.metadata;
    return { namespace, pod: name, container: pod.spec.containers[0].name };
  }
  throw new Error("the cluster has no running pod");
}
