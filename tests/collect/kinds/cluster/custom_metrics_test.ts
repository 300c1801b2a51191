import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { customMetrics } from "../../../../src/collect/kinds/cluster/custom_metrics.ts";
import { connectKube } from "../../../../src/kube/connect.ts";
import { refusal, startGateway } from "../../../kube/api_gateway.ts";
import { collectAll, type Collection } from "../../collect_all.ts";
import { clusterTest } from "./with_objects.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG");
const BASE = "/apis/custom.metrics.k8s.io/v1beta1";
const reasons = ({ missing }: Collection) => missing.map(({ path, reason }) => [path, reason]);

/** What an adapter says of one object, in v1beta1. */
function value(kind: string, name: string, namespace?: string, metricName = "requests") {
  return {
    describedObject: { kind, ...(namespace ? { namespace } : {}), name, apiVersion: "/v1" },
    metricName,
    timestamp: "2026-03-02T00:00:00Z",
    window: 60,
    value: "1500m",
    selector: null,
  };
}

/** The same with the names that existing readers of bundles know. */
function described(kind: string, name: string, namespace = "", metricName = "requests") {
  return {
    ...value(kind, name, namespace, metricName),
    DescribedObject: {
      Kind: kind,
      Namespace: namespace,
      Name: name,
      UID: "",
      APIVersion: "/v1",
      ResourceVersion: "",
      FieldPath: "",
    },
    Metric: { Name: metricName, Selector: null },
    Timestamp: "2026-03-02T00:00:00Z",
    WindowSeconds: 60,
    Value: "1500m",
  };
}

/** Collects from an adapter that answers as `adapter` says; everything else, the real API server answers. */
async function collect(
  metricRequests: unknown,
  adapter: (path: string) => Response | undefined,
): Promise<Collection & { asked: string[] }> {
  const asked: string[] = [];
  await using gateway = await startGateway(kubeconfig!, (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname);
    if (!path.startsWith(BASE)) return undefined;
    asked.push(path.slice(BASE.length));
    return adapter(path.slice(BASE.length));
  });
  const kube = connectKube({ kubeconfig, server: gateway.server }, Deno.env.toObject());
  try {
    return { ...await collectAll(customMetrics, { collectorName: "m", metricRequests }, { kube }), asked };
  } finally {
    kube.close();
    await new Promise((resolve) => setTimeout(resolve, 0)); // closing waits for the opened transport
  }
}

const list = (...items: unknown[]) => Response.json({ kind: "MetricValueList", apiVersion: "x", metadata: {}, items });

const cases: [
  what: string,
  request: unknown,
  path: string,
  items: unknown[],
  files: Record<string, unknown[]>,
][] = [
  [
    "all objects of a namespace, in the file of the namespace",
    { resourceMetricName: "pods/requests", namespace: "shop" },
    "/namespaces/shop/pods/*/requests",
    [value("Pod", "a", "shop"), value("Pod", "b", "shop")],
    { "metrics/Pod/requests/shop.json": [described("Pod", "a", "shop"), described("Pod", "b", "shop")] },
  ],
  [
    "one object",
    { resourceMetricName: "services/requests", namespace: "shop", objectName: "web" },
    "/namespaces/shop/services/web/requests",
    [value("Service", "web", "shop")],
    { "metrics/Service/requests/shop.json": [described("Service", "web", "shop")] },
  ],
  [
    "objects without a namespace, each in a file of its own",
    { resourceMetricName: "nodes/load" },
    "/nodes/*/load",
    [value("Node", "n1", "", "load"), value("Node", "n2", "", "load")],
    {
      "metrics/Node/load/n1.json": [described("Node", "n1", undefined, "load")],
      "metrics/Node/load/n2.json": [described("Node", "n2", undefined, "load")],
    },
  ],
  [
    "namespaces, in the singular",
    { resourceMetricName: "namespaces/requests", objectName: "shop" },
    "/namespace/shop/requests",
    [value("Namespace", "shop")],
    { "metrics/Namespace/requests/shop.json": [described("Namespace", "shop")] },
  ],
];
for (const [what, request, path, items, files] of cases) {
  Deno.test({
    name: `customMetrics asks for ${what}`,
    ignore: !kubeconfig,
    async fn() {
      const found = await collect([request], () => list(...items));
      deepStrictEqual(found.asked, [path]);
      deepStrictEqual(Object.fromEntries(Object.entries(found.files).map(([p, text]) => [p, JSON.parse(text)])), files);
      deepStrictEqual(found.missing, []);
    },
  });
}

