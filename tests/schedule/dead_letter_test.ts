import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { deadLetters } from "../../src/schedule/dead_letter.ts";
import { type Execution, executionSchema } from "../../src/schedule/execution.ts";
import { classifyFailure } from "../../src/schedule/failure_class.ts";

const made = (id: string, fields: Partial<Execution>): Execution =>
  executionSchema.parse({ id, jobId: "job-1", jobName: "nightly", scheduledAt: "2026-03-01T02:00:00Z", ...fields });
const at = (minute: number) => `2026-03-01T02:${String(minute).padStart(2, "0")}:00.000Z`;

const letters: [name: string, fields: Partial<Execution>, lastSuccess: number | undefined, expect: boolean][] = [
  ["keeps what failed", { status: "failed" }, undefined, true],
  ["keeps what failed after the last success", { status: "failed" }, 4, true],
  ["leaves out what failed before it", { status: "failed" }, 6, false],
  ["keeps what an interrupt ended", { status: "cancelled", errorCode: "INTERRUPTED" }, undefined, true],
  [
    "not what the next run took the place of",
    { status: "cancelled", errorCode: "OVERLAP_CANCELLED" },
    undefined,
    false,
  ],
  ["leaves out what its job's deletion ended", { status: "cancelled", errorCode: "JOB_GONE" }, undefined, false],
  ["leaves out what is tried again", { status: "retrying", errorCode: "CRASHED" }, undefined, false],
  ["leaves out what is held back", { status: "quarantined" }, undefined, false],
  ["leaves out what was skipped", { status: "skipped" }, undefined, false],
  ["leaves out a partial bundle", { status: "partial" }, undefined, false],
];
for (const [name, fields, lastSuccess, expect] of letters) {
  Deno.test(`deadLetters() ${name}`, () => {
    const execution = made("e", { endTime: at(5), ...fields });
    const success = lastSuccess === undefined ? undefined : new Date(at(lastSuccess));
    deepStrictEqual(deadLetters([execution], success), expect ? [execution] : []);
  });
}

const classes: [errorCode: string, exitCode: number | null, transient: boolean, expect: string][] = [
  ["KUBE_UNREACHABLE", 6, true, "transient"],
  ["INTERRUPTED", null, true, "transient"],
  ["SPEC_VALUE", 2, false, "permanent"],
  ["KUBE_FORBIDDEN", 6, false, "permission"],
  ["UPLOAD_DENIED", 7, true, "permission"],
  ["MEMORY_LIMIT", null, false, "resource"],
  ["TIMEOUT", 124, true, "resource"],
  ["STATE_FAILED", 12, true, "resource"], // exit code: the disk is full
];
for (const [errorCode, exitCode, transient, expect] of classes) {
  Deno.test(`classifyFailure() calls ${errorCode} with exit code ${exitCode} ${expect}`, () => {
    strictEqual(classifyFailure({ errorCode, exitCode, transient }), expect);
  });
}
