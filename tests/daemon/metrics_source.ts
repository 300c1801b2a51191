import type { JobFacts } from "../../src/daemon/job_census.ts";
import type { MetricsSource } from "../../src/daemon/metrics.ts";

export const now = new Date("2026-03-02T12:00:00Z");

/** A time of that month, in milliseconds. */
export const at = (time: string) => Date.parse(`2026-03-${time}Z`);

export const nightly = { schedules: ["0 2 * * *"], timezone: "UTC", blackout: [] };

export function jobFacts(fields: Partial<JobFacts> = {}): JobFacts {
  return {
    id: "job-1",
    name: "nightly",
    enabled: true,
    status: "pending",
    nextRun: NaN,
    lastRun: NaN,
    failuresInRow: 0,
    timing: nightly,
    ...fields,
  };
}

/** A daemon that is well and has nothing to do. */
export function metricsSource(fields: Partial<MetricsSource> = {}): MetricsSource {
  return {
    now: () => now,
    startTime: new Date("2026-03-01T00:00:00Z"),
    jobs: () => Promise.resolve([]),
    running: () => 0,
    held: () => 0,
    waiting: () => 0,
    maxConcurrent: () => 3,
    lastSuccess: () => Promise.resolve(undefined),
    ready: () => Promise.resolve(new Map([["store", ""]])),
    unreadable: () => 0,
    notifications: () => ({ waiting: 0, failing: 0 }),
    disk: () => Promise.resolve(undefined),
    ...fields,
  };
}
