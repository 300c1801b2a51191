import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { findKubeTarget } from "../../src/kube/kubeconfig.ts";
import type { CostReport } from "../../src/pipeline/cost_report.ts";
import { type End, type FaultyProxy, startFaultyProxy } from "../fixtures/faulty_proxy.ts";
import { createLimitedAccount } from "../fixtures/service_account.ts";
import { BINARY, type Ended, Sandbox } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const ignore = BINARY === undefined || KUBECONFIG === undefined;
const SPEC = `apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata: {name: partial}
spec:
  hostCollectors:
    - memory: {}
  collectors:
    - clusterInfo: {}
    - clusterResources: {}
    - logs: {name: web, namespace: shop, selector: [app=web]}
    - configMap: {namespace: shop, name: web-config}
`;
/** What the API server has said by the time it has answered the first questions and is in the middle of its lists. */
const MIDWAY_BYTES = 60_000;

interface Ran {
  ended: Ended;
  files: Map<string, string>;
  manifest: Manifest;
  seconds: number;
}

async function run(
  sandbox: Sandbox,
  args: string[],
  env: Record<string, string>,
  during?: (child: number) => Promise<void>,
): Promise<Ran> {
  const begun = performance.now();
  const child = sandbox.spawn([...args, "-o", "out", "--interactive=false"], { env });
  await during?.(child.pid);
  const { code, stdout, stderr } = await child.output();
  const seconds = (performance.now() - begun) / 1000;
  const decoder = new TextDecoder();
  const ended = { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  const files = await sandbox.unpack(sandbox.path("out.tar.gz")).catch((error) => {
    throw new Error(`${error.message}; ended with ${code}: ${ended.stderr}`);
  });
  return { ended, files, seconds, manifest: JSON.parse(files.get("MANIFEST.json")!) };
}

const reasonsOf = (
  { manifest }: Ran,
  collector: string,
) => [...new Set(manifest.missing.filter((record) => record.collector === collector).map(({ reason }) => reason))];

/** Runs the spec through a proxy that comes to an end in the middle. */
async function throughProxy(
  end: End,
  args: string[],
  check: (ran: Ran) => void,
  during?: (proxy: FaultyProxy, child: number) => Promise<void>,
): Promise<void> {
  await using sandbox = await Sandbox.create();
  const { cluster } = await findKubeTarget({ kubeconfig: KUBECONFIG }, {});
  const proxy = startFaultyProxy(Number(new URL(cluster.server).port), () => ({ do: "pass" }), end);
  try {
    const server = `https://127.0.0.1:${proxy.port}`;
    const spec = await sandbox.write("spec.yaml", SPEC);
    check(
      await run(
        sandbox,
        [spec, "--server", server, ...args],
        { KUBECONFIG: KUBECONFIG! },
        during && ((child) => during(proxy, child)),
      ),
    );
  } finally {
    await proxy.stop();
  }
}

const accounts: [name: string, args: (folder: string) => string[]][] = [
  ["a spec", (folder) => [join(folder, "spec.yaml")]],
  ["a spec, and says so", (folder) => [join(folder, "spec.yaml"), "--namespace", "shop"]],
  ["auto-discovery", () => ["--auto", "--load-cluster-specs=false"]],
];
for (const [name, args] of accounts) {
  Deno.test({
    name:
      `support-bundle with ${name}, for an account that may only read pods in one namespace, is partial, useful and quick`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      await using account = await createLimitedAccount(KUBECONFIG!);
      const metadata = { name: account.namespace, namespace: "shop" };
      const apiVersion = "rbac.authorization.k8s.io/v1";
      await account.apply([
        {
          apiVersion,
          kind: "Role",
          metadata,
          rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
        },
        {
          apiVersion,
          kind: "RoleBinding",
          metadata,
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account.namespace },
          subjects: [{ kind: "ServiceAccount", name: "collector", namespace: account.namespace }],
        },
      ]);
      // The context names the namespace, as it does for who has no more than one.
      const config = JSON.parse(await Deno.readTextFile(account.kubeconfig));
      config.contexts[0].context.namespace = "shop";
      const kubeconfig = await sandbox.write("kubeconfig", JSON.stringify(config));
      await sandbox.write("spec.yaml", SPEC);

      const ran = await run(sandbox, args(sandbox.folder), { KUBECONFIG: kubeconfig });
      strictEqual(ran.ended.code, 5, ran.ended.stderr);
      match(
        ran.ended.stderr,
        /Error: This account may not read most of what was asked for: .*\n.*`support-bundle rbac`/,
      );
      strictEqual(ran.ended.stderr.match(/Error:/g)?.length, 1);
      // What a limited account can be given in a moment must not take longer than that.
      ok(ran.seconds < 5, `${ran.seconds} s`);

      const pods = JSON.parse(ran.files.get("cluster-resources/pods/shop.json")!);
      ok(pods.items.length > 5);
      match(ran.files.get("cluster-info/cluster_version.json")!, /gitVersion/);
      ok(ran.files.has("host-collectors/system/memory.json"));
      for (const path of ["namespaces", "nodes", "deployments/shop", "events/shop", "clusterroles"]) {
        const why = ran.manifest.missing.find((record) => record.path === `cluster-resources/${path}.json`);
        strictEqual(why?.reason, "forbidden", path);
        match(why.message, /answered 403|may not/);
      }
      const unexplained = ran.manifest.missing.filter(({ reason, message }) =>
        reason !== "forbidden" || message === ""
      );
      deepStrictEqual(unexplained, []);
    },
  });
}

