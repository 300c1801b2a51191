import { selfCommand } from "../../src/core/self.ts";
import type { DaemonMetrics } from "../../src/daemon/metrics.ts";
import { NotificationSender, type NotificationSenderOptions } from "../../src/daemon/notification_sender.ts";
import { notifierSchema, type NotifierSettings } from "../../src/daemon/settings.ts";
import type { Notification } from "../../src/notify/notifier.ts";
import { applyRun, newExecution } from "../../src/schedule/apply_firing.ts";
import { namedTarget, type Notice } from "../../src/schedule/notice.ts";
import { type KvJobStore, openJobStore } from "../../src/store/kv_job_store.ts";
import { ManualClock } from "../manual_clock.ts";
import { startWebhookServer, type WebhookServer } from "../notify/webhook_server.ts";
import { type LoggedLine, recordingLog } from "./fake_log.ts";
import { sampleJob } from "./sample_job.ts";
import { temporaryState } from "./temporary_state.ts";
import { until } from "./until.ts";

export const START = "2026-03-02T12:00:00.000Z"; // a Monday

export interface SenderStage {
  store: KvJobStore;
  clock: ManualClock;
  server: WebhookServer;
  /** What the server answers, from the next request on; undefined: nothing, ever. */
  answer: { status: number | undefined };
  notifiers: Record<string, NotifierSettings>;
  lines: LoggedLine[];
  /** `kind result` of each. */
  counted: string[];
  /** Starts one more daemon's sender on the store. */
  start(options?: Partial<NotificationSenderOptions>): NotificationSender;
  /** Defines a notifier of the settings, at the server. */
  define(name: string, fields?: Record<string, unknown>): void;
  /** An execution ends now, and this notifier is to be told. @returns its id */
  ends(notifier?: string, direct?: Notice["direct"]): Promise<string>;
  /** Turns the clock until nothing can be sent any more at its time. */
  advance(ms: number): Promise<void>;
  /** What the server has accepted. */
  messages(): { path: string; id: string; message: Notification }[];
  received(count: number): Promise<void>;
  /** Waits until nothing is left to be told. */
  empty(): Promise<void>;
}

/** Senders with real children over a real store file, a server that they tell, and a clock that the test turns. */
export async function senderStage(body: (stage: SenderStage) => Promise<void>): Promise<void> {
  await using state = await temporaryState();
  const store = await openJobStore({ path: state.store });
  const clock = new ManualClock(START);
  const { log, lines } = recordingLog();
  const answer: SenderStage["answer"] = { status: 200 };
  const accepted: number[] = [];
  const server = startWebhookServer((request) => {
    const { status } = answer;
    if (status === undefined) return new Promise<Response>(() => {});
    if (status < 300) accepted.push(request - 1);
    return new Response(null, { status });
  });
  const { command, args } = selfCommand();
  const notifiers: Record<string, NotifierSettings> = {};
  const counted: string[] = [];
  const metrics: Pick<DaemonMetrics, "notified"> = {
    notified: (kind, result) => void counted.push(`${kind} ${result}`),
  };
  const senders: NotificationSender[] = [];
  const job = sampleJob();
  await store.createJob(job);
  const stage: SenderStage = {
    store,
    clock,
    server,
    answer,
    notifiers,
    lines,
    counted,
    start(options = {}) {
      const sender = new NotificationSender({
        store,
        clock,
        log,
        metrics,
        owner: `daemon ${senders.length}`,
        command: { command, args: [...args, "tell"] },
        settings: () => ({ notifiers, defaultTimezone: "UTC" }),
        drainMs: 10,
        ...options,
      });
      senders.push(sender);
      sender.start();
      return sender;
    },
    define: (name, fields = {}) =>
      void (notifiers[name] = notifierSchema.parse({ kind: "webhook", url: `${server.url}/${name}`, ...fields })),
    async ends(notifier = "ops", direct) {
      const number = (await store.listExecutions()).length;
      const execution = newExecution(job, new Date(Date.parse(START) + number * 1000), "schedule");
      await store.fire(job.id, execution, applyRun);
      const { id } = execution;
      const target = direct === undefined ? namedTarget(notifier) : `direct:${direct.kind}:${number}`;
      const run = { job: { id: job.id, name: job.name }, execution: { id } };
      const facts = { ...run, findings: { fail: 0, warn: 0, pass: 0 }, newFindings: [], fixedFindings: [] };
      const message = { events: ["failure"], status: "failed", summary: `run ${number} failed`, ...facts };
      const at = clock.now().toISOString();
      const notice: Notice = { schemaVersion: 1, target, id, at, direct, message };
      await store.updateExecution(id, (it) => ({ ...it, status: "failed" }), undefined, undefined, () => [notice]);
      for (const sender of senders) sender.wake();
      return id;
    },
    async advance(ms) {
      await clock.advance(ms);
      for (const sender of senders) sender.wake();
    },
    messages: () =>
      accepted.map((index) => {
        const { path, headers, body } = server.received[index]!;
        return { path, id: headers.get("x-support-bundle-delivery")!, message: JSON.parse(body) };
      }),
    received: async (count) => void await until(`${count} requests`, () => server.received.length >= count),
    empty: async () =>
      void await until("nothing to be left", async () => {
        const idle = (await store.notifierStates()).every(({ claim }) => claim === null);
        return idle && (await store.pendingNotices()).length === 0;
      }),
  };
  try {
    await body(stage);
  } finally {
    for (const sender of senders) await sender.stop();
    await server.stop();
    store.close();
  }
}

/** The runs that a message tells of, oldest first. */
export function runsOf({ summary, earlier = [] }: Notification): string[] {
  return [...earlier.map((run) => run.summary), summary].map((text) => text.replace(/^run (\d+) failed$/, "$1"));
}
