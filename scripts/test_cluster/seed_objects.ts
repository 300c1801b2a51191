import { SIMULATE_LABEL } from "./simulated_kubelet.ts";

/** What tests may rely on: the content of `TEST_CLUSTER_FACTS`, a JSON file. */
export interface ClusterFacts {
  namespaces: string[];
  nodes: string[];
  /** Pods that there are once the cluster has settled, those of finished jobs included. */
  podCount: number;
  /** The pod that crash-loops and the one that can't pull its image: namespace and `app` label. */
  crashing: { namespace: string; app: string };
  unpullable: { namespace: string; app: string };
  customResource: { plural: string; group: string; version: string; count: number };
  /** Values that must never be seen in a bundle: passwords, tokens, connection strings. Different in each run. */
  planted: string[];
}

// deno-lint-ignore no-explicit-any -- objects of the cluster have every shape
type KubeObject = Record<string, any>;

export interface SeedPlan {
  facts: ClusterFacts;
  objects: KubeObject[];
  /** Need the definitions among `objects` to be established. */
  customObjects: KubeObject[];
  /** What every container's log says, in the format of a container runtime. */
  log: string;
}

interface App {
  name: string;
  replicas: number;
  simulate?: "crash" | "pull";
}

/** How much there is of what a cluster is filled with. */
export interface SeedSize {
  nodes: string[];
  /** Apps by namespace. */
  apps: Readonly<Record<string, App[]>>;
}

const SMALL_APPS: Readonly<Record<string, App[]>> = {
  shop: [{ name: "web", replicas: 4 }, { name: "api", replicas: 4 }, { name: "cart", replicas: 3 }],
  billing: [{ name: "invoices", replicas: 5 }, { name: "ledger", replicas: 1, simulate: "crash" }],
  search: [{ name: "indexer", replicas: 5 }, { name: "suggest", replicas: 1, simulate: "pull" }],
  ops: [{ name: "gateway", replicas: 4 }],
  quiet: [],
};
/** What the tests work on. */
export const SMALL: SeedSize = { nodes: ["node-a", "node-b", "node-c"], apps: SMALL_APPS };

/** What the benchmark works on: 50 nodes and 50 namespaces with 2,200 pods, 100 of them unhealthy. */
export const LARGE: SeedSize = large(10);
/** As `LARGE`, with twice the pods of each app. */
export const TWICE: SeedSize = large(20);

function large(replicas: number): SeedSize {
  return {
    nodes: numbered("node", 50),
    apps: Object.fromEntries(
      numbered("team", 50).map((name, index) => [
        name,
        Array.from({ length: 4 }, (_, app): App => {
          const simulate = app < 3 ? undefined : index % 10 === 0 ? "crash" : index % 10 === 5 ? "pull" : undefined;
          return { name: `app-${app}`, replicas, simulate };
        }),
      ]),
    ),
  };
}

function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word}-${String(index).padStart(2, "0")}`);
}

const WIDGETS = 4;

/** A small cluster with a bit of everything. Its secret values are made here, anew for each run. */
export function planSeed(size: SeedSize = SMALL): SeedPlan {
  const planted: string[] = [];
  const secret = (prefix: string) => {
    const value = prefix + [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0"))
      .join("");
    planted.push(value);
    return value;
  };
  const namespaces = Object.keys(size.apps);
  const home = namespaces[0]!;
  const objects: KubeObject[] = size.nodes.map((name, index) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, "topology.kubernetes.io/zone": `zone-${index % 2}` },
    },
  }));
  objects.push(WIDGET_DEFINITION, {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "fast", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: "example.com/fast",
  });
  let podCount = 0;
  for (const [namespace, apps] of Object.entries(size.apps)) {
    objects.push({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { tier: "test" } } });
    for (const app of apps) {
      objects.push(...appObjects(namespace, app, secret));
      podCount += app.replicas;
    }
    if (apps.length > 0) {
      objects.push(...namespaceObjects(namespace, apps[0]!.name, secret));
      podCount += 3; // two of the StatefulSet, one of the Job
    }
  }
  objects.push(
    workload("apps/v1", "DaemonSet", home, "agent", podTemplate("agent", "example.com/agent:1", secret)),
  );
  podCount += size.nodes.length;
  return {
    objects,
    customObjects: Array.from({ length: WIDGETS }, (_, index) => ({
      apiVersion: "example.com/v1",
      kind: "Widget",
      metadata: { name: `widget-${index}`, namespace: home },
      spec: { size: index, apiKey: secret("key-") },
    })),
    log: logText(secret),
    facts: {
      namespaces,
      nodes: size.nodes,
      podCount,
      crashing: firstOf("crash", size),
      unpullable: firstOf("pull", size),
      customResource: { plural: "widgets", group: "example.com", version: "v1", count: WIDGETS },
      planted,
    },
  };
}

function firstOf(simulate: App["simulate"], { apps }: SeedSize): { namespace: string; app: string } {
  const [namespace, found] = Object.entries(apps).find(([, of]) => of.some((app) => app.simulate === simulate))!;
  return { namespace, app: found.find((app) => app.simulate === simulate)!.name };
}

const WIDGET_DEFINITION: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget" },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
    }],
  },
};

type MakeSecret = (prefix: string) => string;

function appObjects(namespace: string, app: App, secret: MakeSecret): KubeObject[] {
  const labels: Record<string, string> = app.simulate === undefined ? {} : { [SIMULATE_LABEL]: app.simulate };
  const template = podTemplate(app.name, `registry.example.com/${namespace}/${app.name}:1.0`, secret, labels);
  return [
    workload("apps/v1", "Deployment", namespace, app.name, template, { replicas: app.replicas }),
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: `${app.name}-config`, namespace, labels: { app: app.name } },
      data: {
        "app.conf": `url = postgres://${app.name}:${secret("pg-")}@db.${namespace}:5432/main\nlevel = info\n`,
        feature: "on",
      },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `${app.name}-secret`, namespace, labels: { app: app.name } },
      stringData: { password: secret("pw-") },
    },
  ];
}

