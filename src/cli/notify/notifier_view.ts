import { isCredentialReference } from "../../core/credential_reference.ts";
import { describeError } from "../../core/errors.ts";
import { formatDuration } from "../../core/duration.ts";
import type { NotifierSettings, Settings } from "../../daemon/settings.ts";
import { habitsOf, validateNotifyTarget } from "../../notify/registry.ts";
import { DEFAULT_EVENTS } from "../../notify/notify_events.ts";
import { namedTarget, type NoticeRef, type NotifierState } from "../../schedule/notice.ts";
import { targetOf } from "./read_notifiers.ts";

/** An element of `notify list -o json`. */
export interface NotifierView {
  name: string;
  kind: string;
  /** A host, or a reference; never what may be a password. */
  at: string;
  on: readonly string[];
  severity: "fail" | "warn";
  global: boolean;
  quietHours: string[];
  timezone: string;
  groupWindow?: string;
  maxPerHour?: number;
  /** Why it cannot work; empty: nothing is known against it. */
  problem: string;
  /** Notifications that wait to be sent. */
  waiting: number;
  lastSuccess: string | null;
  /** Absent while it does not fail. */
  failing?: { since: string; tries: number; error: string; retryAt: string | null };
}

/** The notifiers of the settings as they are shown, with what the daemon has noted down of them. */
export function viewNotifiers(
  { notifiers, defaultTimezone }: Pick<Settings, "notifiers" | "defaultTimezone">,
  states: readonly NotifierState[],
  pending: readonly NoticeRef[],
): NotifierView[] {
  return Object.entries(notifiers).map(([name, settings]) => {
    const state = states.find(({ target }) => target === namedTarget(name));
    return {
      name,
      kind: settings.kind,
      at: placeOf(settings.url),
      on: settings.on ?? habitsOf(settings.kind).defaultOn ?? DEFAULT_EVENTS,
      severity: settings.severity ?? "warn",
      global: settings.global,
      quietHours: settings.quietHours,
      timezone: settings.timezone ?? defaultTimezone,
      groupWindow: settings.groupWindow === undefined ? undefined : formatDuration(settings.groupWindow),
      maxPerHour: settings.maxPerHour,
      problem: problemOf(settings),
      waiting: pending.filter(({ target }) => target === namedTarget(name)).length,
      lastSuccess: state?.lastSuccess ?? null,
      failing: failingOf(state),
    };
  });
}

export function failingOf(state: NotifierState | undefined): NotifierView["failing"] {
  if (state === undefined || state.failures === 0) return undefined;
  const { failingSince, failures, lastError, retryAt } = state;
  return { since: failingSince ?? "", tries: failures, error: lastError, retryAt };
}

/** The host of a URL, or a reference to one; nothing of what is neither, since it may be a password. */
function placeOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : "";
  return host === "" && isCredentialReference(url) ? url : host;
}

function problemOf(settings: NotifierSettings): string {
  try {
    validateNotifyTarget(targetOf(settings));
    return "";
  } catch (error) {
    return describeError(error);
  }
}
