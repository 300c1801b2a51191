import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { AttemptEnd } from "../../src/daemon/attempt_process.ts";
import { finishAttempt, finishInterrupted, INTERRUPTED } from "../../src/daemon/finish_attempt.ts";
import { type PipelineReport, pipelineReportSchema } from "../../src/pipeline/report.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";

const job = sampleJob({ retry: { maxAttempts: 3, delay: "30s", maxDelay: "15m" } });
const startedAt = new Date("2026-03-02T00:00:00Z");
const now = new Date("2026-03-02T00:00:42.500Z");
const times = { startedAt, now, timeoutMs: 1_800_000 };

function report(fields: Partial<PipelineReport>): PipelineReport {
  return pipelineReportSchema.parse({
    status: "completed",
    exitCode: 0,
    stages: [],
    collectorCount: 0,
    analyzerCount: 0,
    findings: { fail: 0, warn: 0, pass: 0, top: [] },
    analysis: [],
    redactions: {},
    shortfalls: [],
    shortfallCount: 0,
    durationMs: 0,
    peakMemoryMB: 0,
    ...fields,
  });
}

function ended(fields: Partial<AttemptEnd>): AttemptEnd {
  return { exitCode: 0, stderrTail: "", usage: {}, ...fields };
}

const archive = { path: "/b.tar.gz", bytes: 10, sha256: "abc" };
const failed = (transient: boolean) =>
  report({ status: "failed", exitCode: 6, error: { code: "KUBE_UNREACHABLE", message: "no way", transient } });

/** Of a run whose upload failed in passing. @param error what else went wrong */
const waits = (error?: PipelineReport["error"]) =>
  report({
    status: "partial",
    exitCode: 7,
    archive,
    error: { code: "UPLOAD_SPOOLED", message: "The bundle waits", transient: false },
    stages: [{ stage: "upload", status: "failed", durationMs: 1 }],
    upload: {
      state: "waiting",
      fallback: false,
      cluster: "prod",
      error: { code: "UPLOAD_UNREACHABLE", message: "no connection", transient: true, retryAfterMs: 60_000 },
      otherwise: { status: error === undefined ? "completed" : "partial", exitCode: 0, error },
    },
  });

