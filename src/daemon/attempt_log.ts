import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { PipelineEvent } from "../pipeline/report.ts";
import type { ExecutionLog } from "../schedule/execution.ts";
import type { JobStore } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";

const FLUSH_EVERY_MS = 1_000;
const MAX_WAITING = 1_000;
const MAX_MESSAGE = 4_000;
const MAX_GARBAGE = 5;

/** What an attempt says, on its way to the execution's log in the store and to the daemon's log. Bounded: entries that
 * the store does not take in time are dropped, oldest first, and counted. */
export class AttemptLog {
  /** What it was doing last, for people who watch. */
  progress = "";
  #waiting: ExecutionLog[] = [];
  #dropped = 0;
  #garbage = 0;
  readonly #stopping = new AbortController();
  readonly #flushing: Promise<void>;

  constructor(
    private readonly store: JobStore,
    private readonly clock: Clock,
    private readonly executionId: string,
    private readonly log: DaemonLog,
  ) {
    this.#flushing = this.#flushOften();
  }

  event(event: PipelineEvent): void {
    switch (event.type) {
      case "progress":
        this.progress = `${event.stage}: ${event.subject}`.slice(0, 200);
        return;
      case "log":
        return this.add(event.level, event.component, event.message);
      case "stage": {
        const { stage, status, code, message } = event.outcome;
        const text = `${stage}: ${status}${code === undefined ? "" : ` (${code})`}${message ? `: ${message}` : ""}`;
        const level = status === "failed" ? "error" : status === "partial" ? "warn" : "info";
        return this.add(level, COMPONENT_OF_STAGE[stage], text);
      }
    }
  }

  /** A line on the child's standard output that is not of the protocol. */
  garbage(line: string, reason: string): void {
    this.#garbage++;
    if (this.#garbage <= MAX_GARBAGE) this.add("warn", "executor", `unreadable output (${reason}): ${line}`);
  }

  add(level: ExecutionLog["level"], component: string, message: string): void {
    const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message;
    this.log[level](text, { component });
    this.#waiting.push({ timestamp: this.clock.now().toISOString(), level, component, message: text });
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#dropped++;
    }
  }

  /** Writes what is left. Twice is harmless. */
  async close(): Promise<void> {
    if (this.#garbage > MAX_GARBAGE) {
      this.add("warn", "executor", `${this.#garbage} lines of output were unreadable`);
      this.#garbage = 0;
    }
    this.#stopping.abort();
    await this.#flushing;
    await this.flush();
  }

  async #flushOften(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.clock.sleep(FLUSH_EVERY_MS, this.#stopping.signal);
      await this.flush();
    }
  }

  /** Writes what is there now. Never rejects: what the store does not take is in the daemon's own log. */
  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    if (this.#dropped > 0) {
      const message = `${this.#dropped} log entries were dropped here`;
      entries.unshift({ timestamp: entries[0]!.timestamp, level: "warn", component: "executor", message });
      this.#dropped = 0;
    }
    try {
      await this.store.appendLogs(this.executionId, entries);
    } catch (error) {
      this.log.warn("cannot write the execution's log", { component: "store", error: describeError(error) });
    }
  }
}

const COMPONENT_OF_STAGE = {
  collect: "collector",
  redact: "redactor",
  analyze: "analyzer",
  archive: "executor",
  "leak-gate": "redactor",
  sign: "executor",
  upload: "uploader",
  notify: "notifier",
} as const;
