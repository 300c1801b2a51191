import { type Html, html } from "../core/html.ts";
import { sign } from "../core/html_look.ts";
import { EXPECTED, SHORTFALL } from "./looks.ts";
import type { MissingData, MissingGroup } from "./missing_data.ts";
import { counted, fileLink, folded, listTable, number } from "./parts.ts";

export function missingSection({ groups, truncated, unexplained }: MissingData, filesAt: string | undefined): Html {
  const short = groups.filter(({ shortfall }) => shortfall);
  const expected = groups.filter(({ shortfall }) => !shortfall);
  const expectedCount = expected.reduce((sum, { records }) => sum + records.total, 0);
  return html`
    <section aria-labelledby="missing">
      <h2 id="missing" tabindex="-1">Missing, and why</h2>
      ${short.length === 0 && html`
        <p class="none">${unexplained
          ? "The bundle does not say what is missing."
          : "Everything that was asked for is here."}</p>
      `} ${short.map(group)} ${expected.length > 0 &&
        folded(
          `Not there, as expected (${number(expectedCount)}): excluded, empty, not installed`,
          expected.map(group),
        )} ${truncated.total > 0 && html`
        <h3>${sign(SHORTFALL)} Cut files <span class="note-inline">${number(truncated.total)}</span></h3>
        <p>These are there, and not to their end: they reached a limit.</p>
        ${listTable(truncated, {
          caption: "Files that were cut, and the limit they reached",
          columns: ["File", "Limit"],
          open: 6,
          things: "files",
          cells: ({ path, limit }) => [fileLink(path, filesAt), limit],
        })}
      `}
    </section>
  `;
}

function group({ title, plain, help, command, shortfall, records }: MissingGroup): Html {
  return html`
    <h3>${sign(shortfall ? SHORTFALL : EXPECTED)} ${title} <span class="note-inline">${number(
      records.total,
    )}</span></h3>
    <p>${plain} ${help}</p>
    ${command !== undefined && html`
      <pre><code>${command}</code></pre>
    `} ${quiet(listTable(records, {
      caption: `${title}: ${counted(records.total, "entry", "entries")}`,
      columns: ["What", "Collector", "Reason"],
      open: 6,
      things: "entries",
      cells: ({ path, collector, message }) => [
        html`
          <code>${path}</code>
        `,
        collector === path ? undefined : collector,
        message,
      ],
    }))}
  `;
}

/** The heading above says what the caption does. */
function quiet(table: Html): Html {
  return html`
    <div class="quiet">${table}</div>
  `;
}
