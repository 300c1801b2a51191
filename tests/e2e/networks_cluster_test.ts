import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import { startConnectProxy } from "../fixtures/connect_proxy.ts";
import { BINARY, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const ignore = BINARY === undefined || KUBECONFIG === undefined;
const windows = Deno.build.os === "windows";
const CLOSED = "http://127.0.0.1:9";

const SPEC = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: network}\nspec:\n" +
  "  collectors:\n    - clusterResources: {namespaces: [shop]}\n" +
  "    - exec: {name: e, namespace: shop, selector: [statefulset.kubernetes.io/pod-name=db-0], command: [echo, hello]}\n" +
  "    - copy: {name: c, namespace: shop, selector: [statefulset.kubernetes.io/pod-name=db-0], containerPath: /etc/hostname}\n";

interface Network {
  env: Record<string, string>;
  args?: string[];
  /** Leaves the cluster's authority out of the kubeconfig. */
  noAuthority?: boolean;
}

/** Collects by the spec above in this network. */
async function collect({ env, args = [], noAuthority }: Network) {
  const sandbox = await Sandbox.create();
  const config = JSON.parse(await Deno.readTextFile(KUBECONFIG!));
  const cluster = config.clusters[0].cluster;
  const authority = await sandbox.write("ca.pem", atob(cluster["certificate-authority-data"]));
  if (noAuthority) delete cluster["certificate-authority-data"];
  const kubeconfig = await sandbox.write("kubeconfig", JSON.stringify(config));
  await sandbox.write("spec.yaml", SPEC);
  const withAuthority = Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value.replace("CA", authority)]),
  );
  const folder = sandbox.path("tmp");
  await Deno.mkdir(folder);
  const ended = await sandbox.run(
    ["spec.yaml", "-o", "x", "--interactive=false", "--kubeconfig", kubeconfig, ...args],
    {
      env: { ...withAuthority, TMPDIR: folder },
    },
  );
  deepStrictEqual([...Deno.readDirSync(folder)], [], "nothing is left among temporary files");
  return { sandbox, ended };
}

async function holdsEverything(sandbox: Sandbox): Promise<void> {
  const files = await sandbox.unpack(sandbox.path("x.tar.gz"));
  ok(files.has("cluster-resources/pods/shop.json"));
  strictEqual(files.get("e/shop/db-0/main-stdout.txt"), "hello\n");
  ok(files.has("c/shop/db-0/etc/hostname"), [...files.keys()].filter((path) => path.startsWith("c/")).join());
}

const server = ignore
  ? new URL("https://127.0.0.1")
  : new URL((await findKubeTarget({ kubeconfig: KUBECONFIG }, {})).cluster.server);
const inside = `https://kubernetes.default.svc:${server.port}`;

const authorities: [name: string, env: Record<string, string>, trusted: boolean][] = [
  ["SSL_CERT_FILE", { SSL_CERT_FILE: "CA" }, true],
  ["nothing that says so", {}, false],
  ["an SSL_CERT_FILE that is not there", { SSL_CERT_FILE: "/nonexistent/ca.pem" }, false],
];
for (const [name, env, trusted] of authorities) {
  Deno.test({
    name: `support-bundle ${trusted ? "trusts" : "does not trust"} an authority of the machine by ${name}`,
    ignore,
    fn: async () => {
      const { sandbox, ended } = await collect({ env, noAuthority: true });
      await using _ = sandbox;
      if (trusted) {
        strictEqual(ended.code, 0, ended.stderr);
        return await holdsEverything(sandbox);
      }
      strictEqual(ended.code, 6, ended.stderr);
      match(
        ended.stderr,
        /^Error: Cannot reach the API server https:\S+: its certificate is signed by an authority that is not trusted here \(UnknownIssuer\)\n {2}.*SSL_CERT_FILE\n$/,
      );
    },
  });
}

const ways: [
  name: string,
  proxyEnv: (proxy: string) => Record<string, string>,
  args: string[],
  tunnels: string[],
  relay?: boolean,
][] = [
  ["through HTTPS_PROXY", (proxy) => ({ HTTPS_PROXY: proxy }), ["--server", inside], ["kubernetes.default.svc"]],
  [
    "through HTTPS_PROXY to a server with another name",
    (proxy) => ({ https_proxy: proxy }),
    ["--server", `https://api.nowhere.example:${server.port}`, "--tls-server-name", "localhost"],
    ["api.nowhere.example"],
    true,
  ],
  ["past HTTPS_PROXY to this machine", () => ({ HTTPS_PROXY: CLOSED }), [], []],
];
for (const [name, proxyEnv, args, tunnels, relay] of ways) {
  Deno.test({
    name: `support-bundle collects ${name}`,
    ignore: ignore || (relay === true && windows),
    fn: async () => {
      const account = `app:${crypto.randomUUID()}`;
      await using proxy = startConnectProxy({
        account,
        hosts: { "kubernetes.default.svc": "127.0.0.1", "api.nowhere.example": "127.0.0.1" },
      });
      const { sandbox, ended } = await collect({ env: proxyEnv(proxy.url.replace("//", `//${account}@`)), args });
      await using _ = sandbox;
      strictEqual(ended.code, 0, ended.stderr);
      await holdsEverything(sandbox);
      deepStrictEqual([...new Set(proxy.tunnels.map((tunnel) => tunnel.split(":")[0]))], tunnels);
      const files = await sandbox.unpack(sandbox.path("x.tar.gz"));
      for (const [path, text] of files) ok(!text.includes(account), path);
    },
  });
}

const verified: [name: string, args: string[]][] = [
  ["without verification", ["--insecure-skip-tls-verify"]],
  ["under another name", ["--tls-server-name", "localhost"]],
  ["as usual", []],
];
for (const [name, args] of verified) {
  Deno.test({
    name: `support-bundle says nothing in the clear where NO_PROXY names the server: ${name}`,
    ignore: ignore || windows,
    fn: async () => {
      await using listener = startListening();
      const env = { HTTPS_PROXY: CLOSED, HTTP_PROXY: CLOSED, NO_PROXY: "127.0.0.1" };
      const { sandbox, ended } = await collect({
        env,
        args: [...args, "--server", `https://127.0.0.1:${listener.port}`],
      });
      await using _ = sandbox;
      strictEqual(ended.code, 0, ended.stderr);
      await holdsEverything(sandbox);
      ok(listener.firstBytes.size > 0);
      deepStrictEqual([...listener.firstBytes], [0x16], "every connection begins with a TLS handshake");
    },
  });
}

/** Stands before the API server and notes how each connection begins. */
function startListening(): AsyncDisposable & { port: number; firstBytes: Set<number> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const firstBytes = new Set<number>();
  const relaying = new Set<Promise<void>>();
  const relay = async (near: Deno.Conn) => {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: Number(server.port) });
    const noting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (!seen) firstBytes.add(chunk[0]!);
        seen = true;
        controller.enqueue(chunk);
      },
    });
    let seen = false;
    await Promise.allSettled([
      near.readable.pipeThrough(noting).pipeTo(far.writable),
      far.readable.pipeTo(near.writable),
    ]);
  };
  const accepting = (async () => {
    for await (const near of listener) {
      const relayed = relay(near).finally(() => relaying.delete(relayed));
      relaying.add(relayed);
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    firstBytes,
    async [Symbol.asyncDispose]() {
      listener.close();
      await Promise.allSettled([accepting, ...relaying]);
    },
  };
}
