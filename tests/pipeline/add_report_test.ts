import { deepStrictEqual, doesNotMatch, match, rejects, strictEqual } from "node:assert/strict";
import { missing, textEntry } from "../../src/bundle/entry.ts";
import { DiskError, WorkFolder } from "../../src/bundle/work_folder.ts";
import { readWorkFolder } from "../../src/bundle/work_folder_reader.ts";
import { systemClock } from "../../src/core/clock.ts";
import { addReport } from "../../src/pipeline/add_report.ts";
import { BundleWriter } from "../../src/pipeline/bundle_writer.ts";
import { collector, specOf, withRun } from "./with_run.ts";

const ANALYZERS = `  hostAnalyzers:
    - memory: {outcomes: [{fail: {when: "> 1", message: "Too much memory"}}, {pass: {message: fine}}]}
`;

Deno.test("runPipeline() writes a page about the bundle, which the manifest explains", async () => {
  const unit = collector("shop", async function* () {
    yield textEntry(
      "cluster-resources/pods/shop.json",
      JSON.stringify({ items: [{ metadata: { name: "web-1" }, status: { phase: "Failed", reason: "Evicted" } }] }),
    );
    yield missing("secrets", "forbidden", "list secrets: the API server answered 403");
  });
  await withRun(await specOf(ANALYZERS, unit), ({ files, manifest }) => {
    const page = files.get("report.html")!;
    match(page, /<h1 class="bad">[^]*1 problem/);
    match(page, /Too much memory/);
    match(page, /shop\/web-1[^]*Evicted[^]*href="\.\/cluster-resources\/pods\/shop\.json"/);
    match(page, /Not permitted[^]*list secrets: the API server answered 403/);
    match(page, /<p class="brand">Support bundle\s+<span>out<\/span>/);
    const record = manifest.files.find(({ path }) => path === "report.html")!;
    strictEqual(record.collector, "support-bundle");
    strictEqual(record.bytes, new TextEncoder().encode(page).length);
  });
});

Deno.test("runPipeline(): what the page tells was redacted", async () => {
  const secret = "Planted" + crypto.randomUUID().replaceAll("-", "");
  const unit = collector("shop", async function* () {
    const message = `login failed: password=${secret}`;
    const items = [{ type: "Warning", reason: "Failed", message, eventTime: "2026-03-02T08:00:00Z" }];
    yield textEntry("cluster-resources/events/shop.json", JSON.stringify({ items }));
  });
  await withRun(await specOf("", unit), ({ report, files }) => {
    const page = files.get("report.html")!;
    match(page, /login failed: password=\*\*\*HIDDEN\*\*\*/);
    doesNotMatch(page, new RegExp(secret));
    match(page, /1 value in 1 file\s+was hidden/);
    strictEqual(report.status, "completed");
  });
});

Deno.test("runPipeline(): the page says that redaction was off", async () => {
  await withRun(await specOf(""), ({ files }) => match(files.get("report.html")!, /Redaction was off/), {
    redact: false,
  });
});

Deno.test("runPipeline(): the page comes with hostile files, too", async () => {
  const unit = collector("odd", async function* () {
    yield textEntry("cluster-resources/pods/a.json", "{");
    yield textEntry("cluster-resources/nodes.json", '{"items":[null,7,{"metadata":[],"status":"x"}]}');
    yield textEntry("cluster-info/cluster_version.json", "[]");
  });
  await withRun(await specOf("", unit), ({ files, report }) => {
    match(files.get("report.html")!, /2 files\s+of the cluster could not be read/);
    strictEqual(report.status, "completed");
  });
});

async function withWriter(check: (writer: BundleWriter, folder: WorkFolder) => Promise<void>) {
  const parent = await Deno.makeTempDir();
  const folder = await WorkFolder.create(parent);
  try {
    await check(new BundleWriter(folder, undefined, systemClock, { file: 0, collector: 0, bundle: 0 }), folder);
  } finally {
    await folder.remove();
    await Deno.remove(parent, { recursive: true });
  }
}

Deno.test("addReport() records a page that cannot be made as missing, and goes on", async () => {
  await withWriter(async (writer, folder) => {
    const broken = () => Promise.reject(new Error("a pod of an odd shape"));
    await addReport(writer, { name: "b", bundle: readWorkFolder(folder) }, broken);
    deepStrictEqual(writer.missing, [{
      path: "report.html",
      collector: "support-bundle",
      reason: "failed",
      message: "the page could not be made: a pod of an odd shape",
    }]);
  });
});

Deno.test("addReport() passes on that the disk is full", async () => {
  await withWriter(async (writer, folder) => {
    folder.writeBytes = () => {
      throw new DiskError("the disk is full");
    };
    await rejects(addReport(writer, { name: "b", bundle: readWorkFolder(folder) }), DiskError);
  });
});
