import { createHash } from "node:crypto";
import { type Html, html, trusted } from "../core/html.ts";
import { clusterSection } from "./cluster_section.ts";
import { findingsSection } from "./findings_section.ts";
import { missingSection } from "./missing_section.ts";
import { number } from "./parts.ts";
import { redactionSection } from "./redaction_section.ts";
import { readReport, type ReportData, type ReportInput } from "./report_data.ts";
import { STYLE } from "./style.ts";
import { headline, shortfallsOf, summarySection } from "./summary_section.ts";
import { timelineSection } from "./timeline_section.ts";

/** The page of a bundle: one document that needs nothing else, neither scripts nor the network. What is put into it has
 * bounds, whatever is in the bundle: the page has at most some 2 MB. */
export async function renderReport(input: ReportInput): Promise<string> {
  return reportPage(await readReport(input)).text + "\n";
}

/** Nothing is loaded, nothing is run: the page's own style is all there is. */
const POLICY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
}'; img-src data:; base-uri 'none'; form-action 'none'`;

/** In one piece: the policy names the hash of what stands between the tags. */
const STYLE_ELEMENT = trusted(`<style>${STYLE}</style>`);

export function reportPage(data: ReportData): Html {
  const { name, filesAt } = data;
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${trusted(POLICY)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>${headline(data).word} · ${name}</title>
        <link rel="icon" href="data:,">
        ${STYLE_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#findings">Skip to the findings</a>
        <header>
          <p class="brand">Support bundle <span>${name}</span></p>
        </header>
        <main>
          ${summarySection(data)} ${navigation(data)} ${findingsSection(data.findings, filesAt)} ${clusterSection(
            data.cluster,
            filesAt,
          )} ${timelineSection(data.timeline, filesAt)} ${missingSection(data.missing, filesAt)} ${redactionSection(
            data.redaction,
          )}
        </main>
        <footer>
          <p>Times are in UTC. This page is complete in itself: it runs no scripts and loads nothing. ${filesAt !==
              undefined &&
            "Its links lead to files of the unpacked bundle."}</p>
        </footer>
      </body>
    </html>
  `;
}

function navigation(data: ReportData): Html {
  const { findings, timeline, redaction } = data;
  const counts = findings?.counts;
  const links: [id: string, name: string, count: number | undefined][] = [
    ["findings", "Findings", counts && counts.fail + counts.warn + counts.error + counts.skipped],
    ["cluster", "Cluster", undefined],
    ["timeline", "Timeline", timeline && timeline.totals.warning + timeline.totals.ended],
    ["missing", "Missing", shortfallsOf(data)],
    ["redacted", "Redacted", redaction.count],
  ];
  return html`
    <nav aria-label="Sections of this page">
      <ul>${links.map(([id, name, count]) =>
        html`
          <li><a href="#${id}">${name} ${count !== undefined && count > 0 && html`
            <span class="note-inline">${number(count)}</span>
          `}</a></li>
        `
      )}</ul>
    </nav>
  `;
}
