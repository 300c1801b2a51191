import type { LintEntry } from "./check_entry.ts";
import { fieldName } from "./lint_document.ts";

/** Kinds whose files are named by `name` and `collectorName` alone: a second one with the same overwrites the first. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  "collectors/run": ["name", "collectorName"],
  "collectors/runPod": ["name", "collectorName"],
  "collectors/runDaemonSet": ["name", "collectorName"],
  "collectors/data": ["name", "collectorName"],
  "collectors/http": ["name", "collectorName"],
  "collectors/exec": ["name", "collectorName", "namespace", "selector"],
  "collectors/copyFromHost": ["name", "collectorName"],
  ...named("collectors", ["postgres", "mysql", "mssql", "redis", "clickhouse", "registryImages", "s3Status"]),
  ...named("hostCollectors", [
    "diskUsage",
    "tcpLoadBalancer",
    "httpLoadBalancer",
    "tcpPortStatus",
    "udpPortStatus",
    "tcpConnect",
    "http",
    "systemPackages",
    "subnetAvailable",
    "filesystemPerformance",
    "certificate",
    "certificatesCollection",
    "run",
    "copy",
    "journald",
    "networkNamespaceConnectivity",
    "registryImages",
  ]),
  ...Object.fromEntries([
    "cpu",
    "memory",
    "time",
    "blockDevices",
    "kernelModules",
    "kernelConfigs",
    "ipv4Interfaces",
    "hostServices",
    "hostOS",
    "cgroups",
    "sysctl",
  ].map((kind) => [`hostCollectors/${kind}`, []])),
};

function named(list: string, kinds: string[]): Record<string, readonly string[]> {
  return Object.fromEntries(kinds.map((kind) => [`${list}/${kind}`, ["collectorName"]]));
}

/** Collectors that act in one namespace, and what happens where none is named. */
const NEEDS_NAMESPACE: Readonly<Record<string, string>> = {
  secret: "it is looked for in the namespace of the kubeconfig's context",
  configMap: "it is looked for in the namespace of the kubeconfig's context",
  exec: "the first pod of whatever namespace is taken",
  run: "the pod runs in whatever namespace the command line or the kubeconfig names",
  runPod: "the pod runs in whatever namespace the command line or the kubeconfig names",
  runDaemonSet: "the pods run in whatever namespace the command line or the kubeconfig names",
};

/** Finds collectors that overwrite each other, and those that leave open where they act. */
export function checkCollectors(entries: readonly LintEntry[]): void {
  const seen = new Map<string, LintEntry>();
  for (const entry of entries) {
    const { document, path, list, kind, body } = entry;
    const fields = NAMED[`${list}/${kind}`];
    if (fields !== undefined && !isExcluded(body)) {
      const key = JSON.stringify([list, kind, ...fields.map((field) => body[field] ?? "")]);
      const other = seen.get(key);
      if (other !== undefined) {
        const same = JSON.stringify(other.body) === JSON.stringify(body);
        const first = `${fieldName(other.path)}`;
        document.report(
          "SB211",
          path,
          same ? `This is the same as ${first}: it runs once` : `This writes the same files as ${first}`,
          {
            which: "key",
            suggestion: same || fields.length === 0
              ? "Remove one of them"
              : `Give each a ${fields.includes("name") ? "name" : "collectorName"} of its own`,
          },
        );
      } else {
        seen.set(key, entry);
      }
    }
    if (list === "collectors") checkNamespace(entry);
  }
}

function checkNamespace({ document, path, kind, body }: LintEntry): void {
  if (kind === "certificates") {
    for (const field of ["secrets", "configMaps"]) {
      const sources = body[field];
      if (!Array.isArray(sources)) continue;
      sources.forEach((source, index) => {
        if (source?.namespaces?.length > 0) return;
        document.report("SB212", [...path, field, index], "Without namespaces nothing is collected", {
          suggestion: "Add namespaces",
        });
      });
    }
    return;
  }
  const why = NEEDS_NAMESPACE[kind];
  if (why === undefined || body.namespace || Array.isArray(body.namespaces) && body.namespaces.length > 0) return;
  if ((kind === "secret" || kind === "configMap") && !body.name) return;
  document.report("SB212", path, `The collector ${kind} names no namespace: ${why}`, {
    which: "key",
    suggestion: "Add namespace",
  });
}

function isExcluded(body: Record<string, unknown>): boolean {
  return body.exclude === true || /^(?:1|t|true)$/i.test(String(body.exclude ?? ""));
}
