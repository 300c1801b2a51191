import { validateCredentialReference } from "../../core/credential_reference.ts";
import { UsageError } from "../../core/errors.ts";
import { counted } from "../../core/counted.ts";
import { httpPost } from "../http_post.ts";
import { cutText, type FindingList, fitMessage, type MessageText, severityWord } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";

const HEADER_CHARS = 150;
const SECTION_CHARS = 3000;
/** Slack counts up to 50 blocks, and refuses more than about 13,000 characters in them together (`msg_blocks_too_long`).
 * @see https://docs.slack.dev/reference/block-kit/blocks/section-block
 * @see https://github.com/slackapi/bolt-js/issues/2509 */
const MESSAGE_CHARS = 12_000;
const MAX_BLOCKS = 50;

/** A message in Block Kit, to an incoming webhook or, with a bot's token, to a channel. */
export const slack: Notifier = {
  kind: "slack",
  summary: "A Slack channel, by the URL of an incoming webhook, or by a bot's token and a channel",

  options: { channel: "With a bot's token as secret: the channel's id (C0123456789) or name (#alerts)" },

  validate({ url, secret, options = {} }: NotifyTarget): void {
    validateTargetUrl(url, "Slack webhook");
    if (secret !== undefined) validateCredentialReference(secret);
    if ((options.channel === undefined) === (secret === undefined)) return;
    throw options.channel === undefined
      ? new UsageError(
        "The Slack notifier has a secret and no channel",
        "A bot's token needs option channel; an incoming webhook needs no secret: its URL is one",
      )
      : new UsageError(
        "The Slack notifier has a channel and no secret",
        "Name the bot's token by reference (env:NAME), with the URL https://slack.com/api/chat.postMessage; " +
          "an incoming webhook has its channel already",
      );
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const url = await targetUrl(target, "Slack webhook", context);
    const token = target.secret === undefined ? undefined : await context.secret(target.secret);
    const channel = target.options?.channel;
    const body = JSON.stringify({ ...(channel === undefined ? {} : { channel }), ...slackMessage(message) });
    await httpPost({
      url,
      body,
      who: "Slack",
      hint: "Check that the webhook or the channel still exists, and that the app is in it",
      secrets: token === undefined ? [] : [token],
      headers: () => ({
        "Content-Type": "application/json; charset=utf-8",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      }),
      reason: (text) => /^[a-z_ ]{1,80}$/.exec(text.trim())?.[0],
      refused: token === undefined ? undefined : refusal,
    }, context);
  },
};

/** The body of a message, within what Slack takes. */
export function slackMessage(message: Notification): { text: string; blocks: unknown[] } {
  return fitMessage(message, render, ({ blocks }) => {
    const texts = blocks.flatMap(textsOf);
    return blocks.length <= MAX_BLOCKS && texts.every(({ length }) => length <= SECTION_CHARS) &&
      texts.reduce((sum, { length }) => sum + length, 0) <= MESSAGE_CHARS;
  });
}

function render(text: MessageText): { text: string; blocks: unknown[]; unfurl_links: false; unfurl_media: false } {
  const blocks: unknown[] = [
    { type: "header", text: { type: "plain_text", text: headline(text.title), emoji: false } },
    ...(text.title.length > HEADER_CHARS ? [section(escape(text.title))] : []),
    {
      type: "section",
      fields: text.facts.map(([name, value]) => mrkdwn(`*${escape(name)}*\n${escape(value)}`)),
    },
  ];
  if (text.error !== undefined) blocks.push(section(`*Error*\n${escape(text.error)}`));
  if (text.paused !== undefined) blocks.push(section(`*Paused*\n${escape(text.paused)}`));
  for (const list of text.changes) blocks.push(section(listText(list)));
  if (text.earlier !== undefined) {
    const { heading, lines, more } = text.earlier;
    const before = more > 0 ? [`_${counted(more, "run")} before these_`] : [];
    blocks.push(section([`*${escape(heading)}*`, ...before, ...lines.map(escape)].join("\n")));
  }
  if (text.bundle !== undefined) {
    const { where, href, size, sha256 } = text.bundle;
    const name = href === undefined ? escape(where) : `<${linkText(href)}|${escape(where).replaceAll("|", "¦")}>`;
    blocks.push({ type: "context", elements: [mrkdwn(`*Bundle* ${name} (${size})\nSHA-256 ${escape(sha256)}`)] });
  }
  return { text: escape(text.title), blocks, unfurl_links: false, unfurl_media: false };
}

function listText({ heading, fixed, findings, more }: FindingList): string {
  const lines = findings.map(({ severity, title, message, evidence }) =>
    `• *${severityWord(severity, fixed)}* ${escape(title)}` +
    (message === "" || message === title ? "" : `: ${escape(message)}`) +
    (evidence === undefined ? "" : `\n   ${escape(evidence)}`)
  );
  return [`*${heading}*`, ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}

function section(text: string): unknown {
  return { type: "section", text: mrkdwn(text) };
}

/** `verbatim`: what looks like a mention, a channel or a link in the texts of others stays text. */
function mrkdwn(text: string): unknown {
  return { type: "mrkdwn", text, verbatim: true };
}

/** With these three escaped nothing is a mention, a command or a link.
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Plain text has no escapes of its own: what could begin a mention is replaced. */
function headline(title: string): string {
  return cutText(title.replaceAll("<", "‹").replaceAll(">", "›"), HEADER_CHARS);
}

function linkText(href: string): string {
  return escape(href.replaceAll("|", "%7C").replaceAll("<", "%3C").replaceAll(">", "%3E"));
}

function textsOf(block: unknown): string[] {
  const { text, fields = [], elements = [] } = block as Record<string, { text: string } & { text: string }[]>;
  return [...(text ? [text] : []), ...fields as { text: string }[], ...elements as { text: string }[]]
    .map((part) => (part as { text: string }).text);
}

/** The Web API says with 200 what went wrong. */
function refusal(body: string): { reason: string; transient: boolean } | undefined {
  let answer: { ok?: unknown; error?: unknown } | undefined;
  try {
    answer = JSON.parse(body);
  } catch {
    answer = undefined;
  }
  if (answer?.ok === true) return undefined;
  const reason = /^[a-z_]{1,80}$/.exec(String(answer?.error))?.[0] ?? "what it said is no answer of Slack";
  return {
    reason,
    transient: /^(?:internal_error|fatal_error|service_unavailable|request_timeout|ratelimited|rate_limited)$/.test(
      reason,
    ),
  };
}
