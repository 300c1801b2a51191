import { createHash } from "node:crypto";
import type { EarlierRun, Notification, NotifiedFinding, NotifyEvent } from "../notify/notifier.ts";
import type { Notice } from "../schedule/notice.ts";

/** The one message for notices: about the last run, with the others as `earlier`. What changed is what changed since the
 * last message: findings of earlier runs of the same job, too.
 * @param notices never empty, oldest first
 * @param dropped how many came before them and are not there any more
 * @param now when it is sent */
export function outboxMessage(notices: readonly Notice[], dropped: number, now: Date): Notification {
  const messages = notices.map(({ message }) => message as unknown as Notification);
  const last = withChanges(messages.at(-1)!, messages.slice(0, -1));
  const earlier = notices.slice(0, -1).map(earlierRun);
  if (dropped > 0) {
    const summary = `${dropped} earlier ${
      dropped === 1 ? "run is" : "runs are"
    } not listed: too many waited to be told`;
    earlier.unshift({ events: ["always"], at: notices[0]!.at, status: "not listed", summary });
  }
  return { ...last, sentAt: now.toISOString(), ...earlier.length > 0 ? { earlier } : {} };
}

/** @param before oldest first, of whatever jobs */
function withChanges(last: Notification, before: readonly Notification[]): Notification {
  const ofJob = [...before.filter(({ job }) => job !== undefined && job.id === last.job?.id), last];
  if (ofJob.length === 1) return last;
  const fresh = new Map<string, NotifiedFinding>();
  const fixed = new Map<string, NotifiedFinding>();
  for (const { newFindings, fixedFindings } of ofJob) {
    for (const finding of newFindings) if (!fixed.delete(identityOf(finding))) fresh.set(identityOf(finding), finding);
    for (const finding of fixedFindings) {
      if (!fresh.delete(identityOf(finding))) fixed.set(identityOf(finding), finding);
    }
  }
  // Who did not ask for what is fixed has no notice of it: what the last run has none of is gone.
  const newFindings = [...fresh.values()].filter(({ severity }) => last.findings[severity] > 0);
  const fixedFindings = [...fixed.values()];
  const asked = (event: NotifyEvent) => ofJob.some(({ events }) => events.includes(event));
  const events = new Set(last.events);
  if (newFindings.length > 0 && asked("new-findings")) events.add("new-findings");
  if (fixedFindings.length > 0 && asked("fixed-findings")) events.add("fixed-findings");
  return { ...last, events: [...events], newFindings, fixedFindings };
}

/** As near as the texts tell: numbers in them change. */
function identityOf({ title, message }: NotifiedFinding): string {
  return `${title}\n${message.replace(/\d+/g, "#")}`;
}

function earlierRun({ at, message }: Notice): EarlierRun {
  const { job, execution, events, status, summary } = message as unknown as Notification;
  return { job, execution, events, at, status, summary };
}

/** The same for the same message to the same notifier, whoever sends it: in the form of a UUID. */
export function deliveryIdOf(target: string, ids: readonly string[]): string {
  const hex = createHash("sha256").update([target, ...ids].join("\n")).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
