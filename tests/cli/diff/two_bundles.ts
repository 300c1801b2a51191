import { deployment, event, files, finding, list, node, object, pod } from "../../diff/made_bundle.ts";

/** Two bundles with a change of each sort between them. */
export const OLD = files({
  "app/config.yaml": "a: 1\nb: 2\n",
  "analysis.json": [finding("Nodes", "error", "1 of 3 is away")],
  "logs/a.log": "x\n",
  "cluster-resources/nodes.json": list("Node", node("worker-1"), node("worker-2")),
  "cluster-resources/pods/shop.json": list(
    "Pod",
    pod("web-1-a", { owner: "ReplicaSet/web-1" }),
    pod("db-0", { restarts: 1 }),
    pod("q"),
  ),
  "cluster-resources/deployments/shop.json": list("Deployment", deployment("web"), deployment("api")),
  "cluster-resources/configmaps/shop.json": list("ConfigMap", object("ConfigMap", "settings", { data: { a: "1" } })),
});
export const NEW = files({
  "app/config.yaml": "a: 1\nb: <script>alert(1)</script>\n",
  "analysis.json": [finding("Disk", "warn", "full & <b>\u001b[31m")],
  "logs/a.log": "y\n",
  "cluster-resources/nodes.json": list("Node", node("worker-1", { ready: "Unknown" }), node("worker-3")),
  "cluster-resources/events/shop.json": list("Event", event("BackOff", "q", { count: 12, message: "again and again" })),
  "cluster-resources/pods/shop.json": list(
    "Pod",
    pod("web-2-b", { owner: "ReplicaSet/web-2" }),
    pod("db-0", { restarts: 8 }),
    pod("q", { waiting: "CrashLoopBackOff" }),
  ),
  "cluster-resources/deployments/shop.json": list(
    "Deployment",
    deployment("web", { image: "nginx:1.26" }),
    deployment("api", { ready: 0, replicas: 3 }),
  ),
  "cluster-resources/configmaps/shop.json": list("ConfigMap", object("ConfigMap", "settings", { data: { a: "2" } })),
});
