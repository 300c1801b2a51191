import { deepStrictEqual } from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { failureNotifier } from "../../src/daemon/notify_failure.ts";
import type { Job } from "../../src/schedule/job.ts";
import { startWebhookServer } from "../notify/webhook_server.ts";
import { recordingLog } from "./fake_log.ts";
import { sampleExecution, sampleJob } from "./sample_job.ts";
import { secretsOf } from "../secrets.ts";

const since = "2026-03-02T00:00:00Z";
const behaviour: [name: string, paused: Job["paused"], expect: { paused?: { note: string }; summary: string }][] = [
  ["a failure", null, { summary: "nightly: failed" }],
  ["a failure after which the job paused itself", { by: "scheduler", note: "it failed", since }, {
    paused: { note: 'it failed; to enable it again: support-bundle schedule enable "nightly"' },
    summary: "nightly: failed, the job is paused now",
  }],
  ["a failure of a job that somebody paused", { by: "alice@host", note: "upgrade", since }, {
    summary: "nightly: failed",
  }],
];

for (const [name, paused, expect] of behaviour) {
  Deno.test(`failureNotifier() tells of ${name}`, async () => {
    const server = startWebhookServer(() => new Response());
    try {
      const { log } = recordingLog();
      const notify = failureNotifier({
        env: {},
        secret: () => secretsOf(),
        clock: systemClock,
        signal: new AbortController().signal,
        log,
      });
      const job = sampleJob({ name: "nightly", notify: [{ kind: "webhook", url: `${server.url}/x` }], paused });
      await notify(job, sampleExecution({ status: "failed", error: "no route" }, job), undefined);
      const { events, paused: told, summary, error } = JSON.parse(server.received[0]!.body);
      deepStrictEqual({ events, paused: told, summary, error }, {
        events: ["failure"],
        paused: undefined,
        ...expect,
        error: "no route",
      });
    } finally {
      await server.stop();
    }
  });
}
