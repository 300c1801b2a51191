import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { NotifierSettings } from "../../daemon/settings.ts";
import type { NotifyTarget } from "../../notify/notifier.ts";
import { parseNotifyTarget, validateNotifyTarget } from "../../notify/registry.ts";
import type { NotifyEntry } from "../../schedule/job.ts";
import type { CliContext } from "../cli_context.ts";
import { schedulerSettings } from "../schedule/with_store.ts";
import type { NotifyFlags } from "./notify_flags.ts";

type Notifiers = Readonly<Record<string, NotifierSettings>>;

/** What the flags about notifications make of those a job has. Nothing is sent.
 * @throws {UsageError} for a name that the settings do not have, and for what could never work */
export async function applyNotifyFlags(
  cli: CliContext,
  before: readonly NotifyEntry[],
  flags: NotifyFlags,
): Promise<NotifyEntry[]> {
  const { notify, notifyOn: on, notifySeverity: severity, notifySecret: secret, notifyOptions: options } = flags;
  const others = [on, severity, secret, options].some((flag) => flag !== undefined);
  if (notify === undefined && !others) return [...before];
  if ((notify ?? before).length === 0) {
    if (!others) return [];
    throw new UsageError(
      "--notify-on, --notify-severity, --notify-secret and --notify-options mean nothing without --notify",
      "Add --notify NAME or --notify URL",
    );
  }
  const { notifiers } = await schedulerSettings(cli);
  const entries = notify !== undefined
    ? notify.map((text) => readEntry(text, flags, notifiers))
    : before.map((entry) => changed(entry, flags));
  const named = entries.every((entry) => "notifier" in entry);
  if (named && (secret !== undefined || options !== undefined)) {
    throw new UsageError(
      "--notify-secret and --notify-options mean nothing for a notifier of the settings: it has its own",
      "Leave them out, or change the notifier in the settings",
    );
  }
  return entries;
}

/** Those of the command line's own run: they are told how it went, whatever that is, unless `--notify-on` says otherwise.
 * @throws {UsageError} as {@linkcode applyNotifyFlags} */
export async function notifyTargets(cli: CliContext, flags: NotifyFlags): Promise<NotifyTarget[]> {
  const entries = await applyNotifyFlags(cli, [], flags);
  if (entries.length === 0) return [];
  const { notifiers } = await schedulerSettings(cli);
  return entries.map((entry) => {
    const place = "notifier" in entry ? targetOf(notifiers[entry.notifier]!) : entry;
    return { ...place, severity: entry.severity ?? place.severity, on: flags.notifyOn ?? ["always"] };
  });
}

/** A target by the name of a notifier of the settings, by a URL, or by `kind:URL`.
 * @throws {UsageError} for a name that the settings do not have, and for what could never work */
export async function findTarget(
  cli: CliContext,
  text: string,
  flags: Pick<NotifyFlags, "notifySecret" | "notifyOptions">,
): Promise<NotifyTarget> {
  const { notifiers } = await schedulerSettings(cli);
  const entry = readEntry(text, flags, notifiers);
  return "notifier" in entry ? targetOf(notifiers[entry.notifier]!) : entry;
}

/** The place that the settings of a notifier name. */
export function targetOf({ kind, url, on, severity, secret, options }: NotifierSettings): NotifyTarget {
  return { kind, url, on, severity, secret, options };
}

function readEntry(text: string, flags: NotifyFlags, notifiers: Notifiers): NotifyEntry {
  const { notifyOn: on, notifySeverity: severity, notifySecret: secret, notifyOptions: options } = flags;
  const name = text.trim();
  if (Object.hasOwn(notifiers, name)) {
    validateNotifyTarget(targetOf(notifiers[name]!));
    return definedOnly({ notifier: name, on, severity });
  }
  if (/^[\w.-]+$/.test(name)) throw unknownName(name, Object.keys(notifiers));
  const { options: own, ...target } = parseNotifyTarget(text, on, secret, options);
  return definedOnly({ ...target, severity, options: own && { ...own } });
}

/** An entry of a job with other flags than it was made with. */
function changed(entry: NotifyEntry, flags: NotifyFlags): NotifyEntry {
  const { notifyOn: on = entry.on, notifySeverity: severity = entry.severity } = flags;
  if ("notifier" in entry) return definedOnly({ ...entry, on, severity });
  const { notifySecret: secret = entry.secret, notifyOptions: options = entry.options } = flags;
  const next = { ...definedOnly({ ...entry, on, severity, options }), secret };
  if (secret === undefined || secret === "") delete next.secret;
  validateNotifyTarget(next);
  return next;
}

function unknownName(name: string, known: readonly string[]): UsageError {
  const meant = nearest(name, known);
  return new UsageError(
    `The settings have no notifier "${name}"`,
    meant !== undefined
      ? `Did you mean "${meant}"?`
      : known.length === 0
      ? "Add it under `notifiers:` in the scheduler's settings (docs/notifications.md), or write a URL"
      : `They have ${known.join(", ")}; or write a URL`,
  );
}

function definedOnly<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, it]) => it !== undefined)) as T;
}
