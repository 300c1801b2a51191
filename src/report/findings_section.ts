import { type Html, html } from "../core/html.ts";
import { sign } from "../core/html_look.ts";
import type { FindingData, FindingGroup, FindingsData } from "./findings_data.ts";
import { FINDING_LOOKS } from "./looks.ts";
import { counted, fileLink, folded, number } from "./parts.ts";

const HEADINGS: Record<FindingGroup, string> = {
  fail: "Problems",
  warn: "Warnings",
  error: "Could not be evaluated",
  skipped: "Not judged",
  pass: "Passed",
};
const OPEN = 8;
/** Bytes of the findings on the page. What is beyond is counted. */
const MAX_BYTES = 1_200_000;

export function findingsSection(findings: FindingsData | undefined, filesAt: string | undefined): Html {
  return html`
    <section aria-labelledby="findings">
      <h2 id="findings" tabindex="-1">Findings</h2>
      ${findings === undefined || Object.values(findings.counts).every((count) => count === 0)
        ? html`
          <p class="none">Nothing was analyzed. Analyze this bundle with a spec that has analyzers:</p>
          <pre><code>support-bundle analyze BUNDLE SPEC</code></pre>
        `
        : groups(findings, filesAt)}
    </section>
  `;
}

function groups({ items, left, counts }: FindingsData, filesAt: string | undefined): Html {
  let bytes = 0;
  const byGroup = new Map<FindingGroup, Html[]>();
  let unshown = left;
  for (const [i, item] of items.entries()) {
    const rendered = item.group === "pass" ? passed(item) : card(item, filesAt);
    bytes += encoder.encode(rendered.text).length;
    if (bytes > MAX_BYTES) {
      unshown += items.slice(i).reduce((sum, { alike }) => sum + alike + 1, 0);
      break;
    }
    const group = byGroup.get(item.group);
    if (group === undefined) byGroup.set(item.group, [rendered]);
    else group.push(rendered);
  }
  return html`
    ${[...byGroup].map(([name, cards]) => group(name, counts[name], cards))} ${unshown > 0 && html`
      <p class="note">${counted(
        unshown,
        "more finding is",
        "more findings are",
      )} in analysis.json, and not on this page.</p>
    `}
  `;
}

const encoder = new TextEncoder();

function group(name: FindingGroup, count: number, cards: Html[]): Html {
  const heading = html`
    <h3>${sign(FINDING_LOOKS[name])} ${HEADINGS[name]} <span class="note-inline">${number(count)}</span></h3>
  `;
  if (name === "pass") {
    const list = html`
      <ul class="passed">${cards}</ul>
    `;
    return html`
      ${heading} ${folded(`Show the ${counted(count, "check")} that passed`, list)}
    `;
  }
  const open = cards.length <= OPEN + 2 ? cards.length : OPEN;
  return html`
    ${heading} ${cards.slice(0, open)} ${cards.length > open &&
      folded(`Show ${number(cards.length - open)} more under “${HEADINGS[name]}”`, cards.slice(open))}
  `;
}

function passed({ title, message, alike }: FindingData): Html {
  return html`
    <li>
      ${sign(FINDING_LOOKS.pass)} <strong>${title}</strong> ${more(alike)} <span class="soft">${message}</span>
    </li>
  `;
}

function more(alike: number): Html | undefined {
  return alike === 0 ? undefined : html`
    <span class="note-inline">and ${number(alike)} more like it</span>
  `;
}

function card(finding: FindingData, filesAt: string | undefined): Html {
  const { title, group, message, alike, uri, evidence, evidenceCount } = finding;
  const look = FINDING_LOOKS[group];
  return html`
    <article class="card ${look.tone}-edge">
      <h4>${sign(look)} ${title} ${more(alike)}</h4>
      <p class="tags">${facts(finding)}</p>
      <p class="message">${message}</p>
      ${explained(finding)} ${uri !== undefined && html`
        <p><a href="${uri}" rel="noopener noreferrer">Read on: ${uri}</a></p>
      `} ${evidence.length > 0 && html`
        <p class="evidence">
          <span class="soft">Evidence</span> ${evidence.map(({ path, line }) =>
            fileLink(path, filesAt, line)
          )} ${evidenceCount > evidence.length && html`
            <span class="soft">and ${number(evidenceCount - evidence.length)} more</span>
          `}
        </p>
      `}
    </article>
  `;
}

function facts({ object, kind, strict, cause }: FindingData): Html {
  return html`
    ${object !== undefined && html`
      <span class="tag">${object}</span>
    `} <span class="soft">${kind}</span> ${strict && html`
      <span class="soft">strict: counts as a failure of the whole</span>
    `} ${cause !== undefined && html`
      <span class="soft">cause ${cause}</span>
    `}
  `;
}

/** What begins like a command is one. */
const COMMAND = /^(?:kubectl|support-bundle|helm|openssl|crictl|journalctl|systemctl) /;

function explained({ explanation, nextStep, affected, affectedCount }: FindingData): Html | undefined {
  const rows: [string, Html | string][] = [
    ...explanation ? [["What it means", explanation] as [string, string]] : [],
    ...nextStep ? [["Next step", stepOf(nextStep)] as [string, Html | string]] : [],
    ...affected.length > 0 ? [["Affected", affectedList(affected, affectedCount)] as [string, Html]] : [],
  ];
  if (rows.length === 0) return undefined;
  return html`
    <dl class="explained">${rows.map(([term, value]) =>
      html`
        <div class="${term === "Next step" && "next"}">
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
  `;
}

function stepOf(step: string): Html | string {
  if (!COMMAND.test(step)) return step;
  // What is to be seen there may follow: `kubectl describe pod -n shop web-1: the events say why`.
  const end = step.indexOf(": ");
  return html`
    <code>${end < 0 ? step : step.slice(0, end)}</code>${end >= 0 && step.slice(end)}
  `;
}

function affectedList(affected: string[], count: number): Html {
  return html`
    <ul class="names">${affected.map((name) =>
      html`
        <li><code>${name}</code></li>
      `
    )}${count > affected.length && html`
      <li class="soft">and ${number(count - affected.length)} more</li>
    `}</ul>
  `;
}
