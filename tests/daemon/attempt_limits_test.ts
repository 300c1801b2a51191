import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { memoryError, resourceLimits } from "../../src/daemon/attempt_limits.ts";
import { sampleJob } from "./sample_job.ts";

const JOB = "--max-memory of the job";
const SETTINGS = "maxMemoryMB in the settings";

const behaviour: [
  name: string,
  limits: { maxMemory?: string; maxCpu?: string },
  capMB: number | undefined,
  expect: ReturnType<typeof resourceLimits>,
][] = [
  ["are none where nobody says any", {}, undefined, { memory: undefined, maxCpu: undefined }],
  ["are the job's", { maxMemory: "500MB", maxCpu: "0.5" }, undefined, {
    memory: { maxMB: 500, from: JOB },
    maxCpu: 0.5,
  }],
  ["are the settings' where the job has none", {}, 2000, {
    memory: { maxMB: 2000, from: SETTINGS },
    maxCpu: undefined,
  }],
  ["are the job's where that is smaller", { maxMemory: "1GB" }, 2000, {
    memory: { maxMB: 1000, from: JOB },
    maxCpu: undefined,
  }],
  ["are the settings' where that is smaller", { maxMemory: "3GB" }, 2000, {
    memory: { maxMB: 2000, from: SETTINGS },
    maxCpu: undefined,
  }],
  ["of a job that wants none are the settings'", { maxMemory: "0", maxCpu: "0" }, 2000, {
    memory: { maxMB: 2000, from: SETTINGS },
    maxCpu: undefined,
  }],
];
for (const [name, limits, capMB, expect] of behaviour) {
  Deno.test(`resourceLimits() ${name}`, () => {
    const { limits: defaults } = sampleJob();
    deepStrictEqual(resourceLimits({ limits: { ...defaults, ...limits } }, capMB), expect);
  });
}

Deno.test("memoryError() says which limit it was, how much there was, and what to do", () => {
  strictEqual(
    memoryError({ maxMB: 500, from: JOB }, 463.2),
    "ended at its memory limit of 500 MB (--max-memory of the job); it had 463 MB at its highest. " +
      "Give it more, or have it collect less",
  );
  strictEqual(
    memoryError(undefined, undefined),
    "ended by the kernel for want of memory. Give it more, or have it collect less",
  );
});
