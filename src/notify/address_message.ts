import { composeNotification, matchingEvents, type RunFacts, runResult } from "./compose_notification.ts";
import type { Notification, NotifierHabits, NotifyTarget } from "./notifier.ts";
import { compareFindings, decideEvents, DEFAULT_EVENTS, severeChanges } from "./notify_events.ts";

/** What a target is told of a run. One whose kind is told of every run gets the event `always` for what it did not ask for.
 * @param at when that is
 * @param host name of this machine
 * @returns undefined when it is not told of it */
export function addressMessage(
  { on, severity }: Pick<NotifyTarget, "on" | "severity">,
  { everyRun, defaultOn = DEFAULT_EVENTS }: NotifierHabits,
  facts: RunFacts,
  at: Date,
  host: string,
): Notification | undefined {
  const result = runResult(facts);
  const changes = severeChanges(compareFindings(facts.previous, result), severity);
  const events = matchingEvents(on ?? defaultOn, decideEvents(facts.previous, result, changes));
  if (events.length === 0 && everyRun) events.push("always");
  return events.length === 0 ? undefined : { ...composeNotification(facts, changes, at, host), events };
}