const behaviour: [name: string, end: AttemptEnd, retryCount: number, expect: Record<string, unknown>][] = [
  ["completes", ended({ report: report({ archive }) }), 0, {
    status: "completed",
    error: "",
    final: true,
  }],
  ["keeps a partial result, and does not repeat it", ended({ report: report({ status: "partial", archive }) }), 0, {
    status: "partial",
    final: true,
  }],
  ["quarantines", ended({ report: report({ status: "quarantined", exitCode: 8, archive }) }), 0, {
    status: "quarantined",
    exitCode: 8,
    final: true,
  }],
  [
    "does not repeat a quarantined one, whatever its error says and whatever ended it",
    ended({
      report: report({
        status: "quarantined",
        exitCode: 8,
        archive,
        error: { code: "LEAK_GATE_FAILED", message: "could not be checked", transient: true },
      }),
      endedFor: "timeout",
    }),
    0,
    { status: "quarantined", errorCode: "LEAK_GATE_FAILED", errorClass: "", final: true },
  ],
  ["does not collect again what only waits for its destination", ended({ report: waits(), exitCode: 7 }), 0, {
    status: "partial",
    errorCode: "UPLOAD_SPOOLED",
    errorClass: "",
    exitCode: 7,
    final: true,
  }],
  [
    "keeps the bundle whose upload the daemon's end cut off",
    ended({ report: waits(), exitCode: 7, endedFor: "interrupted" }),
    0,
    { status: "partial", errorCode: "UPLOAD_SPOOLED", final: true },
  ],
  [
    "keeps the bundle whose upload took longer than an attempt may",
    ended({ report: waits(), exitCode: 7, endedFor: "timeout" }),
    0,
    { status: "partial", errorCode: "UPLOAD_SPOOLED", final: true },
  ],
  [
    "collects again what the daemon's end cut off before its upload",
    ended({ report: waits({ code: "INTERRUPTED", message: "cut", transient: false }), endedFor: "interrupted" }),
    0,
    { status: "retrying", errorCode: "INTERRUPTED" },
  ],
  ["tries a transient failure again", ended({ report: failed(true), exitCode: 6 }), 0, {
    status: "retrying",
    errorClass: "transient",
    errorCode: "KUBE_UNREACHABLE",
    error: "no way",
    retryCount: 1,
    retryAt: "2026-03-02T00:00:57.500Z",
    final: false,
  }],
  ["waits twice as long the second time", ended({ report: failed(true), exitCode: 6 }), 1, {
    status: "retrying",
    retryCount: 2,
    retryAt: "2026-03-02T00:01:12.500Z",
  }],
  ["fails for good after the last attempt, and tells of it", ended({ report: failed(true), exitCode: 6 }), 2, {
    status: "failed",
    retryCount: 2,
    retryAt: null,
    final: true,
  }],
  ["does not repeat a permanent failure", ended({ report: failed(false), exitCode: 6 }), 0, {
    status: "failed",
    retryAt: null,
    final: true,
  }],
  ["tries a crash again", ended({ exitCode: 70 }), 0, {
    status: "retrying",
    errorCode: "CRASHED",
    error: "the attempt ended with exit code 70 without a report",
    exitCode: 70,
  }],
  ["takes an end without a report for a crash, whatever the exit code", ended({ exitCode: 0 }), 2, {
    status: "failed",
    errorCode: "CRASHED",
  }],
  ["names the signal of a killed child", ended({ exitCode: null, exitSignal: "SIGKILL" }), 0, {
    status: "retrying",
    error: "the attempt was killed by SIGKILL without a report",
  }],
  ["tries a timeout again", ended({ exitCode: null, exitSignal: "SIGTERM", endedFor: "timeout" }), 0, {
    status: "retrying",
    errorClass: "resource",
    errorCode: "TIMEOUT",
    error: "ended after 30m: the limit of an attempt",
    exitCode: 124,
  }],
  [
    "keeps the bundle that a child finished after its timeout",
    ended({
      report: report({
        status: "partial",
        exitCode: 130,
        archive,
        error: { code: "INTERRUPTED", message: "was interrupted", transient: false },
      }),
      endedFor: "timeout",
    }),
    0,
    {
      status: "partial",
      errorCode: "TIMEOUT",
      error: "ended after 30m: the limit of an attempt",
      bundlePath: "/b.tar.gz",
    },
  ],
  ["does not repeat what needs too much memory", ended({ exitCode: null, endedFor: "memory" }), 0, {
    status: "failed",
    errorCode: "MEMORY_LIMIT",
    errorClass: "resource",
  }],
  ["tries again what could not be started", ended({ exitCode: null, startError: "no such file" }), 0, {
    status: "retrying",
    errorCode: "START_FAILED",
    error: "the attempt could not be started: no such file",
  }],
  [
    "has an interrupted one tried again at once, even after the last attempt",
    ended({ exitCode: null, endedFor: "interrupted" }),
    2,
    { status: "retrying", error: INTERRUPTED, retryAt: now.toISOString(), retryCount: 3, final: false },
  ],
  [
    "has one tried again that finished a partial bundle because the daemon stopped",
    ended({ report: report({ status: "partial", exitCode: 130, archive }), endedFor: "interrupted" }),
    0,
    { status: "retrying", errorCode: "INTERRUPTED" },
  ],
  [
    "takes the result of one that completed although the daemon stopped",
    ended({ report: report({ archive }), endedFor: "interrupted" }),
    0,
    { status: "completed", final: true },
  ],
];

for (const [name, end, retryCount, expect] of behaviour) {
  Deno.test(`finishAttempt() ${name}`, () => {
    const { execution, final } = finishAttempt(sampleExecution({ retryCount }), job, end, times, 0);
    const actual: Record<string, unknown> = { ...execution, final };
    deepStrictEqual(Object.fromEntries(Object.keys(expect).map((key) => [key, actual[key]])), expect);
  });
}

Deno.test("finishAttempt() records what the report says, and how long it took", () => {
  const { execution } = finishAttempt(
    sampleExecution({ status: "running", process: { pid: 5, startedAt: "x", host: "h" } }),
    job,
    ended({
      report: report({
        archive,
        uploadUrl: "s3://b/k",
        collectorCount: 3,
        analyzerCount: 2,
        findings: {
          fail: 1,
          warn: 0,
          pass: 1,
          top: [{
            title: "Disk",
            severity: "fail",
            message: "full",
            nextStep: "empty it",
            evidence: "host/disk.json:3",
          }],
        },
        redactions: { "bearer-token": 4 },
        shortfalls: ["a: b"],
        shortfallCount: 1,
        peakMemoryMB: 80,
        usage: { cpuTimeMs: 1_500, diskUsageMB: 12.34567, networkBytesTx: 0, networkBytesRx: 2_000 },
        stages: [
          { stage: "collect", status: "partial", durationMs: 1_500 },
          { stage: "upload", status: "failed", code: "X", durationMs: 250 },
        ],
      }),
      usage: { peakMemoryMB: 95.5, cpuTimeMs: 1_200, diskUsageMB: 0 },
    }),
    times,
    0,
  );
  strictEqual(execution.duration, 42.5);
  strictEqual(execution.endTime, now.toISOString());
  strictEqual(execution.process, null);
  deepStrictEqual(
    [execution.bundlePath, execution.bundleSize, execution.bundleSha256, execution.uploadUrl],
    ["/b.tar.gz", 10, "abc", "s3://b/k"],
  );
  deepStrictEqual(execution.redactions, { "bearer-token": 4 });
  deepStrictEqual(execution.findings.top, [
    { title: "Disk", severity: "fail", message: "full", evidence: "host/disk.json:3" },
  ]);
  deepStrictEqual(execution.metrics, {
    collectionTime: 1.5,
    redactionTime: 0,
    analysisTime: 0,
    archiveTime: 0,
    uploadTime: 0.25,
    totalTime: 1.75,
    analyzerCount: 2,
    errorCount: 2,
    resourceUsage: {
      peakMemoryMB: 95.5,
      cpuTimeMs: 1_500,
      diskUsageMB: 12.346,
      networkBytesTx: 0,
      networkBytesRx: 2_000,
    },
  });
});

