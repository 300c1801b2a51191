import { type Command, Option } from "commander";
import { UsageError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { NOTIFY_EVENTS, type NotifyEvent } from "../../notify/notifier.ts";
import { collect, parsePairs } from "../command.ts";

/** Whom to tell, and when. A field is absent when its flag was not given. */
export interface NotifyFlags {
  /** Names of notifiers, URLs, or `kind:URL`. */
  notify?: string[];
  notifyOn?: NotifyEvent[];
  notifySeverity?: "fail" | "warn";
  notifySecret?: string;
  notifyOptions?: Record<string, string>;
}

/** @param what those are told, for the help
 * @param byDefault when they are told where `--notify-on` does not say it */
export function addNotifyFlags(command: Command, what: string, byDefault: string): Command {
  return command
    .option("--notify <notifier>", `tell ${what}: a notifier of the settings, a URL, or KIND:URL; repeatable`, collect)
    .option(
      "--notify-on <events>",
      `when to tell, comma-separated: ${NOTIFY_EVENTS.join(", ")} (default: ${byDefault})`,
      parseEvents,
    )
    .addOption(
      new Option(
        "--notify-severity <severity>",
        "the least that findings must be to be told: fail or warn (default: warn)",
      )
        .argParser(parseSeverity),
    )
    .option(
      "--notify-secret <ref>",
      "where the key or password of the notifier is: env:NAME, file:/path, vault:NAME …; never the value",
    )
    .option("--notify-options <k=v,…>", "options of the notifier, such as channel=ops", parsePairs("--notify-options"));
}

function parseSeverity(text: string): "fail" | "warn" {
  const severity = text.trim().toLowerCase();
  if (severity === "fail" || severity === "warn") return severity;
  throw new UsageError(`--notify-severity: "${text}" is not a severity`, "Write fail or warn");
}

export function parseEvents(text: string): NotifyEvent[] {
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const event = NOTIFY_EVENTS.find((name) => name === part.toLowerCase());
    if (event !== undefined) return event;
    const meant = nearest(part, NOTIFY_EVENTS);
    throw new UsageError(
      `--notify-on: "${part}" is not an event`,
      meant === undefined ? `Write some of ${NOTIFY_EVENTS.join(", ")}` : `Did you mean ${meant}?`,
    );
  });
}
