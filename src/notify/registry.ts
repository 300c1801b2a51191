import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { alertmanager } from "./kinds/alertmanager.ts";
import { command } from "./kinds/command.ts";
import { email } from "./kinds/email.ts";
import { pagerduty } from "./kinds/pagerduty.ts";
import { ping } from "./kinds/ping.ts";
import { slack } from "./kinds/slack.ts";
import { teams } from "./kinds/teams.ts";
import { webhook } from "./kinds/webhook.ts";
import { type Notifier, type NotifierHabits, NOTIFY_EVENTS, type NotifyEvent, type NotifyTarget } from "./notifier.ts";

/** Every kind of notifier there is. */
export const notifiers: readonly Notifier[] = [webhook, slack, teams, pagerduty, email, alertmanager, ping, command];

/** Names by which somebody may look for a kind. */
const ALSO_KNOWN_AS: Readonly<Record<string, string>> = {
  http: "webhook",
  https: "webhook",
  mail: "email",
  mailto: "email",
  smtp: "email",
  smtps: "email",
  msteams: "teams",
  healthchecks: "ping",
  exec: "command",
};

/** @throws {UsageError} when no notifier is of this kind */
export function findNotifier(kind: string): Notifier {
  const found = notifiers.find((notifier) => notifier.kind === kind);
  if (found !== undefined) return found;
  const kinds = notifiers.map((notifier) => notifier.kind);
  const meant = ALSO_KNOWN_AS[kind] ?? nearest(kind, kinds);
  throw new UsageError(
    `There is no notifier of the kind "${kind}"`,
    meant === undefined
      ? `Write https://host/path or KIND:…; the kinds are ${kinds.join(", ")}`
      : `Did you mean "${meant}:"?`,
  );
}

/** Reads where to tell: a URL, which means a webhook, or `kind:` and what that kind wants: a URL, or a credential reference
 * that names it (`slack:env:SLACK_URL`).
 * @param on when to tell; default: see {@linkcode NotifyTarget}
 * @param secret a credential reference, never a value
 * @throws {UsageError} that does not repeat the URL: its path is often its password */
export function parseNotifyTarget(
  text: string,
  on?: readonly string[],
  secret?: string,
  options?: Readonly<Record<string, string>>,
): NotifyTarget {
  const trimmed = text.trim();
  const before = /^([a-z][a-z0-9-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  if (before === undefined) {
    throw new UsageError("The notification target is not a URL", "Write https://host/path or KIND:URL");
  }
  const isUrl = before === "https" || before === "http";
  const kind = isUrl ? "webhook" : before;
  const notifier = findNotifier(kind);
  const target: NotifyTarget = { kind, url: isUrl ? trimmed : trimmed.slice(before.length + 1) };
  if (on !== undefined && on.length > 0) target.on = on.map(parseEvent);
  else if (notifier.defaultOn !== undefined) target.on = [...notifier.defaultOn];
  if (secret !== undefined && secret !== "") target.secret = secret;
  if (options !== undefined && Object.keys(options).length > 0) target.options = { ...options };
  validateNotifyTarget(target);
  return target;
}

/** Refuses what could never work: a kind or an option that does not exist, and what the kind refuses.
 * @throws {UsageError} that repeats no secret */
export function validateNotifyTarget(target: NotifyTarget): void {
  const notifier = findNotifier(target.kind);
  checkOptions(notifier, target.options ?? {});
  notifier.validate(target);
}

function checkOptions(notifier: Notifier, options: Readonly<Record<string, string>>): void {
  const names = Object.keys(notifier.options);
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    const message = `"${name}" is no option of ${notifier.kind} notifiers`;
    if (/key|secret|token|password/i.test(name)) {
      throw new UsageError(
        message,
        "Credentials are named by reference, as the notifier's secret: env:NAME, file:/path",
      );
    }
    const meant = nearest(name, names);
    throw new UsageError(
      message,
      meant !== undefined
        ? `Did you mean "${meant}"?`
        : names.length === 0
        ? "They have none"
        : `They are: ${names.join(", ")}`,
    );
  }
}

function parseEvent(name: string): NotifyEvent {
  const found = NOTIFY_EVENTS.find((event) => event === name);
  if (found !== undefined) return found;
  const meant = nearest(name, NOTIFY_EVENTS);
  throw new UsageError(
    `There is no event "${name}" to notify on`,
    meant === undefined ? `The events are: ${NOTIFY_EVENTS.join(", ")}` : `Did you mean "${meant}"?`,
  );
}

/** When targets of a kind are told. Of one that does not exist nothing is known: sending says so. */
export function habitsOf(kind: string): NotifierHabits {
  return notifiers.find((notifier) => notifier.kind === kind) ?? {};
}
