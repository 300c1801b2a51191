import { isShortfall, missing, type MissingReason } from "../bundle/entry.ts";
import type { CollectorRecord } from "../bundle/manifest.ts";
import { DiskError } from "../bundle/work_folder.ts";
import type { CollectContext } from "../collect/collector.ts";
import { type Deadline, startDeadline } from "../collect/deadline.ts";
import type { Clock } from "../core/clock.ts";
import { describeError, errorCode } from "../core/errors.ts";
import { eventTurn } from "../core/event_turn.ts";
import { raceAgainst } from "../core/race_against.ts";
import { KubeForbiddenError, KubeUnreachableError } from "../kube/errors.ts";
import type { CollectorEntry } from "../spec/load_spec.ts";
import type { BundleWriter } from "./bundle_writer.ts";
import { type SizeBudget, TooLargeError } from "./size_budget.ts";

export interface CollectorRun {
  record: CollectorRecord;
  /** What the collector threw. */
  error?: unknown;
  /** The cluster refused everything this collector wanted. */
  forbidden: boolean;
  /** Its deadline, or one of its own requests', passed. */
  timedOut: boolean;
}

export interface CollectorRunOptions {
  writer: BundleWriter;
  context: Omit<CollectContext, "signal" | "clock" | "deadlineAt">;
  clock: Clock;
  /** Aborted when gathering ends. */
  signal: AbortSignal;
  deadlineMs: number;
}

/** How long a collector may ignore that its time is over before it is left behind. */
const GRACE_MS = 2_000;
/** How long one that has no more room may take to clean up. */
const CLEAN_UP_MS = 10_000;

/** Runs one collector to its end, its failure or its deadline. What it throws is a result; only a full disk is thrown. */
export async function runCollector(entry: CollectorEntry, options: CollectorRunOptions): Promise<CollectorRun> {
  const { writer, clock } = options;
  const { unit, config } = entry;
  const title = unit.title(config);
  const started = clock.now().getTime();
  const record: CollectorRecord = {
    title,
    kind: unit.kind,
    where: unit.where,
    status: "ok",
    durationMs: 0,
    files: 0,
    bytes: 0,
  };
  using deadline = startDeadline(clock, options.deadlineMs, options.signal);
  const { signal } = deadline;

  let error: unknown;
  let forbidden = 0;
  const shortfalls = writer.missing.length;
  const budget = writer.collectorBudget();
  const ended = new AbortController();
  const orOver = raceAgainst(overdue(signal, ended.signal, clock));
  const deadlineAt = new Date(started + options.deadlineMs);
  const kube = unit.where === "cluster" ? options.context.kube.counted() : options.context.kube;
  const context = { ...options.context, kube, clock, signal, deadlineAt };
  const iterator = unit.collect(config, context)[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await orOver(iterator.next());
      if (next === "over" || next.done) {
        if (signal.aborted) throw signal.reason;
        break;
      }
      if (next.value.type === "missing" && next.value.reason === "forbidden") forbidden++;
      const bytes = await writer.add(next.value, title, { cut: signal, budget });
      if (bytes !== undefined) {
        record.files++;
        record.bytes += bytes;
      }
      if (budget.over !== undefined) throw new TooLargeError(budget.over, noRoom(budget.over));
      await eventTurn();
    }
  } catch (thrown) {
    if (thrown instanceof DiskError) throw thrown;
    error = thrown;
    const reason = reasonOf(thrown, options.signal, deadline);
    await writer.add(missing(title, reason, messageOf(thrown, reason, options.deadlineMs)), title);
  } finally {
    ended.abort();
    const left = Promise.resolve(iterator.return?.()).catch(() => {});
    // Others are not waited for: a collector that hangs in a call would hang here too.
    if (error instanceof TooLargeError) {
      const cleaned = new AbortController();
      await Promise.race([left.then(() => cleaned.abort()), clock.sleep(CLEAN_UP_MS, cleaned.signal)]);
    }
  }

  if (unit.where === "cluster") {
    record.requests = kube.usage.requests;
    record.receivedBytes = kube.usage.bytes;
  }
  const fellShort = writer.missing.slice(shortfalls).filter((m) => m.collector === title && isShortfall(m.reason));
  if (error !== undefined) {
    record.status = record.files > 0 ? "partial" : "failed";
    record.message = describeError(error);
  } else if (fellShort.length > 0) {
    record.status = record.files > 0 ? "partial" : "failed";
    record.message = fellShort.length === 1
      ? fellShort[0]!.message
      : `${fellShort.length} things are missing, the first: ${fellShort[0]!.message}`;
  }
  record.durationMs = clock.now().getTime() - started;
  return {
    record,
    error,
    forbidden: error instanceof KubeForbiddenError || (forbidden > 0 && record.files === 0),
    timedOut: fellShort.some(({ reason }) => reason === "timed-out"),
  };
}

/** Resolves a while after the signal was aborted, unless the collector has ended by then. */
async function overdue(signal: AbortSignal, ended: AbortSignal, clock: Clock): Promise<"over"> {
  if (!signal.aborted) {
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      ended.addEventListener("abort", () => resolve(), { once: true });
    });
  }
  await clock.sleep(GRACE_MS, ended);
  return "over";
}

function noRoom(budget: SizeBudget): string {
  return budget.parent === undefined
    ? `stopped: the bundle has reached ${budget}; what else it would have had is not known`
    : `stopped: its files have reached ${budget}; what else it would have had is not known`;
}

function reasonOf(error: unknown, gathering: AbortSignal, deadline: Deadline): MissingReason {
  if (deadline.expired) return "timed-out";
  if (gathering.aborted) return gathering.reason?.name === "TimeoutError" ? "timed-out" : "interrupted";
  if (error instanceof KubeForbiddenError) return "forbidden";
  if (error instanceof TooLargeError) return "too-large";
  if (!(error instanceof KubeUnreachableError) && errorCode(error) === "NOT_SUPPORTED") return "not-supported";
  return "failed";
}

function messageOf(error: unknown, reason: MissingReason, deadlineMs: number): string {
  if (reason === "timed-out") return `stopped by the deadline (${deadlineMs / 1000} s a collector)`;
  if (reason === "interrupted") return "stopped: the run was interrupted";
  return describeError(error);
}
