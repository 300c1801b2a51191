import { createHash } from "node:crypto";
import type { EarlierRun, Notification } from "../notify/notifier.ts";
import type { Notice } from "../schedule/notice.ts";

/** The one message for notices: about the last, with the others as `earlier`.
 * @param notices never empty, oldest first
 * @param dropped how many came before them and are not there any more
 * @param now when it is sent */
export function outboxMessage(notices: readonly Notice[], dropped: number, now: Date): Notification {
  const last = notices.at(-1)!.message as unknown as Notification;
  const earlier = notices.slice(0, -1).map(earlierRun);
  if (dropped > 0) {
    const summary = `${dropped} earlier ${
      dropped === 1 ? "run is" : "runs are"
    } not listed: too many waited to be told`;
    earlier.unshift({ events: ["always"], at: notices[0]!.at, status: "not listed", summary });
  }
  return { ...last, sentAt: now.toISOString(), ...earlier.length > 0 ? { earlier } : {} };
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
