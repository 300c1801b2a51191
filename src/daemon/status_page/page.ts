import { type Html, html } from "../../core/html.ts";
import { jobsSection } from "./jobs_section.ts";
import { jobsUrl, type PageQuery } from "./page_query.ts";
import { MAX_RUNS, runsSection } from "./runs_section.ts";
import type { StatusData } from "./status_data.ts";
import { STYLE_ELEMENT } from "./style.ts";
import { headline, summary } from "./summary.ts";
import { table } from "../../core/html_table.ts";
import { timeline } from "./timeline.ts";
import { exact, when } from "./times.ts";

/** The whole page. */
export function statusPage(data: StatusData, query: PageQuery): Html {
  const now = new Date(data.generatedAt);
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>${headline(data).text} · support-bundle on ${data.daemon.host}</title>
        <link rel="icon" href="data:,">
        ${STYLE_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#jobs">Skip to the jobs</a>
        <header>
          <p class="brand">support-bundle scheduler <span>on ${data.daemon.host}</span></p>
          ${refreshLink(query)}
        </header>
        <main>
          ${summary(data, query, now)} ${running(data, now)} ${waiting(data, now)}
          <section aria-labelledby="timeline">
            <h2 id="timeline">Latest runs</h2>
            ${timeline(data.executions, MAX_RUNS, now)}
          </section>
          ${jobsSection(data, query, now)} ${runsSection(data, now)}
        </main>
        <footer>
          <p>
            As of ${exact(data.generatedAt)}. Times are in UTC. The same as data: <a href="/status.json${jobsUrl(
              query,
              {},
            ).slice(1).replace(/#.*/, "")}">status.json</a>. This
            page shows, and changes nothing: use <code>support-bundle schedule</code> for that.
          </p>
        </footer>
      </body>
    </html>
  `;
}

function refreshLink(query: PageQuery): Html {
  return query.refresh === undefined
    ? html`
      <p><a href="${jobsUrl(query, { refresh: 10 }, "")}">Reload every 10 s</a></p>
    `
    : html`
      <p>Reloads every ${query.refresh} s. <a href="${jobsUrl(query, { refresh: undefined }, "")}">Stop</a></p>
    `;
}

function running(data: StatusData, now: Date): Html | undefined {
  if (data.running.length === 0) return undefined;
  const rows = data.running.map(({ job, startTime, attempt, progress }) => ({
    cells: [job, when(startTime, now), attempt, progress || "starting"],
  }));
  return html`
    <section aria-labelledby="running">
      <h2 id="running">Running</h2>
      ${table("Attempts that run now", ["Job", "Started", "Attempt", "Doing"], rows)}
    </section>
  `;
}

function waiting(data: StatusData, now: Date): Html | undefined {
  if (data.waiting.length === 0) return undefined;
  const rows = data.waiting.map(({ job, scheduledAt, why, until }) => ({
    cells: [job, when(scheduledAt, now), why, until === undefined ? undefined : when(until, now)],
  }));
  return html`
    <section aria-labelledby="waiting">
      <h2 id="waiting">Waiting</h2>
      ${table("Executions that wait, and for what", ["Job", "Was due", "Waits", "Goes on"], rows)}
    </section>
  `;
}
