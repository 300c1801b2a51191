import type { Finding } from "../analyze/analyzer.ts";
import type { WrittenArchive } from "../bundle/archive.ts";
import { isShortfall } from "../bundle/entry.ts";
import type { CollectorRecord, MissingRecord, StageOutcome } from "../bundle/manifest.ts";
import { describeError, errorCode, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { UPLOAD_SPOOLED } from "../core/upload_codes.ts";
import { UploadError } from "../upload/upload_error.ts";
import type { CostReport } from "./cost_report.ts";
import type { Delivered } from "./deliver.ts";
import type { KeptTokens } from "./keep_tokens.ts";
import type { Quarantine } from "./leak_gate.ts";
import type { PipelineReport } from "./report.ts";
import type { PipelineRequest } from "./request.ts";

/** What is known of a run while it goes on. */
export interface RunFacts extends KeptTokens {
  request: PipelineRequest;
  startedAt: Date;
  stages: StageOutcome[];
  collectors: CollectorRecord[];
  missing: MissingRecord[];
  redactions: Record<string, number>;
  /** Why values of the cluster's Secrets are not hidden wherever they are. */
  notScrubbed?: string;
  /** What reading them asked of the API server. */
  scrubUsage?: { requests: number; bytes: number };
  findings: Finding[];
  analysis?: unknown[];
  /** Why the bundle has nothing, or little, of the cluster. */
  clusterError?: unknown;
  cost?: CostReport;
  endedEarly?: "interrupted" | "deadline";
  archive?: WrittenArchive;
  /** Values that must not be in the archive, whatever they look like. */
  knownValues?: Iterable<string | Uint8Array>;
  /** The archive is held back. */
  quarantine?: Quarantine;
  delivery?: Delivered;
  /** What the cluster is called at the destination. */
  clusterName?: string;
  /** What the last failed stage threw. */
  failure?: unknown;
  peakMemoryMB?: number;
  /** Work folder and archive, when they were largest. */
  diskBytes?: number;
}

/** No collector gave anything: there is no bundle to write. */
export class NothingCollectedError extends SupportBundleError {
  constructor(missing: MissingRecord[]) {
    const first = missing.find(({ reason }) => reason !== "excluded");
    super(`Nothing could be collected${first === undefined ? "" : `: ${first.path}: ${first.message}`}`, {
      code: "NOTHING_COLLECTED",
      hint: "Check that the spec names collectors that are not excluded, and that they may read what they want",
    });
  }
}

/** The run was stopped before there was anything to put into a bundle. */
export class InterruptedError extends SupportBundleError {
  constructor() {
    super("The run was interrupted before anything was gathered; no bundle was written", {
      code: "INTERRUPTED",
      exitCode: EXIT.interrupted,
    });
  }
}

const TOP_FINDINGS = 50;
const MAX_MESSAGE = 500;
const MAX_PATH = 200;
const MAX_SHORTFALLS = 20;

/** How a run ended: pure, from what its stages left. */
export function toReport(run: RunFacts, now: Date): PipelineReport {
  const shortfalls = run.missing.filter(({ reason }) => isShortfall(reason));
  const verdict = judge(run, shortfalls);
  const { findings, shown, analysis } = run.quarantine?.withholdTexts
    ? { findings: { ...countFindings(run.findings), top: [] }, shown: [], analysis: [] }
    : { findings: countFindings(run.findings), shown: shortfalls, analysis: run.analysis ?? [] };
  return {
    ...verdict,
    stages: run.stages,
    archive: run.archive,
    uploadUrl: run.delivery?.url,
    upload: uploadReport(run, shortfalls),
    collectorCount: run.collectors.length,
    analyzerCount: run.findings.length,
    findings,
    analysis,
    redactions: run.redactions,
    tokens: run.tokens,
    shortfalls: shown.slice(0, MAX_SHORTFALLS).map(({ path, message }) => `${path}: ${message}`),
    shortfallCount: shortfalls.length,
    cost: run.cost && { requests: run.cost.requests, receivedBytes: run.cost.receivedBytes },
    durationMs: now.getTime() - run.startedAt.getTime(),
    peakMemoryMB: run.peakMemoryMB ?? 0,
  };
}

type Verdict = Pick<PipelineReport, "status" | "exitCode" | "error">;

/** The status and the exit code. The worst counts: a secret before delivery, delivery before gathering. */
function judge(run: RunFacts, shortfalls: MissingRecord[]): Verdict {
  if (run.quarantine !== undefined) {
    return { status: "quarantined", exitCode: EXIT.quarantined, error: toReportError(run.quarantine.error) };
  }
  const failed = run.stages.find(({ stage, status }) =>
    status === "failed" && (stage === "upload" || stage === "archive" || stage === "sign")
  );
  const upload = uploadState(run);
  if (failed !== undefined && upload !== "waiting") {
    return { status: "failed", exitCode: exitCodeOf(run.failure), error: toReportError(run.failure) };
  }
  if (upload === "waiting") {
    const why = run.stages.find(({ stage }) => stage === "upload")?.message;
    const message = `The bundle waits for its destination: ${why}`;
    const hint = "It is delivered as soon as that is possible; support-bundle schedule uploads shows what waits";
    return {
      status: "partial",
      exitCode: EXIT.upload,
      error: { code: UPLOAD_SPOOLED, message, hint, transient: false },
    };
  }
  return judgeContent(run, shortfalls);
}

/** How the run ended, whatever became of its upload. */
function judgeContent(run: RunFacts, shortfalls: MissingRecord[]): Verdict & { status: "partial" | "completed" } {
  if (run.endedEarly !== undefined) {
    const interrupted = run.endedEarly === "interrupted";
    return {
      status: "partial",
      exitCode: interrupted ? EXIT.interrupted : EXIT.timeout,
      error: {
        code: interrupted ? "INTERRUPTED" : "DEADLINE",
        message: interrupted
          ? "The run was interrupted; the bundle has what was gathered until then"
          : "The deadline passed; the bundle has what was gathered until then",
        transient: false,
      },
    };
  }
  if (run.tokenError !== undefined) {
    return { status: "partial", exitCode: exitCodeOf(run.tokenError), error: toReportError(run.tokenError) };
  }
  if (run.clusterError !== undefined) {
    return { status: "partial", exitCode: EXIT.partial, error: toReportError(run.clusterError) };
  }
  const waits = uploadState(run) === "waiting";
  const short = shortfalls.length > 0 ||
    run.stages.some(({ status, stage }) =>
      stage !== "notify" && !(waits && stage === "upload") && (status === "partial" || status === "failed")
    );
  return { status: short ? "partial" : "completed", exitCode: EXIT.ok };
}

function uploadState({ request, stages, delivery, quarantine }: RunFacts) {
  const outcome = stages.find(({ stage }) => stage === "upload");
  if (outcome === undefined || quarantine !== undefined) return undefined;
  if (delivery !== undefined) return "delivered";
  return request.upload?.spool === true ? "waiting" : "failed";
}

function uploadReport(run: RunFacts, shortfalls: MissingRecord[]): PipelineReport["upload"] {
  const state = uploadState(run);
  if (state === undefined) return undefined;
  const tried = run.stages.some(({ stage, status }) => stage === "upload" && status !== "skipped");
  const error = run.delivery?.fallbackReason ?? (tried && state !== "delivered" ? run.failure : undefined);
  return {
    state,
    fallback: run.delivery?.fallbackReason !== undefined,
    error: error === undefined ? undefined : toUploadError(error),
    cluster: run.clusterName,
    otherwise: state === "waiting" ? judgeContent(run, shortfalls) : undefined,
  };
}

/** As {@linkcode toReportError}, with how long the destination wants to be left alone. */
export function toUploadError(error: unknown): NonNullable<NonNullable<PipelineReport["upload"]>["error"]> {
  return { ...toReportError(error), retryAfterMs: error instanceof UploadError ? error.retryAfterMs : undefined };
}

/** A failure in the form that reports and records keep. */
export function toReportError(error: unknown): NonNullable<PipelineReport["error"]> {
  const hint = error instanceof SupportBundleError ? error.hint : undefined;
  return { code: errorCode(error), message: describeError(error), hint, transient: isTransient(error) };
}

export function exitCodeOf(error: unknown): number {
  return error instanceof SupportBundleError ? error.exitCode : EXIT.internal;
}

/** True when the same attempt may succeed later: the error says so, or the cluster was out of reach. */
function isTransient(error: unknown): boolean {
  if (typeof error === "object" && error !== null && "transient" in error) return error.transient === true;
  return errorCode(error) === "KUBE_UNREACHABLE";
}

function countFindings(findings: Finding[]): PipelineReport["findings"] {
  const counts = { fail: 0, warn: 0, pass: 0 };
  const top: PipelineReport["findings"]["top"] = [];
  for (const { title, outcome, nextStep, evidence } of findings) {
    if (outcome.status !== "fail" && outcome.status !== "warn" && outcome.status !== "pass") continue;
    counts[outcome.status]++;
    if (outcome.status !== "pass") {
      const message = outcome.message.slice(0, MAX_MESSAGE);
      const step = nextStep === undefined ? {} : { nextStep: nextStep.slice(0, MAX_MESSAGE) };
      top.push({ title, severity: outcome.status, message, ...step, ...firstPlace(evidence) });
    }
  }
  top.sort((a, b) => (a.severity === b.severity ? 0 : a.severity === "fail" ? -1 : 1));
  return { ...counts, top: top.slice(0, TOP_FINDINGS) };
}

/** Where a finding is seen first, as `path:line`. */
function firstPlace([place]: Finding["evidence"] = []): { evidence?: string } {
  if (place === undefined) return {};
  const { path, line } = place;
  return { evidence: `${path.slice(0, MAX_PATH)}${line === undefined ? "" : `:${line}`}` };
}
