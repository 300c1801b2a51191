import { formatSize } from "../../core/size.ts";
import { type Html, html } from "../../core/html.ts";
import { badge } from "../../core/html_look.ts";
import { STATUS_LOOKS } from "./outcome.ts";
import type { StatusData } from "./status_data.ts";
import { table } from "../../core/html_table.ts";
import { span, when } from "./times.ts";

/** Rows of the table. */
export const MAX_RUNS = 50;

/** The latest executions of all jobs. */
export function runsSection(data: StatusData, now: Date): Html | undefined {
  const listed = data.executions.slice(0, MAX_RUNS);
  if (listed.length === 0) return undefined;
  const rows = listed.map((run) => ({
    id: `run-${run.id}`,
    cells: [
      html`
        <span class="name">${run.job}</span>
      `,
      html`
        ${badge(STATUS_LOOKS[run.status])}${run.error !== "" && html`
          <span class="error">${run.error}</span>
        `}
      `,
      when(run.scheduledAt, now),
      run.trigger,
      run.duration > 0 ? span(run.duration) : undefined,
      run.bundleSize > 0 ? formatSize(run.bundleSize) : undefined,
      html`
        <code>${run.id}</code>
      `,
    ],
  }));
  return html`
    <section aria-labelledby="runs">
      <h2 id="runs" tabindex="-1">Executions</h2>
      ${table(`The latest ${listed.length} executions`, [
        "Job",
        "Outcome",
        "Was due",
        "Trigger",
        "Took",
        "Bundle",
        "Id",
      ], rows)}
    </section>
  `;
}
