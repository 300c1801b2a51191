import { createHash } from "node:crypto";
import type { NotifierHabits, NotifyTarget } from "../notify/notifier.ts";
import { describeTarget } from "../notify/target_url.ts";
import type { SendingPolicy } from "../schedule/decide_sending.ts";
import type { Job, NotifyEntry } from "../schedule/job.ts";
import { namedTarget, nameOfTarget, type Notice } from "../schedule/notice.ts";
import type { NotifierSettings, Settings } from "./settings.ts";

/** Somebody who may be told of a job's runs. */
export interface Recipient {
  /** Its key in the outbox. */
  target: string;
  kind: string;
  on?: NotifyTarget["on"];
  severity?: NotifyTarget["severity"];
  /** Where it is; absent for a notifier of the settings. */
  direct?: Notice["direct"];
}

type Notifiers = Readonly<Record<string, NotifierSettings>>;

/** Those whom a job names, and those who are told of all jobs.
 * @returns also the names that the settings do not have */
export function recipientsOf(
  { notify }: Pick<Job, "notify">,
  notifiers: Notifiers,
): { recipients: Recipient[]; unknown: string[] } {
  const recipients = new Map<string, Recipient>();
  const unknown: string[] = [];
  const add = (one: Recipient) => recipients.has(one.target) || recipients.set(one.target, one);
  for (const entry of notify) {
    if (!("notifier" in entry)) add(directRecipient(entry));
    else if (Object.hasOwn(notifiers, entry.notifier)) {
      add(namedRecipient(entry.notifier, notifiers[entry.notifier]!, entry));
    } else unknown.push(entry.notifier);
  }
  for (const [name, settings] of Object.entries(notifiers)) {
    if (settings.global) add(namedRecipient(name, settings, {}));
  }
  return { recipients: [...recipients.values()], unknown };
}

function namedRecipient(
  name: string,
  settings: NotifierSettings,
  { on, severity }: Pick<NotifyTarget, "on" | "severity">,
): Recipient {
  const target = namedTarget(name);
  return { target, kind: settings.kind, on: on ?? settings.on, severity: severity ?? settings.severity };
}

function directRecipient({ on, severity, ...direct }: Exclude<NotifyEntry, { notifier: string }>): Recipient {
  const options = Object.entries(direct.options ?? {}).sort(([a], [b]) => a < b ? -1 : 1);
  const place = JSON.stringify([direct.kind, direct.url, direct.secret, options, on, severity]);
  const digest = createHash("sha256").update(place).digest("hex").slice(0, 24);
  return { target: `direct:${direct.kind}:${digest}`, kind: direct.kind, on, severity, direct };
}

/** Where a key of the outbox leads now.
 * @param direct what the notice says; for a notifier of the settings they count
 * @returns undefined when the settings do not have it */
export function resolveTarget(
  target: string,
  direct: Notice["direct"],
  notifiers: Notifiers,
): { to: NotifyTarget; label: string } | undefined {
  const name = nameOfTarget(target);
  const to = name === undefined ? direct : notifiers[name];
  if (to === undefined) return undefined;
  const { kind, url, secret, options } = to;
  return { to: { kind, url, secret, options }, label: name ?? describeTarget(to) };
}

/** When whom a key of the outbox stands for is told; undefined when the settings do not have it. */
export function policyOf(
  target: string,
  { notifiers, defaultTimezone }: Pick<Settings, "notifiers" | "defaultTimezone">,
  habitsOf: (kind: string) => NotifierHabits,
): SendingPolicy | undefined {
  const name = nameOfTarget(target);
  const settings = name === undefined ? undefined : notifiers[name];
  if (name !== undefined && settings === undefined) return undefined;
  const { everyRun = false, perJob = false } = habitsOf(settings?.kind ?? target.split(":")[1] ?? "");
  return {
    everyRun,
    perJob,
    quietHours: settings?.quietHours ?? [],
    timezone: settings?.timezone ?? defaultTimezone,
    groupWindowMs: settings?.groupWindow ?? 0,
    maxPerHour: settings?.maxPerHour,
  };
}
