import { counted } from "../core/counted.ts";
import { formatSize } from "../core/size.ts";
import type { Notification, NotifiedFinding } from "./notifier.ts";

/** What a message says, in pieces that a target lays out and escapes in its own way. Each piece is one line: without control
 * characters, marks that turn the direction of text, and credentials in URLs. */
export interface MessageText {
  /** One sentence: `nightly: partial, 3 failures, 1 of them new`. */
  title: string;
  /** Names and values: `Status`, `failed`. */
  facts: [name: string, value: string][];
  error?: string;
  paused?: string;
  changes: FindingList[];
  bundle?: BundleText;
  earlier?: { heading: string; lines: string[]; more: number };
}

export interface FindingList {
  /** `New findings`, `Fixed findings`. */
  heading: string;
  fixed: boolean;
  findings: FindingText[];
  /** How many are not listed. */
  more: number;
}

export interface FindingText {
  severity: "fail" | "warn";
  title: string;
  message: string;
  /** `cluster-resources/pods/shop.json:120` */
  evidence?: string;
}

export interface BundleText {
  /** A URL without credentials, or `HOST:/path`. */
  where: string;
  /** Set where a browser can open it. */
  href?: string;
  size: string;
  sha256: string;
}

/** How much is said. */
export interface MessageLimits {
  /** Findings in each list. */
  findings: number;
  /** Characters of a finding's message. */
  message: number;
  /** Earlier runs. */
  earlier: number;
}

export const DEFAULT_LIMITS: MessageLimits = { findings: 20, message: 500, earlier: 10 };

/** For targets with little room, from much to nearly nothing. */
const SMALLER: readonly MessageLimits[] = [
  DEFAULT_LIMITS,
  { findings: 10, message: 300, earlier: 10 },
  { findings: 10, message: 150, earlier: 5 },
  { findings: 5, message: 100, earlier: 3 },
  { findings: 2, message: 60, earlier: 1 },
];
const LEAST: MessageLimits = { findings: 0, message: 0, earlier: 0 };

const TITLE_CHARS = 300;
const FINDING_TITLE_CHARS = 150;
const NAME_CHARS = 200;
const ERROR_CHARS = 500;
const WHERE_CHARS = 400;

/** The most of a message that fits.
 * @param fits whether the target takes it; what is nearly nothing is taken to fit */
export function fitMessage<Rendered>(
  message: Notification,
  render: (text: MessageText) => Rendered,
  fits: (rendered: Rendered) => boolean,
): Rendered {
  for (const limits of SMALLER) {
    const rendered = render(messageText(message, limits));
    if (fits(rendered)) return rendered;
  }
  return render(messageText(message, LEAST));
}

export function messageText(message: Notification, limits: MessageLimits = DEFAULT_LIMITS): MessageText {
  const { execution, error, paused, bundle, host } = message;
  const facts: MessageText["facts"] = [
    ["Status", oneLine(message.status, NAME_CHARS)],
    ["Findings", countsText(message.findings)],
  ];
  if (execution !== undefined) {
    const attempt = execution.attempt > 1 ? `, attempt ${execution.attempt}` : "";
    facts.push(["Execution", `${oneLine(execution.id, NAME_CHARS)}, due ${timeText(execution.scheduledAt)}${attempt}`]);
  }
  facts.push(["Host", oneLine(host, NAME_CHARS)]);
  return {
    title: oneLine(message.summary, TITLE_CHARS),
    facts,
    ...(error ? { error: oneLine(error, ERROR_CHARS) } : {}),
    ...(paused === undefined ? {} : { paused: oneLine(paused.note, ERROR_CHARS) }),
    changes: [
      findingList("New findings", false, message.newFindings, limits),
      findingList("Fixed findings", true, message.fixedFindings, limits),
    ].filter(({ findings, more }) => findings.length + more > 0),
    ...(bundle === undefined ? {} : { bundle: bundleText(bundle, host) }),
    ...earlierText(message.earlier ?? [], limits.earlier),
  };
}

