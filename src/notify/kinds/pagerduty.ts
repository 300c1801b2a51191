import { validateCredentialReference } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";
import { httpPost } from "../http_post.ts";
import { jobState, sinceLastTold } from "../job_state.ts";
import { cutText, type FindingList, messageText, oneLine, plainText, severityWord } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";

const REGIONS: Readonly<Record<string, string>> = {
  us: "https://events.pagerduty.com",
  eu: "https://events.eu.pagerduty.com",
};
const SUMMARY_CHARS = 1024;
const DEDUP_KEY_CHARS = 255;

/** Incidents by the Events API v2. A job has two at most, so that a run that works again does not close what it found:
 * `support-bundle/<job id>` while runs fail or are held back, `support-bundle/<job id>/findings` while something it found fails.
 * @see https://developer.pagerduty.com/docs/send-alert-event */
export const pagerduty: Notifier = {
  kind: "pagerduty",
  summary: "PagerDuty incidents (pagerduty:us, pagerduty:eu or a URL); the routing key is the secret",

  options: {},
  defaultOn: ["failure", "quarantined", "recovery", "new-findings", "fixed-findings"],
  perJob: true,

  validate({ url, secret }: NotifyTarget): void {
    if (!Object.hasOwn(REGIONS, url)) validateTargetUrl(url, "PagerDuty notifier");
    if (secret === undefined) {
      throw new UsageError(
        "The PagerDuty notifier has no secret",
        "Name the integration's routing key by reference: env:NAME, file:/path",
      );
    }
    validateCredentialReference(secret);
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const url = Object.hasOwn(REGIONS, target.url)
      ? new URL(REGIONS[target.url]!)
      : await targetUrl(target, "PagerDuty notifier", context);
    if (url.pathname === "/") url.pathname = "/v2/enqueue";
    const routingKey = await context.secret(target.secret!);
    for (const event of pagerdutyEvents(sinceLastTold(message, target))) {
      await httpPost({
        url,
        body: JSON.stringify({ routing_key: routingKey, ...event }),
        who: "PagerDuty",
        hint: "Check the routing key: it is that of an integration with the Events API v2",
        secrets: [routingKey],
        headers: () => ({ "Content-Type": "application/json" }),
        reason: invalidEvent,
      }, context);
    }
  },
};

export interface PagerdutyEvent {
  event_action: "trigger" | "resolve";
  dedup_key: string;
  [field: string]: unknown;
}

/** What PagerDuty is told, the routing key left out. Resolving what was never triggered does nothing there. */
export function pagerdutyEvents(message: Notification): PagerdutyEvent[] {
  const { runs, findings } = jobState(message);
  const key = cutText(`support-bundle/${message.job?.id ?? message.host}`, DEDUP_KEY_CHARS - "/findings".length);
  const events: PagerdutyEvent[] = [];
  if (runs === "works") events.push({ event_action: "resolve", dedup_key: key });
  if (runs === "fails") events.push(trigger(message, key, message.paused === undefined ? "error" : "critical"));
  if (findings === "none") events.push({ event_action: "resolve", dedup_key: `${key}/findings` });
  if (findings === "new") {
    const { newFindings } = message;
    const fails = newFindings.length === 0 || newFindings.some(({ severity }) => severity === "fail");
    events.push(trigger(message, `${key}/findings`, fails ? "error" : "warning"));
  }
  return events;
}

function trigger(message: Notification, key: string, severity: "critical" | "error" | "warning"): PagerdutyEvent {
  const text = messageText(message);
  const lists = Object.fromEntries(
    text.changes.map((list) => [list.fixed ? "fixed_findings" : "new_findings", listLines(list)]),
  );
  const href = text.bundle?.href;
  return {
    event_action: "trigger",
    dedup_key: key,
    payload: {
      summary: cutText(text.title, SUMMARY_CHARS),
      source: oneLine(message.host, 255),
      severity,
      timestamp: message.sentAt,
      component: oneLine(message.job?.name ?? "support-bundle", 255),
      class: message.events.find((event) => event !== "always") ?? "always",
      custom_details: {
        status: message.status,
        ...(text.error === undefined ? {} : { error: text.error }),
        ...(text.paused === undefined ? {} : { paused: text.paused }),
        ...lists,
        ...(text.bundle === undefined ? {} : { bundle: text.bundle.where, sha256: text.bundle.sha256 }),
        message: plainText(text),
      },
    },
    client: "support-bundle",
    ...(href === undefined ? {} : { links: [{ href, text: "The bundle" }] }),
  };
}

function listLines({ fixed, findings, more }: FindingList): string[] {
  const lines = findings.map(({ severity, title, message, evidence }) =>
    `${severityWord(severity, fixed)} ${title}: ${message}${evidence === undefined ? "" : ` (${evidence})`}`
  );
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])];
}

/** `{"status": "invalid event", "message": …, "errors": […]}` */
function invalidEvent(body: string): string | undefined {
  try {
    const { message, errors } = JSON.parse(body);
    return [message, ...(Array.isArray(errors) ? errors : [])].filter((each) => typeof each === "string").join("; ");
  } catch {
    return undefined;
  }
}
