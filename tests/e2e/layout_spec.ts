import { freePort } from "../fixtures/server_process.ts";
import { type LayoutObjects, RESTARTS, SUCCEEDS } from "./layout_cluster.ts";

/** Everything that yields something in the test cluster, and is not slow about it. What cannot be reached is at a port that
 * nothing listens on: its file says so. */
export function collectors({ namespace }: LayoutObjects): unknown[] {
  const closed = freePort();
  const database = (scheme: string) => `${scheme}://u@127.0.0.1:${closed}/db`;
  const timeout = "20s";
  const podSpec = (image: string) => ({ containers: [{ name: "main", image }] });
  const none = "example.com/none";
  return [
    { customMetrics: { metricRequests: [{ resourceMetricName: "pods/requests", namespace: "shop" }] } },
    { logs: { name: "every-logs", namespace, selector: ["app=crashing"] } },
    { logs: { name: "every-logs", namespace, selector: ["app=crashing"], containerNames: ["lost"] } },
    { logs: { name: "every-bad-logs", namespace, selector: ["app in"] } },
    { logs: { namespace: "shop", selector: ["app=db"] } },
    { secret: { namespace: "shop", name: "web-secret" } },
    { secret: { namespace: "shop", name: "web-secret", key: "password" } },
    { secret: { namespace, selector: ["app=layout"], includeAllData: true } },
    { secret: { namespace, name: "lost" } },
    { configMap: { namespace: "shop", name: "web-config", includeAllData: true } },
    { configMap: { namespace: "shop", name: "web-config", key: "feature", includeValue: true } },
    { configMap: { namespace, name: "lost" } },
    { run: { name: "every-run", namespace: "quiet", image: SUCCEEDS, timeout } },
    {
      runPod: {
        name: "every-pod",
        collectorName: "every-named",
        namespace: "quiet",
        podSpec: podSpec(SUCCEEDS),
        timeout,
      },
    },
    { runDaemonSet: { name: "every-set", namespace: "quiet", podSpec: podSpec(RESTARTS), timeout } },
    {
      exec: {
        name: "every-exec",
        namespace: "shop",
        selector: ["statefulset.kubernetes.io/pod-name=db-0"],
        command: ["sh", "-c", "echo out; echo err >&2; exit 3"],
      },
    },
    { data: { name: "every-data", collectorName: "note.txt", data: "hello" } },
    { data: { name: "plain.txt", data: "" } },
    { data: { name: "excluded.txt", data: "hello", exclude: "true" } },
    { copy: { name: "every-copy", namespace: "shop", selector: ["app=db"], containerPath: "/etc/hostname" } },
    { copyFromHost: { name: "every-host", namespace: "quiet", image: none, hostPath: "/etc/hostname", timeout } },
    { collectd: { namespace: "quiet", image: none, hostPath: "/etc", timeout } },
    { http: { name: "every-http", get: { url: `http://127.0.0.1:${closed}/` } } },
    { postgres: { uri: database("postgresql") } },
    { mssql: { uri: `sqlserver://u:p@127.0.0.1:${closed}/db` } },
    { mysql: { uri: `u:p@tcp(127.0.0.1:${closed})/db` } },
    { redis: { collectorName: "every-cache", uri: `redis://127.0.0.1:${closed}` } },
    { clickhouse: { uri: database("clickhouse") } },
    { registryImages: { images: [`127.0.0.1:${closed}/x:1`] } },
    { sysctl: { namespace: "quiet", image: SUCCEEDS, timeout } },
    {
      certificates: {
        secrets: [{ name: "tls", namespaces: [namespace] }],
        configMaps: [{ name: "kube-root-ca.crt", namespaces: [namespace] }],
      },
    },
    { helm: { namespace } },
    { helm: { namespace, releaseName: "web", collectValues: true } },
    { nodeMetrics: {} },
    { dns: { image: SUCCEEDS } },
    { etcd: {} },
    { supportBundleMetadata: { namespace } },
    {
      s3Status: {
        bucketName: "every-bucket",
        endpoint: `http://127.0.0.1:${closed}`,
        accessKeyID: "x",
        secretAccessKey: "y",
        usePathStyle: true,
      },
    },
  ];
}

/** As above, on the host. */
export const HOST_COLLECTORS = [
  { cpu: {} },
  { memory: {} },
  { hostOS: {} },
  { ipv4Interfaces: {} },
  { diskUsage: { collectorName: "root", path: "/" } },
  { run: { collectorName: "echo", command: "echo", args: ["hello"] } },
  { run: { collectorName: "lost", command: "no-such-program" } },
];

