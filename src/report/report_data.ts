import type { Finding } from "../analyze/analyzer.ts";
import type { BundleReader } from "../bundle/bundle_reader.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { parseManifest, parseRedactionReport } from "../bundle/own_json.ts";
import type { RedactionReport } from "../bundle/redaction_report.ts";
import { type ClusterData, readCluster } from "./cluster_data.ts";
import { ClusterFiles } from "./cluster_files.ts";
import { cut } from "./fields.ts";
import { type FindingsData, readFindings } from "./findings_data.ts";
import { type MissingData, readMissing } from "./missing_data.ts";
import { readRedaction, type RedactionData } from "./redaction_data.ts";
import { Timeline, type TimelineData } from "./timeline_data.ts";

/** What a page is made of. */
export interface ReportInput {
  /** Of the bundle, for the heading. */
  name: string;
  /** Absent: nothing was analyzed. */
  findings?: readonly Finding[];
  bundle: BundleReader;
  /** Absent: what the bundle's own files say, if it has them. */
  manifest?: Manifest;
  redaction?: RedactionReport;
  /** Where the files of the bundle are, as the page sees it: `./` beside them, `../bundle/`. Absent: out of its reach, so
   * that paths are texts. */
  filesAt?: string;
}

/** All that the page tells, each part with its bounds: what is beyond them is counted. */
export interface ReportData {
  name: string;
  filesAt?: string;
  run?: RunData;
  findings?: FindingsData;
  cluster?: ClusterData;
  timeline?: TimelineData;
  missing: MissingData;
  redaction: RedactionData;
}

/** How the bundle came to be. */
export interface RunData {
  version: string;
  startedAt: string;
  durationMs?: number;
  endedEarly?: "interrupted" | "deadline";
  job?: string;
  files: number;
  bytes: number;
  collectors: { total: number; short: number };
  stages: { stage: string; status: string; message?: string }[];
}

export async function readReport(input: ReportInput): Promise<ReportData> {
  const { bundle, name, findings, filesAt } = input;
  const manifest = input.manifest ?? parseManifest(await bundle.readText("MANIFEST.json") ?? "");
  const redaction = input.redaction ??
    parseRedactionReport(await bundle.readText("execution-data/redaction.json") ?? "");
  const files = new ClusterFiles(bundle);
  const timeline = new Timeline();
  const version = await bundle.readText("cluster-info/cluster_version.json");
  const cluster = await readCluster(files, version, (pod) => timeline.addPod(pod));
  await files.each("events", (event) => timeline.addEvent(event));
  const madeAt = Date.parse(manifest?.endedAt ?? "");
  return {
    name: cut(name, 200),
    filesAt,
    run: manifest && readRun(manifest),
    findings: findings && readFindings(findings),
    cluster,
    timeline: timeline.data(Number.isNaN(madeAt) ? undefined : madeAt),
    missing: readMissing(manifest, redaction, await bundle.readText("skipped-collectors.json")),
    redaction: readRedaction(manifest, redaction),
  };
}

function readRun(manifest: Manifest): RunData {
  const { tool, startedAt, endedAt, endedEarly, execution, files, stages } = manifest;
  const collectors = Array.isArray(manifest.collectors) ? manifest.collectors : [];
  const took = Date.parse(endedAt) - Date.parse(startedAt);
  return {
    version: cut(String(tool.version), 60),
    startedAt: cut(String(startedAt), 40),
    durationMs: took >= 0 ? took : undefined,
    endedEarly: endedEarly === "interrupted" || endedEarly === "deadline" ? endedEarly : undefined,
    job: typeof execution?.job === "string" && execution.job !== "" ? cut(execution.job, 200) : undefined,
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + (Number.isFinite(bytes) ? bytes : 0), 0),
    collectors: {
      total: collectors.length,
      short: collectors.filter((one) => one?.status === "failed" || one?.status === "partial").length,
    },
    stages: stages.slice(0, 20).map(({ stage, status, message }) => ({
      stage: cut(String(stage), 40),
      status: cut(String(status), 40),
      message: typeof message === "string" ? cut(message, 500) : undefined,
    })),
  };
}
