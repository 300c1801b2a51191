/** Files of a bundle as reports of differences have known them: the names, categories and advice of Troubleshoot. */

export type Impact = "high" | "medium" | "low";

export interface Remediation {
  title: "";
  description: string;
  command?: string;
}

const KEPT = /^(?:cluster-resources|all-logs|cluster-info|execution-data)$/;

/** The path by which a file is compared. `openBundle` has taken off the top folder that it found; here goes what an archive
 * without a mark has in front. */
export function comparedPath(path: string): string {
  const at = path.indexOf("/");
  const first = at < 0 ? "" : path.slice(0, at);
  if (first === "" || KEPT.test(first)) return path;
  return first === "root" || first.toLowerCase().startsWith("support-bundle") ? path.slice(at + 1) : path;
}

export function categoryOf(path: string): string {
  if (/^(?:cluster-resources\/pods\/logs|all-logs|logs)\/|\/logs\//.test(path)) return "logs";
  if (path.startsWith("cluster-resources/")) return `resources:${path.split("/")[1]}`;
  return path.startsWith("config/") || /\.(?:ya?ml|json)$/.test(path) ? "config" : "files";
}

export function impactOf(path: string, type: "added" | "removed" | "modified"): Impact {
  if (type !== "added" && isSensitive(path)) return "high";
  return path.startsWith("cluster-resources/") ? "medium" : "low";
}

function isSensitive(path: string): boolean {
  return /^cluster-resources\/(?:custom-resource-definitions|clusterrole|nodes)/.test(path) ||
    /\/(?:rolebindings|secrets|network-policy)\//.test(path) ||
    /(?:-secrets\.json|\/networkpolicies\.json)$/.test(path) ||
    (path.startsWith("cluster-resources/") && path.includes("/kube-system"));
}

/** What to look at next; undefined where there is nothing special to say. */
export function remediationOf(path: string): Remediation | undefined {
  const advice = (description: string, command?: string): Remediation => ({
    title: "",
    description,
    ...(command === undefined ? {} : { command }),
  });
  if (/^cluster-resources\/clusterrole|\/(?:roles|rolebindings)\//.test(path)) {
    return advice("Check that the roles and bindings are what they should be", "kubectl auth can-i --list");
  }
  if (path.startsWith("cluster-resources/custom-resource-definitions")) {
    return advice("Check that the definitions are there that the workloads need", "kubectl get crds");
  }
  if (path.startsWith("cluster-resources/nodes")) {
    return advice("Check the state and the capacity of the nodes", "kubectl describe nodes");
  }
  if (/\/network-policy\/|\/networkpolicies\.json$/.test(path)) {
    return advice("Check that the policies let through what has to pass", "kubectl get networkpolicy -A");
  }
  if (path.includes("/secrets/") || path.startsWith("config/")) {
    return advice("Check that the configuration is what the workloads expect");
  }
  const workload = /^cluster-resources\/(deployments|statefulsets|daemonsets)\/([^/]+)\.json$/.exec(path) ??
    /\/(deployments|statefulsets|daemonsets)\/([^/]+)\//.exec(path);
  if (workload === null) return undefined;
  const [, plural = "", namespace = ""] = workload;
  return advice(
    "Check that the rollout of the workloads is complete",
    `kubectl rollout status -n ${namespace} ${plural.slice(0, -1)}/<name>`,
  );
}

/** Written anew by each run, about the run itself. */
export function isOfRun(path: string, type: "added" | "removed" | "modified"): boolean {
  if (/^(?:MANIFEST\.json$|execution-data\/)/.test(path)) return true;
  return type === "modified" &&
    /^(?:skipped-collectors\.json$|collector-errors\/|host-collectors\/errors\/)/.test(path);
}
