import type { Finding } from "../../src/analyze/analyzer.ts";
import type { Manifest } from "../../src/bundle/manifest.ts";
import type { RedactionReport } from "../../src/bundle/redaction_report.ts";
import type { ReportInput } from "../../src/report/report_data.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";

/** What somebody who wants to do harm, or has odd names, puts wherever a text can be. */
export const HOSTILE = `<script>alert(1)</script><img src=x onerror=alert(2)>" onfocus="alert(3)' \u202egnp.exe`;
export const ENDED_AT = "2026-03-02T08:30:00Z";

const minutesBefore = (minutes: number) => new Date(Date.parse(ENDED_AT) - minutes * 60_000).toISOString();

export function pod(name: string, status: unknown, { namespace = "shop", image = "shop/web:2.4" } = {}) {
  return {
    kind: "Pod",
    metadata: { name, namespace },
    spec: { nodeName: "node-2", containers: [{ name: "main", image }] },
    status,
  };
}

export function running(restartCount = 0) {
  return { phase: "Running", containerStatuses: [{ name: "main", ready: true, restartCount, state: { running: {} } }] };
}

export function crashing(restartCount: number, minutes: number, reason = "Error", exitCode = 1) {
  return {
    phase: "Running",
    containerStatuses: [{
      name: "main",
      ready: false,
      restartCount,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { finishedAt: minutesBefore(minutes), reason, exitCode } },
    }],
  };
}

export function event(
  minutes: number,
  [type, reason, name, message]: readonly [type: string, reason: string, name: string, message: string],
  more: Record<string, unknown> = {},
) {
  const involvedObject = { kind: "Pod", namespace: "shop", name };
  return { kind: "Event", type, reason, message, involvedObject, lastTimestamp: minutesBefore(minutes), ...more };
}

function node(name: string, conditions: Record<string, string>, spec = {}) {
  return {
    metadata: { name },
    spec,
    status: {
      nodeInfo: { kubeletVersion: "v1.31.4" },
      conditions: Object.entries(conditions).map(([type, status]) => ({ type, status, reason: `Kubelet${type}` })),
    },
  };
}

const list = (...items: unknown[]) => ({ kind: "List", items });

const FILES: Record<string, unknown> = {
  "cluster-info/cluster_version.json": { info: { gitVersion: "v1.31.4" }, string: "v1.31.4" },
  "cluster-resources/nodes.json": list(
    node("node-1", { Ready: "True", MemoryPressure: "False" }),
    node("node-2", { Ready: "True", DiskPressure: "True" }),
    node("node-3", { Ready: "Unknown" }, { unschedulable: true }),
  ),
  "cluster-resources/namespaces.json": list(
    { metadata: { name: "shop" } },
    { metadata: { name: "old" }, status: { phase: "Terminating" } },
  ),
  "cluster-resources/pods/shop.json": list(
    pod("web-1", running()),
    pod("web-2", crashing(41, 3, "OOMKilled", 137)),
    pod("worker-1", crashing(7, 20), { image: "shop/worker:1.9" }),
    pod("cart-0", { phase: "Pending" }, { image: "shop/cart:1.0" }),
    pod("migrate-x", { phase: "Succeeded" }),
    ...Array.from({ length: 18 }, (_, i) => pod(`web-${i + 3}`, running())),
    pod(HOSTILE, { phase: "Failed", reason: HOSTILE }, { image: HOSTILE }),
  ),
  "cluster-resources/pods/kube-system.json": list(
    pod("dns-1", running(2), { namespace: "kube-system", image: "registry.k8s.io/coredns/coredns:v1.11.3" }),
  ),
  "cluster-resources/deployments/shop.json": list(
    { metadata: { name: "web", namespace: "shop" }, spec: { replicas: 20 }, status: { readyReplicas: 19 } },
    { metadata: { name: "api", namespace: "shop" }, spec: { replicas: 2 }, status: { readyReplicas: 2 } },
  ),
  "cluster-resources/statefulsets/shop.json": list({ metadata: { name: "cart" }, spec: { replicas: 1 }, status: {} }),
  "cluster-resources/jobs/shop.json": list({
    metadata: { name: "report" },
    status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
  }),
  "cluster-resources/pvcs/shop.json": list(
    { metadata: { name: "cart-data" }, status: { phase: "Pending" } },
    { metadata: { name: "db-data" }, status: { phase: "Bound" } },
  ),
  "cluster-resources/pvs.json": list({ spec: { capacity: { storage: "20Gi" } }, status: { phase: "Bound" } }),
  "cluster-resources/storage-classes.json": list(
    { metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } } },
    { metadata: { name: "slow" } },
  ),
  "cluster-resources/events/shop.json": list(
    ...Array.from(
      { length: 24 },
      (_, i) => event(58 - 2 * i, ["Normal", "Pulled", `web-${i}`, `Container image "shop/web:${i}" already present`]),
    ),
    event(42, ["Warning", "FailedScheduling", "cart-0", "0/3 nodes are available: 1 node had disk pressure"], {
      count: 12,
    }),
    ...[30, 26, 21, 12, 6].map((minutes, i) =>
      event(minutes, ["Warning", "BackOff", `web-${i}`, `Back-off restarting failed container main in pod web-${i}`])
    ),
    event(4, ["Warning", "Unhealthy", "web-2", `Readiness probe failed: ${HOSTILE}`]),
    event(600, ["Warning", "Evicted", "old-1", "The node was low on resource: memory"]),
  ),
};

