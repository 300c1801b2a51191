import { nearest } from "../core/nearest.ts";
import { analyzerFacts } from "./analyzer_facts.ts";
import type { LintEntry } from "./check_entry.ts";
import type { LintDocument } from "./lint_document.ts";

/** Folders of a bundle that kinds write whatever they are named. */
const KNOWN_ROOTS =
  /^(?:cluster-info|cluster-resources|collector-errors|configmaps|secrets|certificates|host-collectors|helm|registry|postgres|mysql|mssql|redis|clickhouse|dns|node-metrics|metrics|ceph|longhorn|sysctl|goldpinger|sonobuoy|etcd|metadata|s3Status|image-facts|collectd|execution-data|version\.yaml|all-logs)(?:\/|$)/;
/** Comparisons of named files: what they read is found by the name of its collector. */
const BY_FILE = ["textAnalyze", "yamlCompare", "jsonCompare"];

/** Finds analyzers that no collector of the documents gathers anything for.
 * @param documents everything that would run together. Where none of them collects, the collectors are elsewhere, and
 * nothing is said */
export function checkInputs(documents: readonly LintDocument[], entries: readonly LintEntry[]): void {
  const collecting = documents.filter(({ kind }) => kind !== undefined && kind !== "Analyzer" && kind !== "Redactor");
  // What a uri or another source brings is not known here.
  if (collecting.length === 0 || collecting.some(({ data }) => (data.spec as { uri?: unknown } | null)?.uri)) return;
  const collectors = entries.filter(({ list }) => list === "collectors" || list === "hostCollectors");
  const names = new Set(collectors.flatMap(({ body }) => [body.name, body.collectorName]).filter(isText));
  for (const entry of entries) {
    const facts = analyzerFacts(entry.list, entry.kind);
    if (facts === undefined) continue;
    if (BY_FILE.includes(entry.kind)) checkFile(entry, names);
    if (facts.reads === undefined) continue;
    const list = entry.list === "analyzers" ? "collectors" : "hostCollectors";
    // These belong to each bundle that is about a cluster.
    if (facts.reads === "clusterInfo" || facts.reads === "clusterResources") continue;
    const gathering = collectors.filter((collector) => collector.list === list && collector.kind === facts.reads);
    if (gathering.length === 0) {
      report(entry, `No collector ${facts.reads} gathers what ${entry.kind} reads`, `Add ${facts.reads} to ${list}`);
    } else if (facts.byName) {
      const name = text(entry.body.collectorName);
      const has = gathering.map(({ body }) => text(body.collectorName));
      if (has.includes(name)) continue;
      const shown = name === "" ? "without collectorName" : `with the collectorName '${name}'`;
      const others = has.map((each) => each === "" ? "one without collectorName" : `'${each}'`).join(", ");
      report(entry, `No collector ${facts.reads} ${shown} gathers what ${entry.kind} reads`, `There is ${others}`);
    } else if (facts.reads === "secret" || facts.reads === "configMap") {
      checkObject(entry, gathering);
    }
  }
}

/** `secret` and `configMap` read one object, which some collector must name, or find by its labels. */
function checkObject(entry: LintEntry, gathering: readonly LintEntry[]): void {
  const wanted = entry.kind === "secret" ? entry.body.secretName : entry.body.configMapName;
  if (!isText(wanted)) return;
  const found = gathering.some(({ body }) => body.name === wanted || Array.isArray(body.selector));
  if (!found) report(entry, `No collector ${entry.kind} names '${wanted}'`, `Add ${entry.kind} to collectors`);
}

function checkFile(entry: LintEntry, names: ReadonlySet<string>): void {
  const path = [text(entry.body.collectorName), text(entry.body.fileName)].filter((part) => part !== "").join("/");
  const folder = path.split("/")[0]!;
  if (folder === "" || /[*?[\]{}\\]/.test(folder) || KNOWN_ROOTS.test(path)) return;
  // A collector may be named by a path: `app/logs`.
  if ([...names].some((name) => path === name || path.startsWith(`${name}/`))) return;
  const likely = nearest(folder, names);
  report(
    entry,
    `No collector writes to '${folder}', where ${entry.kind} looks`,
    likely === undefined ? "Name the collector's name in collectorName" : `Did you mean ${likely}?`,
  );
}

function report({ document, path }: LintEntry, message: string, suggestion: string): void {
  document.report("SB305", path, message, { which: "key", suggestion });
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
