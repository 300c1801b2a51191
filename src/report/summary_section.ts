import { type Html, html, type HtmlValue } from "../core/html.ts";
import { type Look, SHAPES, sign } from "../core/html_look.ts";
import { formatSize } from "../core/size.ts";
import { spanText } from "../core/time_text.ts";
import { FINDING_LOOKS } from "./looks.ts";
import { counted, instant, number } from "./parts.ts";
import type { ReportData } from "./report_data.ts";

/** What whoever opens the page wants to know first. */
export function headline({ findings }: ReportData): Look {
  if (findings === undefined) return { tone: "calm", shape: SHAPES.ring, word: "Nothing was analyzed" };
  const { fail, warn, error, skipped, pass } = findings.counts;
  const open = error + skipped;
  const parts = [
    ...fail > 0 ? [counted(fail, "problem")] : [],
    ...warn > 0 ? [counted(warn, "warning")] : [],
    ...open > 0 && fail + warn === 0 ? [`${counted(open, "check")} without an answer`] : [],
  ];
  if (parts.length > 0) {
    return { ...FINDING_LOOKS[fail > 0 ? "fail" : warn > 0 ? "warn" : "skipped"], word: parts.join(", ") };
  }
  return pass > 0
    ? { ...FINDING_LOOKS.pass, word: pass === 1 ? "The one check passed" : `All ${number(pass)} checks passed` }
    : { tone: "calm", shape: SHAPES.ring, word: "Nothing was analyzed" };
}

export function summarySection(data: ReportData): Html {
  const look = headline(data);
  const notices = noticesOf(data);
  return html`
    <h1 class="${look.tone}">${sign(look)} <span>${look.word}</span></h1>
    ${lead(data)} ${notices.length > 0 && html`
      <ul class="notices" aria-label="Before you rely on this page">${notices.map((notice) =>
        html`
          <li>${notice}</li>
        `
      )}</ul>
    `}
    <dl class="figures">${figures(data).map(([term, value, tone]) =>
      html`
        <div class="${tone}">
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
  `;
}

function lead({ run }: ReportData): Html | undefined {
  if (run === undefined) return undefined;
  const at = Date.parse(run.startedAt);
  const parts = [
    Number.isNaN(at) ? "" : `Collected ${instant(at)} UTC`,
    run.durationMs === undefined ? "" : `in ${spanText(run.durationMs)}`,
    run.job === undefined ? "" : `by the job ${run.job}`,
    `with support-bundle ${run.version}: ${counted(run.files, "file")}, ${formatSize(run.bytes)}.`,
  ];
  return html`
    <p class="lead">${parts.filter((part) => part !== "").join(" ")}</p>
  `;
}

function figures(data: ReportData): [term: string, value: HtmlValue, tone?: string][] {
  const { findings, cluster, missing, redaction } = data;
  const rows: [string, HtmlValue, string?][] = [];
  if (findings !== undefined) {
    const { fail, warn, pass, error, skipped } = findings.counts;
    rows.push(["Problems", number(fail), fail > 0 ? "bad" : undefined]);
    rows.push(["Warnings", number(warn), warn > 0 ? "warn" : undefined]);
    rows.push(["Passed", number(pass)]);
    if (error + skipped > 0) rows.push(["Unanswered", number(error + skipped), "held"]);
  }
  if (cluster?.nodes !== undefined) {
    const { ready, total } = cluster.nodes;
    rows.push(["Nodes ready", `${number(ready)} of ${number(total)}`, ready < total ? "bad" : undefined]);
  }
  if (cluster?.pods !== undefined) {
    const { unhealthy, total } = cluster.pods;
    rows.push([
      "Pods not well",
      `${number(unhealthy.total)} of ${number(total)}`,
      unhealthy.total > 0 ? "warn" : undefined,
    ]);
  }
  const short = shortfallsOf(data);
  if (!missing.unexplained) rows.push(["Missing", number(short), short > 0 ? "warn" : undefined]);
  if (redaction.state === "on") rows.push(["Values hidden", number(redaction.count)]);
  return rows;
}

export function shortfallsOf({ missing }: ReportData): number {
  return missing.groups.reduce((sum, { shortfall, records }) => sum + (shortfall ? records.total : 0), 0);
}

/** What makes the rest of the page worth less than it seems. */
function noticesOf({ run, redaction, cluster, missing }: ReportData): string[] {
  const notices: string[] = [];
  if (redaction.state === "off") {
    notices.push(
      "Redaction was off: this bundle may contain passwords, tokens and keys. Be careful with whom you share it.",
    );
  }
  if (run?.endedEarly === "deadline") notices.push("The deadline of the run passed before everything was collected.");
  if (run?.endedEarly === "interrupted") notices.push("The run was interrupted before everything was collected.");
  if (run !== undefined && run.collectors.short > 0) {
    const { short, total } = run.collectors;
    notices.push(`${short} of ${counted(total, "collector")} fell short: see what is missing, and why.`);
  }
  for (const { stage, status, message } of run?.stages ?? []) {
    if (stage === "collect" || (status !== "failed" && status !== "partial")) continue;
    notices.push(
      `The stage “${stage}” ${status === "failed" ? "failed" : "is incomplete"}${message ? `: ${message}` : "."}`,
    );
  }
  if (cluster !== undefined && cluster.unread.total > 0) {
    const [first] = cluster.unread.items;
    const { total } = cluster.unread;
    notices.push(
      `${counted(total, "file")} of the cluster could not be read for this page, first ${first!.path}: ${first!.why}`,
    );
  }
  if (missing.unexplained) {
    notices.push(
      "This bundle has no manifest of this tool: it does not tell all that is missing, nor what was hidden.",
    );
  }
  return notices;
}