/** Files that must be there, beside those of each namespace and kind. */
export const REQUIRED = [
  "version.yaml",
  "MANIFEST.json",
  "analysis.json",
  "execution-data/summary.txt",
  "metadata/user.json",
  "skipped-collectors.json",
  "collector-errors/etcd-error.json",
  "host-collectors/errors/lost-error.json",
  "cluster-info/cluster_version.json",
  "cluster-resources/groups.json",
  "cluster-resources/resources.json",
  "cluster-resources/license.json",
  "cluster-resources/custom-resources/<definition>.json",
  "cluster-resources/custom-resources/widgets.example.com/shop.json",
  "cluster-resources/image-pull-secrets/<namespace>/pull.json",
  "cluster-resources/pods/logs/<namespace>/crashing/init.log",
  "cluster-resources/pods/logs/<namespace>/crashing/restarts.log",
  "cluster-resources/pods/logs/<namespace>/crashing/restarts-previous.log",
  "cluster-resources/pods/logs/quiet/every-run/collector.log",
  "cluster-resources/pods/logs/quiet/every-named/main.log",
  "cluster-resources/pods/logs/shop/db-0/main.log",
  "cluster-resources/pods/logs/shop/db-1/main.log",
  "every-logs/crashing/lost-errors.json",
  "every-bad-logs/errors.json",
  "secrets/shop/web-secret.json",
  "secrets/shop/web-secret/password.json",
  "secrets/<namespace>/tls.json",
  "secrets/<namespace>/lost.json",
  "secrets-errors/<namespace>/lost.json",
  "configmaps/shop/web-config.json",
  "configmaps/shop/web-config/feature.json",
  "configmaps/<namespace>/lost.json",
  "configmaps-errors/<namespace>/lost.json",
  "every-run/every-run.json",
  "every-run/every-run-events.json",
  "every-pod/every-pod.json",
  "every-pod/every-pod-events.json",
  "every-set/node-a.log",
  "every-set/node-c.log",
  "every-exec/shop/db-0/main-stdout.txt",
  "every-exec/shop/db-0/main-stderr.txt",
  "every-exec/shop/db-0/main-errors.json",
  "every-data/note.txt",
  "plain.txt",
  "every-copy/shop/db-0/etc/hostname",
  "every-copy/shop/db-1/etc/hostname",
  "every-http/result.json",
  "postgres/postgres.json",
  "mssql/mssql.json",
  "mysql/mysql.json",
  "redis/every-cache.json",
  "clickhouse/clickhouse.json",
  "registry/images.json",
  "sysctl/node-a",
  "sysctl/node-c",
  "certificates/certificates.json",
  "helm/<namespace>.json",
  "helm/<namespace>/web.json",
  "dns/debug.txt",
  "dns/debug.json",
  "metrics/errors.json",
  "metadata/cluster.json",
  "s3Status/s3Status.json",
  "host-collectors/system/cpu.json",
  "host-collectors/system/memory.json",
  "host-collectors/system/hostos_info.json",
  "host-collectors/system/ipv4Interfaces.json",
  "host-collectors/diskUsage/root.json",
  "host-collectors/run-host/echo.txt",
  "host-collectors/run-host/echo-info.json",
];

/** Links that must be there, and what they show. */
export const REQUIRED_LINKS: Record<string, string> = {
  "cluster-resources/custom-resources/<definition>.yaml": "cluster-resources/custom-resources/<definition>.json",
  "cluster-resources/custom-resources/widgets.example.com/shop.yaml":
    "cluster-resources/custom-resources/widgets.example.com/shop.json",
  "every-logs/crashing/init.log": "cluster-resources/pods/logs/<namespace>/crashing/init.log",
  "every-logs/crashing/restarts.log": "cluster-resources/pods/logs/<namespace>/crashing/restarts.log",
  "every-logs/crashing/restarts-previous.log": "cluster-resources/pods/logs/<namespace>/crashing/restarts-previous.log",
  "db-0/main.log": "cluster-resources/pods/logs/shop/db-0/main.log",
  "db-1/main.log": "cluster-resources/pods/logs/shop/db-1/main.log",
  "every-run/every-run.log": "cluster-resources/pods/logs/quiet/every-run/collector.log",
  "every-pod/every-named.log": "cluster-resources/pods/logs/quiet/every-named/main.log",
};