Deno.test("finishAttempt() forgets what an earlier attempt delivered when this one has no report", () => {
  const earlier = sampleExecution({ bundlePath: "/old.tar.gz", uploadUrl: "s3://old", bundleSize: 9, retryCount: 2 });
  const { execution } = finishAttempt(earlier, job, ended({ exitCode: 1 }), times, 0);
  deepStrictEqual([execution.bundlePath, execution.uploadUrl, execution.bundleSize], ["", "", 0]);
});

Deno.test("finishInterrupted() tries again while attempts are left", () => {
  const { execution, final } = finishInterrupted(sampleExecution({ status: "running" }), job, now, 0);
  deepStrictEqual([execution.status, execution.retryCount, execution.error, final], [
    "retrying",
    1,
    INTERRUPTED,
    false,
  ]);
  strictEqual(execution.retryAt, now.toISOString());
});

Deno.test("finishInterrupted() ends what took the daemon down with it each time", () => {
  const { execution, final } = finishInterrupted(sampleExecution({ retryCount: 2 }), job, now, 0);
  deepStrictEqual([execution.status, final], ["failed", true]);
  strictEqual(execution.error, `${INTERRUPTED}; all 3 attempts are used up`);
});

Deno.test("finishInterrupted() fails what has no job any more", () => {
  const { execution, final } = finishInterrupted(sampleExecution(), undefined, now, 0);
  deepStrictEqual([execution.status, final], ["failed", true]);
});

Deno.test("finishAttempt() keeps what is known of the resources that an attempt without a report has used", () => {
  const end = ended({ exitCode: null, endedFor: "memory", usage: { peakMemoryMB: 463.2, diskUsageMB: 5 } });
  const memory = { maxMB: 500, from: "--max-memory of the job" };
  const { execution } = finishAttempt(sampleExecution(), job, end, { ...times, memory }, 0);
  deepStrictEqual(execution.metrics, { resourceUsage: { peakMemoryMB: 463.2, diskUsageMB: 5 } });
  strictEqual(
    execution.error,
    "ended at its memory limit of 500 MB (--max-memory of the job); it had 463 MB at its highest. " +
      "Give it more, or have it collect less",
  );
});

Deno.test("finishAttempt() takes down what waits, where to, and when it is tried again", () => {
  const credentials = "env:KEYS";
  const uploading = sampleJob({ upload: { enabled: true, endpoint: "s3://b/{job}/", credentials, bandwidth: "1MB" } });
  const running = sampleExecution({ process: { pid: 1, startedAt: "", host: "host-1" } });
  const { execution } = finishAttempt(running, uploading, ended({ report: waits() }), times, 0);
  deepStrictEqual(execution.upload, {
    state: "waiting",
    destination: "s3://b/{job}/",
    fallback: false,
    attempts: 1,
    since: now.toISOString(),
    nextAt: "2026-03-02T00:01:42.500Z",
    needsYou: false,
    refused: false,
    lastError: "no connection",
    lastErrorCode: "UPLOAD_UNREACHABLE",
    hint: "",
    deliveredAt: null,
    cluster: "prod",
    host: "host-1",
    otherwise: { status: "completed", error: "", errorCode: "", exitCode: 0 },
    plan: { url: "s3://b/{job}/", options: {}, credentials, fallback: undefined, bandwidthBytesPerSecond: 1_000_000 },
  });
});

Deno.test("finishAttempt() says that a bundle was delivered, or that there was nothing to deliver", () => {
  const upload = { state: "delivered" as const, fallback: false };
  const delivered = finishAttempt(sampleExecution(), job, ended({ report: report({ archive, upload }) }), times, 0);
  const { state, attempts, deliveredAt, plan } = delivered.execution.upload;
  deepStrictEqual([state, attempts, deliveredAt, plan], ["delivered", 1, now.toISOString(), null]);
  const none = finishAttempt(delivered.execution, job, ended({ report: report({ archive }) }), times, 0);
  strictEqual(none.execution.upload.state, "none");
});
