import { createHash } from "node:crypto";
import { counted } from "../core/counted.ts";
import { type Html, html } from "../core/html.ts";
import { cutText, type FindingList, type MessageText, messageText, plainText, severityWord } from "./message_text.ts";
import type { Notification } from "./notifier.ts";

const SUBJECT_CHARS = 200;
const LIMITS = { findings: 50, message: 500, earlier: 50 };
const COLOURS = { FAIL: "#b42318", WARN: "#93600a", FIXED: "#067647" } as const;

/** A mail, in the form that nodemailer takes. */
export interface MailMessage {
  subject: string;
  text: string;
  html: string;
  date: Date;
  messageId: string;
  /** One conversation a job: each mail refers to a first one that was never sent. */
  references: string[];
  inReplyTo: string;
  headers: Record<string, string>;
}

/** @param from the sender's address: its domain makes the ids of messages
 * @param prefix what subjects begin with */
export function mailMessage(message: Notification, from: string, prefix: string): MailMessage {
  const text = messageText(message, LIMITS);
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const thread = `<support-bundle.${shortHash(message.job?.id ?? message.host)}@${domain}>`;
  return {
    subject: cutText(`${prefix}${text.title}`, SUBJECT_CHARS),
    text: plainText(text),
    html: htmlText(text),
    date: new Date(message.sentAt),
    // The same for the same message: who receives it twice can tell.
    messageId: `<support-bundle.${shortHash(JSON.stringify(message))}@${domain}>`,
    references: [thread],
    inReplyTo: thread,
    headers: {
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "X-Support-Bundle-Events": message.events.join(", "),
    },
  };
}

function htmlText(text: MessageText): string {
  const { title, facts, error, paused, changes, bundle, earlier } = text;
  return html`
    <!DOCTYPE html>
    <html>
      <body style="font:15px/1.5 sans-serif;color:#1d2939">
        <h2 style="font-size:18px">${title}</h2>
        <table cellpadding="0" cellspacing="0">${facts.map(([name, value]) =>
          html`
            <tr>
              <td style="color:#667085;padding-right:16px;vertical-align:top">${name}</td>
              <td>${value}</td>
            </tr>
          `
        )}</table>
        ${error !== undefined && html`
          <p><b style="color:${COLOURS.FAIL}">Error</b> ${error}</p>
        `} ${paused !== undefined && html`
          <p><b style="color:${COLOURS.WARN}">Paused</b> ${paused}</p>
        `} ${changes.map(listHtml)} ${bundle !== undefined && html`
          <p><b>Bundle</b> ${bundle.href === undefined ? bundle.where : html`
            <a href="${bundle.href}">${bundle.where}</a>
          `} (${bundle.size})<br><span style="color:#667085">SHA-256 ${bundle.sha256}</span></p>
        `} ${earlier !== undefined && html`
          <h3 style="font-size:15px">${earlier.heading}</h3><ul>${earlier.more > 0 && html`
            <li>${counted(earlier.more, "run")} before these</li>
          `}${earlier.lines.map((line) =>
            html`
              <li>${line}</li>
            `
          )}</ul>
        `}
      </body>
    </html>
  `.text;
}

function listHtml({ heading, fixed, findings, more }: FindingList): Html {
  return html`
    <h3 style="font-size:15px">${heading}</h3><ul>${findings.map(({ severity, title, message, evidence }) => {
      const word = severityWord(severity, fixed) as keyof typeof COLOURS;
      return html`
        <li><b style="color:${COLOURS[word]}">${word}</b> <b>${title}</b>${message !== "" && message !== title && html`
          : ${message}
        `}${evidence !== undefined && html`
          <br><code style="color:#667085">${evidence}</code>
        `}</li>
      `;
    })}${more > 0 && html`
      <li>and ${more} more</li>
    `}</ul>
  `;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
