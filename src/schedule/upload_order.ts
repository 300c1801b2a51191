import type { Execution, ExecutionUpload } from "./execution.ts";

/** Before the second try; doubles with each further one. */
const FIRST_DELAY_MS = 30_000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** What time alone does not help: somebody may have put it right without saying so. */
const NEEDS_YOU_DELAY_MS = 3_600_000;
/** Whatever a destination asks for, and however the clock is set. */
const MAX_DELAY_MS = 6 * 3_600_000;
/** Failures that say as much about the next bundle of the same destination. */
const OF_THE_DESTINATION: readonly string[] = ["UPLOAD_CREDENTIALS", "UPLOAD_DENIED"];

/** A bundle that waits, as far as its turn depends on it. */
export interface WaitingUpload {
  id: string;
  /** Those with the same one go one after the other, by due time. */
  queue: string;
  scheduledAt: Date;
  nextAt: Date;
  needsYou: boolean;
}

export interface UploadTurns {
  /** At most one of each queue. */
  ready: WaitingUpload[];
  /** When somebody's turn comes if nothing happens before; undefined: nobody's. */
  nextAt?: Date;
}

/** Decides whose turn it is. In a queue the earliest due time goes first, and while it waits for its next try, those behind it
 * wait, too: it alone finds out whether the destination is back. One that needs somebody's help steps aside for the others,
 * which may fare better, and is tried at times of its own.
 * @param busy queues of which one is being sent */
export function decideUploads(waiting: readonly WaitingUpload[], busy: ReadonlySet<string>, now: Date): UploadTurns {
  const ready: WaitingUpload[] = [];
  let next = Infinity;
  for (const [queue, ofQueue] of Map.groupBy(waiting, (it) => it.queue)) {
    if (busy.has(queue)) continue;
    const inOrder = ofQueue.toSorted(byDueTime);
    const first = inOrder.find((it) => !it.needsYou);
    const candidates = inOrder.filter((it) => it === first || it.needsYou);
    // A time that is further off than any delay was said by a clock that has been set back since.
    const due = candidates.find((it) => it.nextAt <= now || it.nextAt.getTime() > now.getTime() + MAX_DELAY_MS);
    if (due !== undefined) ready.push(due);
    else next = Math.min(next, ...candidates.map((it) => it.nextAt.getTime()));
  }
  return { ready: ready.toSorted(byDueTime), nextAt: next === Infinity ? undefined : new Date(next) };
}

function byDueTime(a: WaitingUpload, b: WaitingUpload): number {
  return a.scheduledAt.getTime() - b.scheduledAt.getTime() || (a.id < b.id ? -1 : 1);
}

/** How long to wait after a try that failed.
 * @param attempts so far
 * @param retryAfterMs as long as the destination asked for, at least */
export function uploadDelayMs(attempts: number, transient: boolean, retryAfterMs = 0): number {
  const own = transient
    ? Math.min(FIRST_DELAY_MS * 2 ** Math.min(Math.max(attempts - 1, 0), 20), LONGEST_DELAY_MS)
    : NEEDS_YOU_DELAY_MS;
  return Math.min(Math.max(own, retryAfterMs), MAX_DELAY_MS);
}

/** Whether others of the same destination fare no better: those that come later are to go behind it, and it need not wait any
 * longer once one of them gets through. False where the bundle itself is not taken. */
export function speaksForDestination({ needsYou, lastErrorCode }: ExecutionUpload): boolean {
  return !needsYou || OF_THE_DESTINATION.includes(lastErrorCode);
}

/** Which bundles wait for the same thing: those whose jobs name the same destination in the same words, with the same
 * credentials. */
export function queueOf(plan: ExecutionUpload["plan"]): string {
  const sorted = Object.entries(plan?.options ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
  return JSON.stringify([plan?.url, sorted, plan?.credentials]);
}

export function toWaiting(execution: Execution, plan: ExecutionUpload["plan"]): WaitingUpload {
  const { upload } = execution;
  return {
    id: execution.id,
    queue: queueOf(plan),
    scheduledAt: new Date(execution.scheduledAt),
    nextAt: new Date(upload.nextAt ?? upload.since ?? execution.scheduledAt),
    needsYou: upload.needsYou,
  };
}