Deno.test({
  name: "support-bundle has what it had when the API server went away in the middle, says so, and ends with 5",
  ignore,
  fn: () =>
    throughProxy({ afterBytes: MIDWAY_BYTES, do: "stop" }, [], (ran) => {
      strictEqual(ran.ended.code, 5, ran.ended.stderr);
      match(ran.ended.stderr, /Error: The API server went away during the run: Cannot reach the API server/);
      ok(ran.seconds < 20, `${ran.seconds} s`);
      ok(ran.files.has("host-collectors/system/memory.json"));
      ok(ran.files.has("cluster-info/cluster_version.json"));
      ok(ran.files.has("cluster-resources/namespaces.json"));
      for (const title of ["cluster-resources", "logs/app=web"]) {
        ok(reasonsOf(ran, title).includes("failed"), `${title}: ${reasonsOf(ran, title)}`);
      }
      strictEqual(ran.manifest.stages.find(({ stage }) => stage === "collect")!.code, "KUBE_UNREACHABLE");
    }),
});

Deno.test({
  name: "support-bundle has what it had when the API server fell silent in the middle, at the deadline of the run",
  ignore,
  fn: () =>
    throughProxy({ afterBytes: MIDWAY_BYTES, do: "freeze" }, ["--timeout", "3s"], (ran) => {
      strictEqual(ran.ended.code, 124, ran.ended.stderr);
      ok(ran.seconds < 15, `${ran.seconds} s`);
      strictEqual(ran.manifest.endedEarly, "deadline");
      ok(ran.files.has("cluster-resources/namespaces.json"));
      for (const title of ["cluster-resources", "logs/app=web", "configmap"]) {
        deepStrictEqual(reasonsOf(ran, title), ["timed-out"], title);
      }
      const cost: CostReport = JSON.parse(ran.files.get("execution-data/cost.json")!);
      ok(cost.collectors.find(({ title }) => title === "cluster-resources")!.requests > 5);
    }),
});

Deno.test({
  name:
    "support-bundle gives a silent API server the time of its collectors, and ends with 5 when it does not come back",
  ignore,
  fn: () =>
    throughProxy({ afterBytes: MIDWAY_BYTES, do: "freeze" }, ["--collector-timeout", "2s"], (ran) => {
      strictEqual(ran.ended.code, 5, ran.ended.stderr);
      match(ran.ended.stderr, /The API server went away during the run: The API server did not answer within 5 s/);
      // Two phases of collectors, and the last question.
      ok(ran.seconds < 25, `${ran.seconds} s`);
      strictEqual(ran.manifest.endedEarly, undefined);
      deepStrictEqual(reasonsOf(ran, "cluster-resources"), ["timed-out"]);
      ok(ran.files.has("cluster-resources/namespaces.json"));
    }),
});

Deno.test({
  name: "support-bundle collects from the host while an API server accepts connections and never answers",
  ignore,
  fn: () =>
    throughProxy({ afterBytes: 0, do: "freeze" }, ["--timeout", "2s"], (ran) => {
      strictEqual(ran.ended.code, 124, ran.ended.stderr);
      ok(ran.seconds < 15, `${ran.seconds} s`);
      ok(ran.files.has("host-collectors/system/memory.json"));
      for (const title of ["cluster-info", "cluster-resources", "logs/app=web", "configmap"]) {
        const { status, message } = ran.manifest.collectors.find((record) => record.title === title)!;
        strictEqual(status, "failed", title);
        match(message!, /The API server did not answer before the deadline of the run passed/);
      }
    }),
});

Deno.test({
  name: "support-bundle finishes a partial bundle at Ctrl-C while the API server is silent",
  ignore,
  fn: () =>
    throughProxy({ afterBytes: MIDWAY_BYTES, do: "freeze" }, [], (ran) => {
      strictEqual(ran.ended.code, 130, ran.ended.stderr);
      ok(ran.seconds < 20, `${ran.seconds} s`);
      strictEqual(ran.manifest.endedEarly, "interrupted");
      ok(ran.files.has("cluster-resources/namespaces.json"));
      deepStrictEqual(reasonsOf(ran, "cluster-resources"), ["interrupted"]);
      deepStrictEqual(reasonsOf(ran, "logs/app=web"), ["interrupted"]);
    }, async (proxy, child) => {
      await proxy.ended;
      Deno.kill(child, "SIGINT");
    }),
});

Deno.test({
  name: "support-bundle --max-file-size bounds each file of a cluster, and the manifest names those that are cut",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await sandbox.write("spec.yaml", SPEC);
    const ran = await run(sandbox, [spec, "--max-file-size", "5kB", "--qps", "200"], { KUBECONFIG: KUBECONFIG! });
    strictEqual(ran.ended.code, 0, ran.ended.stderr);
    const collected = ran.manifest.files.filter(({ collector }) => collector !== "support-bundle");
    for (const { path, bytes } of collected) ok(bytes <= 5_000, `${path}: ${bytes}`);
    const cut = collected.find(({ path }) => path === "cluster-resources/pods/shop.json")!;
    deepStrictEqual(cut.truncated, { limit: "5.0 kB (--max-file-size)" });
    ok(ran.files.get(cut.path)!.endsWith("\n"));
    const cost: CostReport = JSON.parse(ran.files.get("execution-data/cost.json")!);
    const { requests, receivedBytes } = ran.manifest.collectors.find(({ title }) => title === "cluster-resources")!;
    ok(requests! > 30 && receivedBytes! > 50_000);
    strictEqual(
      cost.requests,
      cost.preparation.requests + cost.secretValues!.requests +
        cost.collectors.reduce((sum, { requests }) => sum + requests, 0),
    );
  },
});
