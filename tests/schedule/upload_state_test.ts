import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  afterDelivery,
  afterFailedTry,
  afterGivingUp,
  jobAfterUpload,
  NO_UPLOAD,
  tryNow,
  waitsBehind,
} from "../../src/schedule/upload_state.ts";
import { sampleExecution, sampleJob } from "../daemon/sample_job.ts";

const now = new Date("2026-03-02T02:10:00Z");
const away = { code: "UPLOAD_UNREACHABLE", message: "no connection", hint: "Check it", transient: true };
const denied = { code: "UPLOAD_DENIED", message: "403", hint: "Grant it", transient: false };
const spooled = { error: "The bundle waits", errorCode: "UPLOAD_SPOOLED", exitCode: 7 };
const completed = { status: "completed" as const, error: "", errorCode: "", exitCode: 0 };

const tries = [ // name, tries before, failure, tries, next in s, needs somebody
  ["waits half a minute after the first", 0, away, 1, 30, false],
  ["waits longer after the third", 2, away, 3, 120, false],
  ["waits as long as it is asked to", 0, { ...away, retryAfterMs: 90_000 }, 1, 90, false],
  ["waits for somebody when time does not help", 0, denied, 1, 3_600, true],
  ["goes on at once after it was cut off from here", 4, { ...away, code: "UPLOAD_INTERRUPTED" }, 4, 0, false],
] as const;
for (const [name, before, failure, attempts, next, needsYou] of tries) {
  Deno.test(`afterFailedTry() ${name}`, () => {
    const upload = afterFailedTry({ ...NO_UPLOAD, attempts: before }, failure, now);
    strictEqual(upload.state, "waiting");
    strictEqual(upload.attempts, attempts);
    strictEqual(upload.nextAt, new Date(now.getTime() + next * 1000).toISOString());
    deepStrictEqual([upload.needsYou, upload.lastError, upload.lastErrorCode], [
      needsYou,
      failure.message,
      failure.code,
    ]);
    strictEqual(upload.since, now.toISOString());
  });
}

Deno.test("afterFailedTry() keeps since when it waits", () => {
  const first = waitsBehind(NO_UPLOAD, now);
  strictEqual(afterFailedTry(first, away, new Date(now.getTime() + 60_000)).since, now.toISOString());
});

const deliveries = [ // name, execution's error, how it ended apart from that, at the fallback, status, error, exit code
  ["completes a run that lacked nothing else", spooled, completed, false, "completed", "", 0],
  [
    "leaves a run partial that lacked something else",
    spooled,
    { status: "partial", error: "no cluster", errorCode: "KUBE_UNREACHABLE", exitCode: 5 },
    false,
    "partial",
    "KUBE_UNREACHABLE",
    5,
  ],
  ["leaves a run partial whose bundle is at the fallback", spooled, completed, true, "partial", "", 0],
  [
    "leaves a run as it is that was cut off by a limit",
    { error: "too long", errorCode: "TIMEOUT", exitCode: 130 },
    completed,
    false,
    "partial",
    "TIMEOUT",
    130,
  ],
] as const;
for (const [name, error, otherwise, atFallback, status, errorCode, exitCode] of deliveries) {
  Deno.test(`afterDelivery() ${name}`, () => {
    const execution = sampleExecution({
      status: "partial",
      ...error,
      stages: [
        { stage: "archive", status: "ok", durationMs: 1 },
        { stage: "upload", status: "failed", code: "UPLOAD_UNREACHABLE", message: "no connection", durationMs: 2 },
      ],
      upload: { ...afterFailedTry(NO_UPLOAD, away, now), otherwise, plan: { url: "s3://b/", options: {} } },
    });
    const url = "s3://b/x.tar.gz";
    const after = afterDelivery(execution, { url, durationMs: 5, ...atFallback && { fallbackReason: denied } }, now);
    deepStrictEqual([after.status, after.errorCode, after.exitCode], [status, errorCode, exitCode]);
    strictEqual(after.uploadUrl, url);
    deepStrictEqual(after.stages.map((it) => `${it.stage} ${it.status}`), [
      "archive ok",
      atFallback ? "upload partial" : "upload ok",
    ]);
    const { state, fallback, attempts, nextAt, lastError, deliveredAt, plan } = after.upload;
    deepStrictEqual([state, fallback, attempts, nextAt, lastError, deliveredAt, plan], [
      "delivered",
      atFallback,
      2,
      null,
      atFallback ? "403" : "",
      now.toISOString(),
      null,
    ]);
  });
}

Deno.test("afterGivingUp() says why, and forgets what is not needed any more", () => {
  const execution = sampleExecution({
    status: "partial",
    ...spooled,
    upload: { ...afterFailedTry(NO_UPLOAD, denied, now), otherwise: completed },
  });
  const after = afterGivingUp(execution, "Its retention ended", "UPLOAD_EXPIRED");
  deepStrictEqual([after.status, after.error, after.errorCode], ["partial", "Its retention ended", "UPLOAD_EXPIRED"]);
  deepStrictEqual([after.upload.state, after.upload.needsYou, after.upload.nextAt], ["failed", false, null]);
  const delivered = sampleExecution({ upload: { ...NO_UPLOAD, state: "delivered" } });
  strictEqual(afterGivingUp(delivered, "x", "Y"), delivered);
});

Deno.test("tryNow() makes what waits due, and leaves the rest alone", () => {
  const execution = sampleExecution({ upload: afterFailedTry(NO_UPLOAD, denied, new Date(0)) });
  const { nextAt, needsYou, attempts } = tryNow(execution, now).upload;
  deepStrictEqual([nextAt, needsYou, attempts], [now.toISOString(), false, 1]);
  const none = sampleExecution();
  strictEqual(tryNow(none, now), none);
});

Deno.test("jobAfterUpload() follows the upload of the job's last run only", () => {
  const startTime = "2026-03-02T02:00:00.000Z";
  const execution = sampleExecution({ status: "completed", startTime });
  const job = sampleJob({ status: "partial", lastRun: startTime, lastError: "The bundle waits" });
  const { status, lastError } = jobAfterUpload(job, execution);
  deepStrictEqual([status, lastError], ["completed", ""]);
  for (const other of [{ lastRun: "2026-03-02T03:00:00.000Z" }, { status: "running" as const }]) {
    const changed = sampleJob({ ...job, ...other });
    strictEqual(jobAfterUpload(changed, execution), changed);
  }
});
