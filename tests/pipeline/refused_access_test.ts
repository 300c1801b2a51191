import { strictEqual } from "node:assert/strict";
import type { CollectorRecord, FileRecord, MissingRecord } from "../../src/bundle/manifest.ts";
import { refusedAccess } from "../../src/pipeline/refused_access.ts";

const record = (title: string, kind: string, files: number, more: Partial<CollectorRecord> = {}): CollectorRecord => ({
  title,
  kind,
  where: "cluster",
  status: "ok",
  durationMs: 1,
  files,
  bytes: 1,
  ...more,
});
const missing = (collector: string, ...paths: string[]): MissingRecord[] =>
  paths.map((path) => ({ path, collector, reason: "forbidden", message: "403" }));
const resources = (paths: string[], bytes = 10): FileRecord[] =>
  paths.map((path) => ({
    path: `cluster-resources/${path}`,
    collector: "cluster-resources",
    bytes,
    sha256: "",
    durationMs: 1,
  }));

const R = "cluster-resources";
const all = record(R, "clusterResources", 9);
const info = record("cluster-info", "clusterInfo", 1);
const logs = (name: string, files = 1) => record(`logs/${name}`, "logs", files);
const usual = ["pods/a.json", "deployments/a.json", "services/a.json", "groups.json", "auth-cani-list/a.json"];

interface Case {
  collectors: CollectorRecord[];
  missing?: MissingRecord[];
  files?: FileRecord[];
  wholeCluster?: boolean;
}
const behaviour: [name: string, run: Case, what: RegExp | undefined][] = [
  ["nothing is refused", { collectors: [all, info], files: resources(usual) }, undefined],
  ["one kind is refused", {
    collectors: [all],
    files: resources(usual),
    missing: missing(R, `${R}/nodes.json`),
  }, undefined],
  ["what the whole cluster has is refused, and no more was wanted than a namespace", {
    collectors: [all, info],
    files: resources(usual),
    missing: missing(R, `${R}/namespaces.json`, `${R}/nodes.json`),
  }, undefined],
  ["the list of namespaces is refused", {
    collectors: [all, info],
    files: resources(usual),
    missing: missing(R, `${R}/namespaces.json`),
    wholeCluster: true,
  }, /it may not list namespaces/],
  ["most kinds are refused, in files or as a whole", {
    collectors: [all],
    files: resources(["pods/a.json", "pods/logs/a/x/main.log", "services/a.json", "namespaces.json"]),
    missing: missing(R, `${R}/nodes.json`, `${R}/deployments`, `${R}/jobs/a.json`, `${R}/jobs/b.json`),
  }, /3 kinds of resources are forbidden, 2 are not/],
  ["what is there in the place of a file does not count as one", {
    collectors: [all],
    files: [...resources(["pods/a.json", "nodes-errors.json"]), ...resources(["nodes.json", "pvs.json"], 0)],
    missing: missing(R, `${R}/nodes.json`, `${R}/pvs.json`),
  }, /2 kinds of resources are forbidden, 1 are not/],
  ["most collectors got nothing", {
    collectors: [info, logs("a", 0), record("secret/x", "secret", 0)],
    missing: [...missing("logs/a", "logs/a"), ...missing("secret/x", "secrets/x.json")],
  }, /2 of 3 collectors of the cluster were refused/],
  ["collectors were left out before they began", {
    collectors: [info, ...["a", "b"].map((name) => record(`logs/${name}`, "logs", 0, { status: "skipped" }))],
    missing: [...missing("logs/a", "logs/a"), ...missing("logs/b", "logs/b")],
  }, /2 of 3/],
  ["some collectors got nothing", {
    collectors: [info, logs("a", 0), logs("b")],
    missing: missing("logs/a", "logs/a"),
  }, undefined],
  ["collectors got less than they wanted", {
    collectors: [logs("a"), logs("b")],
    missing: [...missing("logs/a", "x"), ...missing("logs/b", "y")],
  }, undefined],
  ["most collectors got nothing, for other reasons", {
    collectors: [logs("a", 0), logs("b", 0)],
    missing: missing("logs/a", "x").map((entry) => ({ ...entry, reason: "empty" })),
  }, undefined],
  ["collectors of the host and excluded ones are beside the point", {
    collectors: [logs("a", 0), logs("b"), record("cpu", "cpu", 0, { where: "host" }), logs("c", 0), logs("d", 0)].map((
      record,
    ) => ({ ...record, status: /[cd]$/.test(record.title) ? "skipped" as const : record.status })),
    missing: [
      ...missing("logs/a", "x"),
      ...["logs/c", "logs/d"].map((collector) => ({
        path: collector,
        collector,
        reason: "excluded" as const,
        message: "excluded by the spec",
      })),
    ],
  }, undefined],
];
for (const [name, run, what] of behaviour) {
  Deno.test(`refusedAccess() says ${what === undefined ? "nothing" : "so"} where ${name}`, () => {
    const error = refusedAccess({ missing: [], files: [], wholeCluster: false, ...run });
    strictEqual(what === undefined ? error : what.test(error?.message ?? ""), what === undefined ? undefined : true);
    if (error !== undefined) strictEqual(error.exitCode, 5);
  });
}