Deno.test({
  name: "customMetrics reads the fields of v1beta2, too",
  ignore: !kubeconfig,
  async fn() {
    const { metricName, window, selector, ...rest } = value("Pod", "a", "shop");
    const item = {
      ...rest,
      metric: { name: metricName, selector: { matchLabels: { a: "b" } } },
      windowSeconds: window,
    };
    const { files } = await collect([{ resourceMetricName: "pods/requests", namespace: "shop" }], () => list(item));
    const [found] = JSON.parse(files["metrics/Pod/requests/shop.json"]!);
    deepStrictEqual(found.Metric, { Name: "requests", Selector: { matchLabels: { a: "b" } } });
    strictEqual(found.WindowSeconds, 60);
    deepStrictEqual([found.metric, selector], [item.metric, null]);
  },
});

Deno.test({
  name: "customMetrics puts values of several requests into one file, equal ones once",
  ignore: !kubeconfig,
  async fn() {
    const requests = ["", "b"].map((objectName) => ({
      resourceMetricName: "pods/requests",
      namespace: "shop",
      objectName,
    }));
    const { files } = await collect(
      requests,
      (path) =>
        path.includes("*")
          ? list(value("Pod", "a", "shop"), value("Pod", "b", "shop"))
          : list(value("Pod", "b", "shop")),
    );
    deepStrictEqual(Object.keys(files), ["metrics/Pod/requests/shop.json"]);
    strictEqual(JSON.parse(files["metrics/Pod/requests/shop.json"]!).length, 2);
  },
});

const failures: [what: string, request: unknown, answer: () => Response, reason: string, message: RegExp][] = [
  ["is not allowed", { resourceMetricName: "pods/bad" }, () => refusal(403), "forbidden", /^pods\/bad: .* 403/],
  ["is not known", { resourceMetricName: "pods/bad" }, () => refusal(404), "failed", /^pods\/bad: .* 404/],
  [
    "has no answer in JSON",
    { resourceMetricName: "pods/bad" },
    () => new Response("<html>"),
    "failed",
    /^pods\/bad: .*JSON/,
  ],
  [
    "has an answer beyond all bounds",
    { resourceMetricName: "pods/bad" },
    () => new Response(new Uint8Array(20_000_001)),
    "failed",
    /more than 20000000 bytes/,
  ],
  ["names no metric", { resourceMetricName: "pods" }, () => list(), "failed", /is not a resource and a metric/],
  ["names too much", { resourceMetricName: "pods/a/b" }, () => list(), "failed", /is not a resource and a metric/],
  [
    "would lead out of the bundle",
    { resourceMetricName: "pods/bad" },
    () => list(value("..", "a", "shop")),
    "failed",
    /outside the bundle/,
  ],
];
for (const [what, request, answer, reason, message] of failures) {
  Deno.test({
    name: `customMetrics goes on after a request that ${what}`,
    ignore: !kubeconfig,
    async fn() {
      const good = { resourceMetricName: "pods/requests", namespace: "shop" };
      const found = await collect(
        [request, good],
        (path) => path.endsWith("/requests") ? list(value("Pod", "a", "shop")) : answer(),
      );
      deepStrictEqual(Object.keys(found.files), ["metrics/Pod/requests/shop.json", "metrics/errors.json"]);
      const errors = JSON.parse(found.files["metrics/errors.json"]!);
      strictEqual(errors.length, 1);
      match(errors[0], message);
      deepStrictEqual(reasons(found), [["custom-metrics/m", reason]]);
    },
  });
}

Deno.test({
  name: "customMetrics says when a metric has no values",
  ignore: !kubeconfig,
  async fn() {
    const found = await collect([{ resourceMetricName: "pods/requests" }], () => list());
    deepStrictEqual([found.files, reasons(found)], [{}, [["custom-metrics/m", "empty"]]]);
  },
});

clusterTest("customMetrics in a real cluster without an adapter writes an errors file", async ({ kube }) => {
  const found = await collectAll(customMetrics, { metricRequests: [{ resourceMetricName: "pods/x" }] }, { kube });
  deepStrictEqual(Object.keys(found.files), ["metrics/errors.json"]);
  match(JSON.parse(found.files["metrics/errors.json"]!)[0], /answered 404/);
  deepStrictEqual(reasons(found), [["custom-metrics", "failed"]]);
});

clusterTest("customMetrics fails when the cluster cannot be reached", async ({ kube }) => {
  await rejects(collectAll(customMetrics, { metricRequests: [{ resourceMetricName: "pods/x" }] }, { kube }), {
    code: "KUBE_UNREACHABLE",
  });
}, { server: "https://127.0.0.1:1" });

Deno.test("customMetrics uses the permission to get the metric as a part of what it measures", () => {
  const metricRequests = [
    { resourceMetricName: "pods/requests", namespace: "shop" },
    { resourceMetricName: "namespaces/requests" },
    { resourceMetricName: "nonsense" },
  ];
  const context = { contextNamespace: "default", customResources: [] };
  const group = "custom.metrics.k8s.io";
  deepStrictEqual(customMetrics.permissions!(customMetrics.schema.parse({ metricRequests }), context), [
    { verb: "get", group, resource: "pods", subresource: "requests", namespace: "shop" },
    { verb: "get", group, resource: "namespace", subresource: "requests" },
  ]);
});
