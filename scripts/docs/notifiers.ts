import { alertsOf } from "../../src/notify/kinds/alertmanager.ts";
import { pagerdutyEvents } from "../../src/notify/kinds/pagerduty.ts";
import { runId } from "../../src/notify/kinds/ping.ts";
import { slackMessage } from "../../src/notify/kinds/slack.ts";
import { teamsMessage } from "../../src/notify/kinds/teams.ts";
import { environment } from "../../src/notify/kinds/command.ts";
import { mailMessage } from "../../src/notify/mail_message.ts";
import { messageText, plainText } from "../../src/notify/message_text.ts";
import type { Notification } from "../../src/notify/notifier.ts";
import { notifiers } from "../../src/notify/registry.ts";

/** What the examples of the document tell of. */
export const SAMPLE: Notification = {
  schemaVersion: 1,
  events: ["new-findings", "fixed-findings"],
  job: { id: "3f0c9a1e", name: "nightly" },
  execution: { id: "3f0c9a1e-20260302T020000Z", scheduledAt: "2026-03-02T02:00:00.000Z", attempt: 1 },
  sentAt: "2026-03-02T02:01:12.000Z",
  host: "ops-1",
  status: "completed",
  summary: "nightly: completed, 2 failures and 1 warning, 2 of them new, 1 fixed",
  findings: { fail: 2, warn: 1, pass: 12 },
  newFindings: [
    {
      title: "Restarts again and again: shop/web, container main",
      severity: "fail",
      message: "Pod shop/web: container main restarted 9 times.",
      evidence: "cluster-resources/pods/shop.json:120",
    },
    { title: "Certificate of shop.example", severity: "warn", message: "It expires in 6 days" },
  ],
  fixedFindings: [{ title: "Disk", severity: "fail", message: "/var is 97 % full" }],
  bundle: {
    path: "/var/lib/support-bundle/bundles/nightly.tar.gz",
    url: "https://bundles.example.com/nightly/2026-03-02.tar.gz",
    bytes: 48_300_000,
    sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  },
};

/** Fills in what stands between `<!-- made: NAME -->` and `<!-- end -->`: the kinds and their options as the program has them,
 * and messages as they arrive.
 * @throws {Error} for a name that nothing makes */
export function renderNotifiersDoc(document: string): string {
  return document.replace(/(<!-- made: (.*?) -->\n)[^]*?(?=<!-- end -->)/g, (_, begin: string, name: string) => {
    const [what, kind = ""] = name.split(" ");
    const make = what === "kinds" ? kindsTable : what === "options" ? () => optionsTable(kind) : ARRIVES[kind];
    if (make === undefined) throw new Error(`nothing makes "${name}"`);
    return `${begin}\n${make()}\n`;
  });
}

function kindsTable(): string {
  const rows = notifiers.map(({ kind, summary }) => `| [\`${kind}\`](#${kind}) | ${summary} |\n`).join("");
  return `| kind | tells |\n|---|---|\n${rows}`;
}

function optionsTable(kind: string): string {
  const { options } = notifiers.find((notifier) => notifier.kind === kind)!;
  const rows = Object.entries(options).map(([name, meaning]) =>
    `| \`${name}\` | ${meaning.replaceAll("|", "\\|")} |\n`
  );
  return `| option | meaning |\n|---|---|\n${rows.join("")}`;
}

const ARRIVES: Readonly<Record<string, () => string>> = {
  webhook: () => code(JSON.stringify(SAMPLE, null, 2), "json"),
  slack: () => code(slackLines(slackMessage(SAMPLE).blocks)),
  teams: () => code(cardLines(teamsMessage(SAMPLE))),
  pagerduty: () => code(JSON.stringify(pagerdutyEvents(SAMPLE), null, 2), "json"),
  alertmanager: () => code(JSON.stringify(alertsOf(SAMPLE, { labels: "cluster=prod" }), null, 2), "json"),
  email: () => code(mailLines()),
  ping: () => code(pingLines()),
  command: () =>
    code(Object.entries(environment(SAMPLE, {})).map(([name, value]) => `${name}=${value}`).join("\n"), "sh"),
};

function code(text: string, language = ""): string {
  return `\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n`;
}

// deno-lint-ignore no-explicit-any
function slackLines(blocks: any[]): string {
  const unescape = (text: string) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return blocks.map(({ text, fields, elements }) =>
    [text, ...(fields ?? []), ...(elements ?? [])].filter(Boolean).map((part) => unescape(part.text)).join("\n")
  ).join("\n\n");
}

// deno-lint-ignore no-explicit-any
function cardLines(message: any): string {
  const { body, actions = [] } = message.attachments[0].content;
  // deno-lint-ignore no-explicit-any
  const lines = body.map(({ spacing, inlines }: any) =>
    (spacing === "Medium" ? "\n" : "") + inlines.map(({ text }: { text: string }) => text).join("")
  );
  return [...lines, ...actions.map(({ title }: { title: string }) => `\n[ ${title} ]`)].join("\n");
}

function mailLines(): string {
  const { subject, messageId, inReplyTo, headers, text } = mailMessage(
    SAMPLE,
    "bundles@example.com",
    "[support-bundle] ",
  );
  const head = {
    From: "support-bundle <bundles@example.com>",
    To: "ops@example.com",
    Subject: subject,
    "Message-ID": messageId,
    "In-Reply-To": inReplyTo,
    ...headers,
  };
  return `${Object.entries(head).map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n${text}`;
}

function pingLines(): string {
  const id = runId(SAMPLE.execution!.id);
  return `POST /CHECK/start?rid=${id}\n\nPOST /CHECK?rid=${id}\n\n${plainText(messageText(SAMPLE))}`;
}