/** The message as lines of plain text. */
export function plainText(text: MessageText): string {
  const lines = [text.title, "", ...text.facts.map(([name, value]) => `${name}: ${value}`)];
  if (text.error !== undefined) lines.push("", `Error: ${text.error}`);
  if (text.paused !== undefined) lines.push("", `Paused: ${text.paused}`);
  for (const { heading, fixed, findings, more } of text.changes) {
    lines.push("", `${heading}:`, ...findings.flatMap((finding) => findingLines(finding, fixed)));
    if (more > 0) lines.push(`  and ${more} more`);
  }
  if (text.bundle !== undefined) {
    lines.push("", `Bundle: ${text.bundle.where} (${text.bundle.size})`, `SHA-256: ${text.bundle.sha256}`);
  }
  if (text.earlier !== undefined) {
    const { heading, lines: runs, more } = text.earlier;
    lines.push("", `${heading}:`, ...(more > 0 ? [`  ${counted(more, "run")} before these`] : []));
    lines.push(...runs.map((run) => `  ${run}`));
  }
  return `${lines.join("\n")}\n`;
}

/** The word that stands before a finding. */
export function severityWord(severity: FindingText["severity"], fixed: boolean): string {
  return fixed ? "FIXED" : severity === "fail" ? "FAIL" : "WARN";
}

/** Text of somebody else on one line: without control characters, line ends, characters that turn the direction of text, and
 * passwords in URLs; no longer than `max` characters. */
export function oneLine(text: string, max: number): string {
  // What follows looks at no more than may be shown: a message may have megabytes.
  const near = text.slice(0, max + 1000).toWellFormed();
  const plain = near
    .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ")
    .replace(/(:\/\/)[^\s/?#@]{1,1000}@/g, "$1***@")
    .trim();
  return cutText(plain, max);
}

/** The first characters of a text, none of them cut in two; an ellipsis is the last where there were more. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  if (max <= 0) return "";
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function findingList(
  heading: string,
  fixed: boolean,
  all: readonly NotifiedFinding[],
  limits: MessageLimits,
): FindingList {
  const findings = all.slice(0, limits.findings).map(({ severity, title, message, evidence }) => ({
    severity,
    title: oneLine(title, FINDING_TITLE_CHARS),
    message: oneLine(message, limits.message),
    ...(evidence === undefined || fixed ? {} : { evidence: oneLine(evidence, NAME_CHARS) }),
  }));
  return { heading, fixed, findings, more: all.length - findings.length };
}

function findingLines({ severity, title, message, evidence }: FindingText, fixed: boolean): string[] {
  const first = `  ${severityWord(severity, fixed)}  ${title}${
    message === "" || message === title ? "" : `: ${message}`
  }`;
  return evidence === undefined ? [first] : [first, `        ${evidence}`];
}

function bundleText({ url, path, bytes, sha256 }: NonNullable<Notification["bundle"]>, host: string): BundleText {
  const size = formatSize(bytes);
  if (url === undefined) return { where: oneLine(`${host}:${path ?? "?"}`, WHERE_CHARS), size, sha256 };
  const safe = withoutCredentials(url);
  const link = safe === url && /^https?:/.test(url) && url.length <= WHERE_CHARS ? { href: url } : {};
  return { where: oneLine(safe, WHERE_CHARS), ...link, size, sha256 };
}

/** Without user, password, query and fragment: a presigned URL has its signature there. */
export function withoutCredentials(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text.replace(/[?#].*$/s, "");
  if (url.username === "" && url.password === "" && url.search === "" && url.hash === "") return text;
  url.username =
    url.password =
    url.search =
    url.hash =
      "";
  return url.href;
}

function earlierText(all: NonNullable<Notification["earlier"]>, max: number): Pick<MessageText, "earlier"> {
  if (all.length === 0) return {};
  const last = all.slice(Math.max(0, all.length - max));
  return {
    earlier: {
      heading: `Since the last message, ${counted(all.length, "run")} before this one`,
      lines: (max === 0 ? [] : last).map(({ at, summary }) => `${timeText(at)}  ${oneLine(summary, NAME_CHARS)}`),
      more: all.length - Math.min(max, all.length),
    },
  };
}

function countsText({ fail, warn, pass }: Notification["findings"]): string {
  const parts = [
    ...(fail > 0 ? [counted(fail, "failure")] : []),
    ...(warn > 0 ? [counted(warn, "warning")] : []),
    ...(pass > 0 ? [`${pass} passed`] : []),
  ];
  return parts.length === 0 ? "none" : parts.join(", ");
}

/** `2026-03-02 04:00:00 UTC` */
export function timeText(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime())
    ? oneLine(at, 30)
    : time.toISOString().replace("T", " ").replace(/\.\d+Z$/, " UTC");
}
