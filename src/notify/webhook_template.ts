import { escapeHtml } from "../core/html.ts";
import { nearest } from "../core/nearest.ts";
import { UsageError } from "../core/errors.ts";
import type { FindingList, MessageText } from "./message_text.ts";
import { messageText, plainText, severityWord } from "./message_text.ts";
import type { Notification } from "./notifier.ts";

/** What the placeholders of a template stand for. */
const PLACEHOLDERS: Readonly<Record<string, (message: Notification, text: MessageText) => string>> = {
  summary: (_, text) => text.title,
  text: (_, text) => plainText(text),
  status: ({ status }) => status,
  events: ({ events }) => events.join(", "),
  job: ({ job }) => job?.name ?? "",
  jobId: ({ job }) => job?.id ?? "",
  execution: ({ execution }) => execution?.id ?? "",
  scheduledAt: ({ execution }) => execution?.scheduledAt ?? "",
  attempt: ({ execution }) => String(execution?.attempt ?? 1),
  host: ({ host }) => host,
  sentAt: ({ sentAt }) => sentAt,
  error: (_, text) => text.error ?? "",
  paused: (_, text) => text.paused ?? "",
  fail: ({ findings }) => String(findings.fail),
  warn: ({ findings }) => String(findings.warn),
  pass: ({ findings }) => String(findings.pass),
  newFindings: (_, text) => listText(text.changes.find(({ fixed }) => !fixed)),
  fixedFindings: (_, text) => listText(text.changes.find(({ fixed }) => fixed)),
  bundle: (_, text) => text.bundle?.where ?? "",
  sha256: ({ bundle }) => bundle?.sha256 ?? "",
};

/** Fills in `{summary}`, `{job}` and the like, escaped as the content type wants it: inside the quotes of JSON, in HTML and
 * XML, in a form. What stands in braces and is no name stays as it is: `{"a": 1}`.
 * @throws {UsageError} for a placeholder that does not exist, or when what should be JSON is none */
export function fillTemplate(template: string, message: Notification, contentType: string): string {
  const text = messageText(message);
  const escape = escaping(contentType);
  const filled = template.replace(/\{([A-Za-z][A-Za-z0-9]*)\}/g, (whole, name: string) => {
    const fill = Object.hasOwn(PLACEHOLDERS, name) ? PLACEHOLDERS[name] : undefined;
    if (fill !== undefined) return escape(fill(message, text));
    const names = Object.keys(PLACEHOLDERS);
    const meant = nearest(name, names);
    throw new UsageError(
      `The template of the webhook has the placeholder ${whole}, which does not exist`,
      meant === undefined ? `Use ${names.map((known) => `{${known}}`).join(", ")}` : `Did you mean {${meant}}?`,
    );
  });
  if (!isJson(contentType)) return filled;
  try {
    JSON.parse(filled);
  } catch {
    throw new UsageError(
      "The template of the webhook does not give JSON",
      'Put quotes around the placeholders of texts: {"text": "{summary}"}; or name another contentType',
    );
  }
  return filled;
}

function escaping(contentType: string): (text: string) => string {
  if (isJson(contentType)) return (text) => JSON.stringify(text).slice(1, -1);
  if (/[/+](?:html|xml)\b/i.test(contentType)) return escapeHtml;
  if (/x-www-form-urlencoded/i.test(contentType)) return encodeURIComponent;
  return (text) => text;
}

function isJson(contentType: string): boolean {
  return /[/+]json\b/i.test(contentType);
}

function listText(list: FindingList | undefined): string {
  if (list === undefined) return "";
  const lines = list.findings.map(({ severity, title, message, evidence }) =>
    `${severityWord(severity, list.fixed)} ${title}: ${message}${evidence === undefined ? "" : ` (${evidence})`}`
  );
  return [...lines, ...(list.more > 0 ? [`and ${list.more} more`] : [])].join("\n");
}
