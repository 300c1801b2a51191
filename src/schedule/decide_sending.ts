import { blackoutAt } from "./blackout.ts";
import { jobOfExecution } from "./execution.ts";
import type { NoticeRef, NotifierState } from "./notice.ts";

/** When a notifier is told. */
export interface SendingPolicy {
  /** Each run gets a message of its own, at any hour: those who listen wait for it. */
  everyRun: boolean;
  /** Runs of different jobs never come in one message. */
  perJob: boolean;
  quietHours: readonly string[];
  /** Of the quiet hours. */
  timezone: string;
  /** How long the first message waits for others; 0: not at all. */
  groupWindowMs: number;
  /** Messages in any hour; undefined: no limit. */
  maxPerHour?: number;
}

export type Sending =
  /** @param ids of the notices of one message, oldest first: it is about the last, and mentions the others */
  | { do: "send"; ids: string[] }
  | { do: "hold"; until: Date; why: "quiet-hours" | "retry" | "group" | "rate-limit" }
  | { do: "nothing" };

export const UNBOUNDED: SendingPolicy = {
  everyRun: false,
  perJob: false,
  quietHours: [],
  timezone: "UTC",
  groupWindowMs: 0,
};

const HOUR_MS = 3_600_000;
/** What has waited longer than that was held back, and is told together with the rest. */
const HELD_MS = 60_000;
const FIRST_RETRY_MS = 60_000;
const GIVE_UP_MS = 24 * HOUR_MS;

/** What is to be sent to a notifier now.
 * @param pending what it was not told yet, oldest first */
export function decideSending(
  pending: readonly NoticeRef[],
  state: Pick<NotifierState, "sending" | "sentAt" | "retryAt">,
  policy: SendingPolicy,
  now: Date,
): Sending {
  const first = pending[0];
  if (first === undefined) return { do: "nothing" };
  const quiet = policy.everyRun ? undefined : blackoutAt(policy.quietHours, policy.timezone, now);
  if (quiet !== undefined) return { do: "hold", until: quiet.end, why: "quiet-hours" };
  const retryAt = state.retryAt === null ? -Infinity : Date.parse(state.retryAt);
  // Times that lie further ahead are those of a clock that has been set back.
  if (retryAt > now.getTime() && retryAt <= now.getTime() + HOUR_MS) {
    return { do: "hold", until: new Date(retryAt), why: "retry" };
  }
  const begun = pending.filter(({ id }) => state.sending.includes(id));
  if (begun.length > 0) return { do: "send", ids: begun.map(({ id }) => id) };
  if (policy.everyRun) return { do: "send", ids: [first.id] };
  const groupedAt = first.atMs + policy.groupWindowMs;
  if (first.atMs <= now.getTime() && groupedAt > now.getTime()) {
    return { do: "hold", until: new Date(groupedAt), why: "group" };
  }
  const free = freeAgainAt(state.sentAt, policy.maxPerHour, now);
  if (free !== undefined) return { do: "hold", until: free, why: "rate-limit" };
  const together = policy.groupWindowMs > 0 || first.atMs + HELD_MS <= now.getTime();
  const batch = !together ? [first] : policy.perJob ? pending.filter((ref) => sameJob(ref, first)) : pending;
  return { do: "send", ids: batch.map(({ id }) => id) };
}

function sameJob(a: NoticeRef, b: NoticeRef): boolean {
  return jobOfExecution(a.id) === jobOfExecution(b.id);
}

/** When a further message is within the limit; undefined: now. */
function freeAgainAt(sentAt: readonly string[], maxPerHour: number | undefined, now: Date): Date | undefined {
  if (maxPerHour === undefined) return undefined;
  const recent = recentlySent(sentAt, now);
  const oldest = recent.at(-maxPerHour);
  return oldest === undefined ? undefined : new Date(Date.parse(oldest) + HOUR_MS);
}

/** Those of the last hour. A clock that was set back leaves none that lie ahead. */
export function recentlySent(sentAt: readonly string[], now: Date): string[] {
  return sentAt.filter((at) => Date.parse(at) > now.getTime() - HOUR_MS && Date.parse(at) <= now.getTime());
}

/** The state after a message was sent. */
export function afterSuccess(state: NotifierState, now: Date): NotifierState {
  return {
    ...state,
    sending: [],
    sentAt: [...recentlySent(state.sentAt, now), now.toISOString()],
    lastSuccess: now.toISOString(),
    failures: 0,
    failingSince: null,
    lastError: "",
    retryAt: null,
    dropped: 0,
  };
}

/** The state after a try that failed: the next one comes after a minute, then after twice as long each time, up to an hour.
 * @param newestAtMs of the notices in the message: once it has failed for a day, and they are a day old, it is given up */
export function afterFailure(
  state: NotifierState,
  error: string,
  newestAtMs: number,
  now: Date,
): { state: NotifierState; giveUp: boolean } {
  const failures = state.failures + 1;
  const failingSince = state.failingSince ?? now.toISOString();
  const dayAgo = now.getTime() - GIVE_UP_MS;
  const giveUp = Date.parse(failingSince) <= dayAgo && newestAtMs <= dayAgo;
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), HOUR_MS);
  const retryAt = new Date(now.getTime() + delayMs).toISOString();
  return {
    state: { ...state, failures, failingSince, lastError: error, retryAt, ...giveUp ? { sending: [] } : {} },
    giveUp,
  };
}

/** Whether what nobody can be told of any more is to be forgotten. */
export function isTooOld(atMs: number, now: Date): boolean {
  return atMs <= now.getTime() - GIVE_UP_MS;
}
