import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { clusterCollectors, KNOWN_CLUSTER_KINDS } from "../../src/collect/registry.ts";
import { labelled } from "./labelled.ts";
import { freePort, randomHex } from "../fixtures/server_process.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const KUBECONFIG = Deno.env.get("TEST_KUBECONFIG");
const COLLECTOR_TIMEOUT_S = 20;

/** What one kind is asked, and what that must leave in the bundle: `file` files whose documented path matches, `reason` a
 * reason in the manifest, `either` one of both, where that depends on what the simulated nodes can do. */
interface Row {
  config: unknown;
  path: RegExp;
  leaves: "file" | "reason" | "either";
  /** What one of these files has in it: proof that the packages of this kind work in the compiled binary. */
  text?: RegExp;
}

const CLOSED = freePort();
const CONTAINER = { name: "main", image: "simulate.example/succeed", command: ["true"] };
const PASSWORD = randomHex(8);

/** Every kind once. Databases, registries and S3 are asked for at a port that nothing listens on. */
const rows: Record<string, Row> = {
  clusterInfo: { config: {}, path: /^cluster-info\/cluster_version\.json$/, leaves: "file" },
  clusterResources: { config: {}, path: /^cluster-resources\/pods\/shop\.json$/, leaves: "file" },
  customMetrics: {
    config: { metricRequests: [{ resourceMetricName: "pods/requests", namespace: "shop" }] },
    path: /^metrics\/errors\.json$/, // there is no adapter
    leaves: "file",
  },
  secret: {
    config: { name: "web-secret", namespace: "shop" },
    path: /^secrets\/shop\/web-secret\.json$/,
    leaves: "file",
  },
  configMap: {
    config: { name: "web-config", namespace: "shop" },
    path: /^configmaps\/shop\/web-config\.json$/,
    leaves: "file",
  },
  logs: {
    config: { name: "every/logs", namespace: "shop", selector: ["statefulset.kubernetes.io/pod-name=db-0"] },
    path: /^cluster-resources\/pods\/logs\/shop\/db-0\/main\.log$/,
    leaves: "file",
  },
  run: {
    config: { name: "every-run", namespace: "quiet", image: CONTAINER.image, timeout: "10s" },
    path: /^cluster-resources\/pods\/logs\/quiet\/every-run\/collector\.log$|^every-run\//,
    leaves: "either",
  },
  runPod: {
    config: { name: "every-pod", namespace: "quiet", podSpec: { containers: [CONTAINER] }, timeout: "10s" },
    path: /^cluster-resources\/pods\/logs\/quiet\/every-pod\/main\.log$|^every-pod\//,
    leaves: "either",
  },
  runDaemonSet: {
    config: { name: "every-set", namespace: "quiet", podSpec: { containers: [CONTAINER] }, timeout: "10s" },
    path: /^every-set\/[^/]+\.log$/,
    leaves: "either",
  },
  exec: {
    config: {
      name: "every/exec",
      namespace: "shop",
      selector: ["statefulset.kubernetes.io/pod-name=db-0"],
      command: ["echo", "hello"],
    },
    path: /^every\/exec\/shop\/db-0\/main-stdout\.txt$/,
    leaves: "file",
  },
  data: {
    config: { name: "every", collectorName: "note.txt", data: "hello" },
    path: /^every\/note\.txt$/,
    leaves: "file",
  },
  copy: {
    config: {
      name: "every/copy",
      namespace: "shop",
      selector: ["statefulset.kubernetes.io/pod-name=db-0"],
      containerPath: "/etc/hostname",
    },
    path: /^every\/copy\/shop\/db-0\/etc\/hostname(-errors\.json)?$/,
    leaves: "either",
  },
  copyFromHost: {
    config: { name: "every/host", image: "simulate.example/none", hostPath: "/etc/hostname", timeout: "10s" },
    path: /^every\/host\/[^/]+\//,
    leaves: "either",
  },
  http: {
    config: { name: "every/http", get: { url: `http://127.0.0.1:${CLOSED}/` } },
    path: /^every\/http\/result\.json$/,
    leaves: "file",
  },
  postgres: {
    config: { uri: `postgresql://u:${PASSWORD}@127.0.0.1:${CLOSED}/db` },
    path: /^postgres\/postgres\.json$/,
    leaves: "file",
  },
  mssql: {
    config: { uri: `sqlserver://u:${PASSWORD}@127.0.0.1:${CLOSED}/master` },
    path: /^mssql\/mssql\.json$/,
    leaves: "file",
  },
  mysql: { config: { uri: `u:${PASSWORD}@tcp(127.0.0.1:${CLOSED})/db` }, path: /^mysql\/mysql\.json$/, leaves: "file" },
  redis: { config: { uri: `redis://u:${PASSWORD}@127.0.0.1:${CLOSED}` }, path: /^redis\/redis\.json$/, leaves: "file" },
  clickhouse: {
    config: { uri: `clickhouse://u:${PASSWORD}@127.0.0.1:${CLOSED}/db` },
    path: /^clickhouse\/clickhouse\.json$/,
    leaves: "file",
  },
  collectd: {
    config: { namespace: "quiet", image: "simulate.example/none", hostPath: "/var/lib/collectd/rrd", timeout: "10s" },
    path: /^collectd\/rrd\/[^/]+\//,
    leaves: "either",
  },
  ceph: { config: {}, path: /^ceph\//, leaves: "reason" },
  longhorn: { config: {}, path: /^longhorn\//, leaves: "reason" },
  registryImages: { config: { images: [`127.0.0.1:${CLOSED}/x:1`] }, path: /^registry\/images\.json$/, leaves: "file" },
  sysctl: {
    config: { namespace: "quiet", image: "simulate.example/none", timeout: "10s" },
    path: /^sysctl\/node-.$/,
    leaves: "either",
  },
  certificates: {
    config: { configMaps: [{ name: "kube-root-ca.crt", namespaces: ["shop"] }] },
    path: /^certificates\/certificates\.json$/,
    leaves: "file",
    text: /"isCA": true/,
  },
  helm: { config: {}, path: /^helm\//, leaves: "reason" },
  goldpinger: {
    config: { namespace: "quiet", collectDelay: "0s" },
    path: /^goldpinger\/(check_all\.json|error\.txt)$/,
    leaves: "either",
  },
  sonobuoy: { config: {}, path: /^sonobuoy\//, leaves: "reason" },
  nodeMetrics: { config: {}, path: /^node-metrics\/node-.\.json$/, leaves: "reason" },
  dns: { config: { timeout: "10s" }, path: /^dns\/debug\.(txt|json)$/, leaves: "either" },
  etcd: { config: {}, path: /^etcd\//, leaves: "reason" },
  supportBundleMetadata: { config: { namespace: "quiet" }, path: /^metadata\/cluster\.json$/, leaves: "reason" },
  s3Status: {
    config: {
      bucketName: "every-bucket",
      endpoint: `http://127.0.0.1:${CLOSED}`,
      accessKeyID: randomHex(8),
      secretAccessKey: PASSWORD,
      usePathStyle: true,
    },
    path: /^s3Status\/s3Status\.json$/,
    leaves: "file",
    text: /refused/i,
  },
};

Deno.test("the spec below names every kind of cluster collector once", () => {
  deepStrictEqual(Object.keys(rows), KNOWN_CLUSTER_KINDS);
});

Deno.test({
  name: "support-bundle with every kind of cluster collector says of each what it left, or why not, and cleans up",
  ignore: BINARY === undefined || KUBECONFIG === undefined,
  async fn(test) {
    await using sandbox = await Sandbox.create();
    const before = await labelled(KUBECONFIG, CREATED);
    const spec = {
      apiVersion: "troubleshoot.sh/v1beta2",
      kind: "SupportBundle",
      metadata: { name: "everything" },
      spec: { collectors: Object.entries(rows).map(([kind, { config }]) => ({ [kind]: config })) },
    };
    const archive = sandbox.path("everything.tar.gz");
    const ended = await sandbox.run(
      [
        await sandbox.write("spec.json", JSON.stringify(spec)),
        ...["--output", archive, "--interactive=false", "--timeout", "5m"],
        ...["--collector-timeout", `${COLLECTOR_TIMEOUT_S}s`],
      ],
      { env: { KUBECONFIG: KUBECONFIG! } },
    );
    ok(ended.code === 0 || ended.code === 5, `ended with ${ended.code}: ${ended.stderr}`);
    const files = await sandbox.unpack(archive);
    const manifest: Manifest = JSON.parse(files.get("MANIFEST.json")!);
    strictEqual(manifest.endedEarly, undefined);

    for (const [kind, { config, path, leaves, text }] of Object.entries(rows)) {
      await test.step(kind, () => {
        const unit = clusterCollectors.find((each) => each.kind === kind);
        // What this version cannot run has its kind in the place of a title.
        const title = unit === undefined ? kind : unit.title(unit.schema.parse(config));
        const left = manifest.files.filter((file) => file.collector === title && path.test(file.path));
        const reasons = manifest.missing.filter(({ collector, message }) => collector === title && message !== "");
        const told = JSON.stringify({ title, reasons, files: manifest.files.filter((f) => f.collector === title) });
        if (unit === undefined) return strictEqual(reasons[0]?.reason, "not-supported", told);
        for (const file of left) ok(files.has(file.path), `${file.path} is in the archive`);
        if (text !== undefined) ok(left.some((file) => text.test(files.get(file.path)!)), `${text} in ${told}`);
        if (leaves === "file") ok(left.length > 0, told);
        else if (leaves === "reason") ok(reasons.length > 0, told);
        else ok(left.length > 0 || reasons.length > 0, told);
        const record = manifest.collectors.find((each) => each.title === title);
        // Some seconds more for a collector that cleans up, or is left behind.
        ok(record!.durationMs < (COLLECTOR_TIMEOUT_S + 5) * 1000, `${record!.durationMs} ms`);
      });
    }

    await test.step("no secret of the spec is in the bundle", () => {
      for (const [path, text] of files) ok(!text.includes(PASSWORD), path);
    });
    await test.step("nothing that was created stays in the cluster", async () => {
      let left: string[] = [];
      await until("what was created is gone", async () => {
        left = (await labelled(KUBECONFIG, CREATED)).filter((object) => !before.includes(object));
        return left.length === 0 ? true : undefined;
      }, 60_000).catch((error) => {
        throw new Error(`${error.message}: ${left.join(", ")}`);
      });
    });
  },
});

/** What collectors create, all over the cluster. */
const CREATED = [
  ...["pods", "secrets", "configmaps", "services", "serviceaccounts"].map((resource) => `/api/v1/${resource}`),
  "/apis/apps/v1/daemonsets",
  "/apis/rbac.authorization.k8s.io/v1/roles",
  "/apis/rbac.authorization.k8s.io/v1/rolebindings",
];
