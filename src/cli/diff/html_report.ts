import { formatSize } from "../../core/size.ts";
import { type Html, html, trusted } from "../../core/html.ts";
import type { BundleDifference, BundleFacts } from "../../diff/compare_bundles.ts";
import { utcTime } from "../render/time.ts";
import { type Mark, reportNotes, reportSections, type Row, type Section } from "./report_sections.ts";

/** Rows of a section, at most. */
const MAX_ROWS = 500;

const WORDS: Record<Mark, string> = {
  bad: "✗ worse",
  warn: "! warning",
  good: "✓ better",
  added: "+ added",
  removed: "− removed",
  changed: "~ changed",
};

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--ground:#fff;--sheet:#f4f6f8;--line:#d0d7de;
--good:#116329;--warn:#855000;--bad:#b3121d}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--ground:#0f141a;--sheet:#181f27;--line:#343d48;
--good:#57c96b;--warn:#e0a33e;--bad:#ff7b72}}
body{margin:0 auto;max-width:76rem;padding:1rem 1.25rem 2rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.7rem;margin:.5rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0}dt{color:var(--soft)}dd{margin:0}
table{border-collapse:collapse;width:100%;table-layout:fixed}
th,td{text-align:left;vertical-align:top;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:400}th:first-child{width:6.5rem}th:nth-child(2){width:35%}
td:first-child{font-weight:600}
.bad,.removed{color:var(--bad)}.warn,.changed{color:var(--warn)}.good,.added{color:var(--good)}
pre{background:var(--sheet);padding:.5rem .75rem;white-space:pre-wrap;font-size:.87em;margin:.4rem 0 0}
summary{cursor:pointer}ul{color:var(--soft);padding-left:1.2rem}
`;

/** What is not the same in two bundles, as one page that needs nothing else: no script, nothing is loaded.
 * @param showDiffs of files, folded */
export function htmlReport(difference: BundleDifference, showDiffs: boolean): string {
  const { oldBundle, newBundle, generatedAt } = difference.metadata;
  const sections = difference.differs ? reportSections(difference) : [];
  const summary = sections.length === 0
    ? "No changes detected between bundles."
    : sections.map(({ summary }) => summary).join(", ");
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <title>Support bundle diff</title>
        <style>
        ${trusted(STYLE)}
        </style>
      </head>
      <body>
        <h1>Support bundle diff</h1>
        <dl>
          <dt>Old bundle</dt>
          <dd>${bundleText(oldBundle)}</dd>
          <dt>New bundle</dt>
          <dd>${bundleText(newBundle)}</dd>
          <dt>Generated</dt>
          <dd>${utcTime(new Date(generatedAt))}</dd>
        </dl>
        <p><strong>${summary}</strong></p>
        ${sections.map((section) => sectionHtml(section, showDiffs))}
        <h2>About this report</h2>
        <ul>${reportNotes(difference).map((note) =>
          html`
            <li>${note}</li>
          `
        )}</ul>
      </body>
    </html>
  `.text + "\n";
}

function sectionHtml({ title, rows }: Section, showDiffs: boolean): Html {
  const more = rows.length - MAX_ROWS;
  return html`
    <section>
      <h2>${title}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">Detail</th>
          </tr>
        </thead>
        <tbody>${rows.slice(0, MAX_ROWS).map((row) => rowHtml(row, showDiffs))}</tbody>
      </table>
      ${more > 0 && html`
        <p>and ${more} more, see --format json</p>
      `}
    </section>
  `;
}

function rowHtml({ mark, subject, detail, diff }: Row, showDiffs: boolean): Html {
  const shown = showDiffs && diff !== undefined &&
    html`
      <details>
        <summary>Lines</summary>
        <pre>${diff.slice(2).map(diffLine)}</pre>
      </details>
    `;
  return html`
    <tr>
      <td class="${mark}">${WORDS[mark]}</td>
      <td>${subject}</td>
      <td>${detail}${shown}</td>
    </tr>
  `;
}

function diffLine(line: string): Html {
  const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "";
  return html`
    <span class="${kind}">${line}</span>${"\n"}
  `;
}

function bundleText({ path, size, startedAt, createdAt, numFiles }: BundleFacts): string {
  return `${path} (${formatSize(size)}, ${numFiles} files, ${utcTime(new Date(startedAt ?? createdAt))})`;
}
