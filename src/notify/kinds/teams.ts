import { UsageError } from "../../core/errors.ts";
import { counted } from "../../core/counted.ts";
import { httpPost } from "../http_post.ts";
import { type FindingList, fitMessage, type MessageText, severityWord } from "../message_text.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";
import { targetUrl, validateTargetUrl } from "../target_url.ts";

/** Teams documents 28 KB, and was seen to refuse messages from 21 KB on.
 * @see https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook */
const MAX_BYTES = 20_000;

/** An Adaptive Card to the webhook of a workflow ("Send webhook alerts to a channel"). */
export const teams: Notifier = {
  kind: "teams",
  summary: "A Microsoft Teams channel or chat, by the URL of a workflow's webhook",

  options: {},

  validate({ url, secret }: NotifyTarget): void {
    validateTargetUrl(url, "Teams webhook");
    if (secret !== undefined) {
      throw new UsageError(
        "The Teams notifier has a secret, which it does not need",
        "Leave it out: the URL of the workflow is the secret, and may be given as a reference (teams:env:NAME)",
      );
    }
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    await httpPost({
      url: await targetUrl(target, "Teams webhook", context),
      body: JSON.stringify(teamsMessage(message)),
      who: "Teams",
      hint: "Check that the workflow still exists, is on, and begins with a webhook request",
      headers: () => ({ "Content-Type": "application/json" }),
      reason: errorMessage,
    }, context);
  },
};

/** The body of a message, within what Teams takes. */
export function teamsMessage(message: Notification): unknown {
  const encoder = new TextEncoder();
  return fitMessage(message, render, (card) => encoder.encode(JSON.stringify(card)).length <= MAX_BYTES);
}

function render(text: MessageText): unknown {
  const body: unknown[] = [
    lines([bold(text.title, "Large")]),
    ...text.facts.map(([name, value]) => lines([bold(`${name}: `), run(value)])),
  ];
  if (text.error !== undefined) body.push(lines([bold("Error: "), run(text.error, "Attention")], true));
  if (text.paused !== undefined) body.push(lines([bold("Paused: "), run(text.paused, "Warning")], true));
  for (const list of text.changes) body.push(...listBlocks(list));
  if (text.earlier !== undefined) {
    const { heading, lines: runs, more } = text.earlier;
    body.push(lines([bold(heading)], true));
    if (more > 0) body.push(lines([run(`${counted(more, "run")} before these`)]));
    body.push(...runs.map((each) => lines([run(each)])));
  }
  if (text.bundle !== undefined) {
    const { where, size, sha256 } = text.bundle;
    body.push(lines([bold("Bundle: "), run(`${where} (${size})`)], true), lines([run(`SHA-256 ${sha256}`)]));
  }
  const href = text.bundle?.href;
  return {
    type: "message",
    attachments: [{
      contentType: "application/vnd.microsoft.card.adaptive",
      contentUrl: null,
      content: {
        $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
        type: "AdaptiveCard",
        version: "1.4",
        msteams: { width: "Full" },
        body,
        ...(href === undefined ? {} : { actions: [{ type: "Action.OpenUrl", title: "Open the bundle", url: href }] }),
      },
    }],
  };
}

function listBlocks({ heading, fixed, findings, more }: FindingList): unknown[] {
  const colour = { FAIL: "Attention", WARN: "Warning", FIXED: "Good" } as const;
  return [
    lines([bold(heading)], true),
    ...findings.flatMap(({ severity, title, message, evidence }) => {
      const word = severityWord(severity, fixed) as keyof typeof colour;
      const said = message === "" || message === title ? [] : [run(`: ${message}`)];
      return [
        lines([bold(`${word} `, undefined, colour[word]), run(title), ...said]),
        ...(evidence === undefined ? [] : [lines([{ ...run(evidence), fontType: "Monospace", isSubtle: true }])]),
      ];
    }),
    ...(more > 0 ? [lines([run(`and ${more} more`)])] : []),
  ];
}

/** A block of rich text: unlike a `TextBlock` it knows no Markdown, so that nobody's text can become a link, a picture or a mention. */
function lines(inlines: unknown[], separated = false): unknown {
  return { type: "RichTextBlock", ...(separated ? { spacing: "Medium" } : { spacing: "None" }), inlines };
}

function run(text: string, color?: string): Record<string, unknown> {
  return { type: "TextRun", text, ...(color === undefined ? {} : { color }) };
}

function bold(text: string, size?: string, color?: string): Record<string, unknown> {
  return { ...run(text, color), weight: "Bolder", ...(size === undefined ? {} : { size }) };
}

/** `{"error": {"code": …, "message": …}}` */
function errorMessage(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body);
    return typeof error?.message === "string" ? error.message : undefined;
  } catch {
    return undefined;
  }
}