/** One of each kind that a support bundle lists by namespace. */
function namespaceObjects(namespace: string, app: string, secret: MakeSecret): KubeObject[] {
  const named = (name: string) => ({ name, namespace });
  const selector = { matchLabels: { app } };
  const task = podTemplate("migrate", "example.com/migrate:1", secret);
  task.spec.restartPolicy = "Never";
  return [
    { apiVersion: "v1", kind: "Service", metadata: named(app), spec: { selector: { app }, ports: [{ port: 80 }] } },
    workload("apps/v1", "StatefulSet", namespace, "db", podTemplate("db", "postgres:18", secret), {
      serviceName: "db",
      replicas: 2,
      podManagementPolicy: "Parallel",
    }),
    { apiVersion: "batch/v1", kind: "Job", metadata: named("migrate"), spec: { template: task } },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: named("nightly"),
      spec: { schedule: "0 2 * * *", jobTemplate: { spec: { template: task } } },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: named("deny"),
      spec: { podSelector: {} },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: named(app),
      spec: { defaultBackend: { service: { name: app, port: { number: 80 } } } },
    },
    { apiVersion: "v1", kind: "ResourceQuota", metadata: named("quota"), spec: { hard: { pods: "500" } } },
    { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: named(app), spec: { minAvailable: 1, selector } },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: named("data"),
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: named("reader") },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: named("reader"),
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: named("reader"),
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ kind: "ServiceAccount", name: "reader", namespace }],
    },
  ];
}

function workload(
  apiVersion: string,
  kind: string,
  namespace: string,
  name: string,
  template: KubeObject,
  spec: KubeObject = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, labels: { app: name } },
    spec: { ...spec, selector: { matchLabels: { app: name } }, template },
  };
}

function podTemplate(app: string, image: string, secret: MakeSecret, labels: Record<string, string> = {}): KubeObject {
  return {
    metadata: { labels: { app, ...labels } },
    spec: {
      containers: [{
        name: "main",
        image,
        env: [
          { name: "DB_PASSWORD", value: secret("env-") },
          { name: "API_TOKEN", value: secret("tok-") },
          { name: "LOG_LEVEL", value: "debug" },
        ],
      }],
    },
  };
}

/** 200 lines, of which every fiftieth says a secret. */
function logText(secret: MakeSecret): string {
  let text = "";
  for (let line = 0; line < 200; line++) {
    const time = new Date(Date.UTC(2026, 0, 1) + line * 1000).toISOString().replace("Z", "000000Z");
    const words = line % 50 === 7
      ? `DEBUG connecting with postgres://app:${secret("log-")}@db:5432/main`
      : line % 50 === 9
      ? `DEBUG request headers: Authorization: Bearer ${secret("bearer-")}`
      : line % 20 === 0
      ? `ERROR upstream timed out after 5s, request=${line}`
      : `INFO  handled request=${line}`;
    text += `${time} stdout F ${words}\n`;
  }
  return text;
}
