import { UsageError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { webhook } from "./kinds/webhook.ts";
import { type Notifier, NOTIFY_EVENTS, type NotifyEvent, type NotifyTarget } from "./notifier.ts";

/** Every kind of notifier there is. */
export const notifiers: readonly Notifier[] = [webhook];

const PLANNED = ["slack", "teams", "pagerduty", "mailto", "smtp", "alertmanager", "ping"];

/** @throws {UsageError} when no notifier is of this kind */
export function findNotifier(kind: string): Notifier {
  const found = notifiers.find((notifier) => notifier.kind === kind);
  if (found !== undefined) return found;
  const kinds = notifiers.map((notifier) => notifier.kind);
  const hint = `Use ${kinds.map((known) => `${known}:https://…`).join(" or ")}`;
  if (PLANNED.includes(kind)) throw new UsageError(`Notifiers of the kind "${kind}" are not in this version`, hint);
  const meant = nearest(kind, kinds);
  throw new UsageError(
    `There is no notifier of the kind "${kind}"`,
    meant === undefined ? hint : `Did you mean "${meant}"?`,
  );
}

/** Reads where to tell: a URL, which means a webhook, or `kind:URL`.
 * @param on when to tell; default: see {@linkcode NotifyTarget}
 * @param secret a credential reference, never a value
 * @throws {UsageError} that does not repeat the URL: its path is often its password */
export function parseNotifyTarget(text: string, on?: readonly string[], secret?: string): NotifyTarget {
  const trimmed = text.trim();
  const prefix = /^([a-z][a-z0-9-]*):(?=[a-z][a-z0-9+.-]*:)/i.exec(trimmed);
  const bare = /^([a-z][a-z0-9-]*):/i.exec(trimmed)?.[1]?.toLowerCase() ?? "";
  const kind = prefix !== null ? prefix[1]!.toLowerCase() : /^https?$/.test(bare) ? "webhook" : bare;
  if (kind === "") {
    throw new UsageError("The notification target is not a URL", "Write https://host/path");
  }
  const notifier = findNotifier(kind);
  const target: NotifyTarget = { kind, url: prefix === null ? trimmed : trimmed.slice(prefix[0].length) };
  if (on !== undefined && on.length > 0) target.on = on.map(parseEvent);
  if (secret !== undefined && secret !== "") target.secret = secret;
  notifier.validate(target);
  return target;
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