export const FINDINGS: Finding[] = [
  {
    title: "Web is out of memory",
    kind: "clusterPodStatuses",
    where: "cluster",
    strict: true,
    outcome: { status: "fail", message: "Pod shop/web-2 is CrashLoopBackOff\nIts last container was OOMKilled" },
    involvedObject: { kind: "Pod", namespace: "shop", name: "web-2", apiVersion: "v1" },
    cause: "out-of-memory/shop/web",
    explanation:
      "The container used more memory than its limit of 256Mi allows. Requests fail for as long as the container starts again, a little longer each time",
    nextStep: "Raise resources.limits.memory of the deployment shop/web, or find what grows",
    affected: [{ kind: "Pod", namespace: "shop", name: "web-2" }, { kind: "Pod", namespace: "shop", name: "worker-1" }],
    affectedCount: 9,
    uri: "https://example.com/runbooks/out-of-memory",
    evidence: [
      { path: "cluster-resources/pods/shop.json", line: 412 },
      { path: "cluster-resources/pods/logs/shop/web-2/main-previous.log", line: 9 },
    ],
  },
  {
    title: HOSTILE,
    kind: "textAnalyze",
    where: "cluster",
    strict: false,
    outcome: { status: "fail", message: HOSTILE },
    uri: "javascript:alert(4)",
    evidence: [{ path: "javascript:alert(5)" }, { path: "../../etc/passwd" }, { path: "logs/a b#c?d%.log" }],
  },
  {
    title: "Disk pressure",
    kind: "nodeResources",
    where: "cluster",
    strict: false,
    outcome: { status: "warn", message: "1 node is under disk pressure" },
    evidence: [{ path: "cluster-resources/nodes.json" }],
  },
  {
    title: "Database version",
    kind: "postgres",
    where: "cluster",
    strict: false,
    outcome: { status: "error", message: "Cannot read postgres/db.json of the bundle as JSON" },
  },
  {
    title: "Ingress",
    kind: "ingress",
    where: "cluster",
    strict: false,
    outcome: { status: "skipped", reason: "file-missing", message: "The bundle does not have the file" },
  },
  {
    title: "Left out",
    kind: "secret",
    where: "cluster",
    strict: false,
    outcome: { status: "skipped", reason: "excluded", message: "The spec leaves this analyzer out" },
  },
  ...["Kubernetes version", "Memory of the host", "CPUs"].map((title): Finding => ({
    title,
    kind: "memory",
    where: "host",
    strict: false,
    outcome: { status: "pass", message: "There is enough" },
  })),
];

const missing = (reason: Manifest["missing"][number]["reason"], path: string, message: string) => (
  { path, collector: "cluster-resources", reason, message }
);

export const MANIFEST: Manifest = {
  schemaVersion: 1,
  tool: { name: "support-bundle", version: "1.2.3" },
  startedAt: "2026-03-02T08:29:12Z",
  endedAt: ENDED_AT,
  execution: { id: "e1", job: "nightly", scheduledAt: ENDED_AT, attempt: 1 },
  stages: [
    { stage: "collect", status: "partial", message: "1 of 2 collectors fell short", durationMs: 40_000 },
    { stage: "redact", status: "ok", durationMs: 40_000 },
    { stage: "analyze", status: "partial", message: "1 analyzers could not be evaluated", durationMs: 12 },
  ],
  collectors: [
    {
      title: "cluster-resources",
      kind: "clusterResources",
      where: "cluster",
      status: "partial",
      durationMs: 1,
      files: 12,
      bytes: 1,
    },
    { title: "memory", kind: "memory", where: "host", status: "ok", durationMs: 1, files: 1, bytes: 1 },
  ],
  files: [
    {
      path: "cluster-resources/pods/logs/shop/web-1/main.log",
      collector: "logs",
      bytes: 250_000_000,
      sha256: "",
      truncated: { limit: "250 MB (--max-file-size)" },
      durationMs: 1,
    },
  ],
  links: [],
  missing: [
    missing("forbidden", "cluster-resources/secrets", "list secrets: the API server answered 403"),
    missing("timed-out", "etcd", "not started: the deadline of the run had passed"),
    missing("redaction-failed", "data/dump.tar", "left out, it could not be redacted: the archive is damaged"),
    missing("failed", HOSTILE, HOSTILE),
    missing("empty", "logs/app=none", 'No pod matches the selector "app=none"'),
  ],
};

export const REDACTION: RedactionReport = {
  schemaVersion: 1,
  tool: { name: "support-bundle", version: "1.2.3" },
  redactedAt: ENDED_AT,
  totals: { files: 2, count: 345, bytesHidden: 1, leftOut: 1 },
  rules: [],
  files: [
    {
      path: "cluster-resources/pods/shop.json",
      redactions: [
        { rule: "named-value", builtIn: true, count: 301, bytesHidden: 1 },
        { rule: "url-credentials", builtIn: true, count: 4, bytesHidden: 1 },
      ],
    },
    { path: "logs/web.log", redactions: [{ rule: "customer numbers", builtIn: false, count: 40, bytesHidden: 1 }] },
  ],
  leftOut: [{ path: "data/dump.tar", message: "the archive is damaged" }],
};

/** A shop in trouble, with a bit of everything that a page can tell. */
export function sampleReport(files: Record<string, unknown> = {}): ReportInput {
  return {
    name: "support-bundle-2026-03-02T08_29_12",
    findings: FINDINGS,
    bundle: new MemoryBundle({ ...FILES, ...files }),
    manifest: MANIFEST,
    redaction: REDACTION,
    filesAt: "./",
  };
}
