import { recipientsOf } from "../../daemon/recipients.ts";
import type { NotifierSettings } from "../../daemon/settings.ts";
import type { NotifyEvent } from "../../notify/notifier.ts";
import { DEFAULT_EVENTS } from "../../notify/notify_events.ts";
import type { Job, NotifyEntry } from "../../schedule/job.ts";
import type { NotifierState } from "../../schedule/notice.ts";

/** What is known of notifiers beyond what a job says. */
export interface NotifierFacts {
  notifiers: Readonly<Record<string, NotifierSettings>>;
  states: readonly NotifierState[];
}

/** Whom a job tells, a line each: host only, since the path of a chat's webhook is a secret in itself. */
export function notifyLines({ notify }: Pick<Job, "notify">, facts?: NotifierFacts): string[] {
  const lines = notify.map((entry) => entryText(entry, facts));
  const named = new Set(notify.flatMap((entry) => "notifier" in entry ? [entry.notifier] : []));
  for (const [name, settings] of Object.entries(facts?.notifiers ?? {})) {
    if (settings.global && !named.has(name)) {
      lines.push(`${entryText({ notifier: name }, facts)}, as it is of all jobs`);
    }
  }
  return lines;
}

/** Those of a job's notifiers that could not be told at the last try; for programs. */
export function failingNotifiers(job: Pick<Job, "notify">, { notifiers, states }: NotifierFacts) {
  return recipientsOf(job, notifiers).recipients.flatMap(({ target, kind }) => {
    const state = states.find((one) => one.target === target);
    if (state === undefined || state.failures === 0) return [];
    const { label: to, failingSince: since, failures: tries, lastError: error, retryAt } = state;
    return [{ to, kind, since, tries, error, retryAt }];
  });
}

function entryText(entry: NotifyEntry, facts: NotifierFacts | undefined): string {
  const failing = failingText(entry, facts);
  if (!("notifier" in entry)) return `${placeText(entry)} ${whenText(entry)}${failing}`;
  const { notifier: name } = entry;
  if (facts === undefined) return `${name} ${entry.on === undefined ? "as the settings say" : whenText(entry)}`;
  if (!Object.hasOwn(facts.notifiers, name)) return `${name}: the settings have no such notifier, nothing is sent`;
  const settings = facts.notifiers[name]!;
  const when = whenText({ on: entry.on ?? settings.on, severity: entry.severity ?? settings.severity });
  return `${name} (${placeText(settings)}) ${when}${failing}`;
}

function failingText(entry: NotifyEntry, facts: NotifierFacts | undefined): string {
  const own = facts && recipientsOf({ notify: [entry] }, facts.notifiers).recipients[0];
  const state = facts?.states.find(({ target }) => target === own?.target);
  return state === undefined || state.failures === 0 ? "" : `; failing since ${state.failingSince}: ${state.lastError}`;
}

function placeText({ kind, url }: { kind: string; url: string }): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" ? kind : `${kind} ${host}`;
}

function whenText({ on = DEFAULT_EVENTS, severity }: { on?: readonly NotifyEvent[]; severity?: string }): string {
  return `on ${on.join(", ")}${severity === "fail" ? ", of findings failures only" : ""}`;
}
