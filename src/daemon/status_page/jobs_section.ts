import { type Html, html } from "../../core/html.ts";
import { badge } from "../../core/html_look.ts";
import { STATE_LOOKS, STATUS_LOOKS } from "./outcome.ts";
import { jobsUrl, type PageQuery } from "./page_query.ts";
import { durations, sizes } from "./sparkline.ts";
import { type JobRow, PAGE_SIZE, type StatusData } from "./status_data.ts";
import { table } from "../../core/html_table.ts";
import { when } from "./times.ts";

/** A page of the jobs, those that need attention first, and how to get at the others. */
export function jobsSection(data: StatusData, query: PageQuery, now: Date): Html {
  const { matching, page, pages, filter, state, items } = data.jobs;
  const columns = ["Job", "State", "Schedule", "Next run", "Last run", "Durations", "Bundles", "Not run"];
  const shown = state === undefined ? "" : ` in the state “${STATE_LOOKS[state].word}”`;
  const which = `${matching} ${matching === 1 ? "job" : "jobs"}${shown}${
    filter === "" ? "" : ` with “${filter}” in the name`
  }`;
  const range = pages === 1 ? "" : `, ${(page - 1) * PAGE_SIZE + 1} to ${(page - 1) * PAGE_SIZE + items.length}`;
  return html`
    <section aria-labelledby="jobs">
      <h2 id="jobs" tabindex="-1">Jobs</h2>
      <form method="get" action="/" role="search">
        <label for="filter">Name contains</label>
        <input id="filter" name="filter" type="search" value="${filter}" maxlength="100">
        ${state !== undefined && html`
          <input type="hidden" name="state" value="${state}">
        `}${query.refresh !== undefined && html`
          <input type="hidden" name="refresh" value="${query.refresh}">
        `}<button>Show</button>
        ${(filter !== "" || state !== undefined) && html`
          <a href="${jobsUrl(query, { filter: "", state: undefined, page: 1 })}">All jobs</a>
        `}
      </form>
      ${items.length === 0
        ? html`
          <p class="none">${data.problems.length > 0 && matching === 0 ? "Unknown." : "None."}</p>
        `
        : table(
          `${which}${range}: those that need attention first`,
          columns,
          items.map((job) => jobRow(job, now)),
        )} ${pages > 1 && pageLinks(query, page, pages)}
    </section>
  `;
}

function pageLinks(query: PageQuery, page: number, pages: number): Html {
  const link = (to: number, text: string, rel: string) =>
    html`
      <a href="${jobsUrl(query, { page: to })}" rel="${rel}">${text}</a>
    `;
  return html`
    <nav aria-label="Pages of jobs">
      ${page > 1 && link(page - 1, "Previous", "prev")} <span>Page ${page} of ${pages}</span> ${page < pages &&
        link(page + 1, "Next", "next")}
    </nav>
  `;
}

function jobRow(job: JobRow, now: Date) {
  const failing = job.state === "failing" && job.failuresInRow > 1 && html`
    <span class="note">${job.failuresInRow} times in a row</span>
  `;
  const note = job.state === "disabled" ? job.pausedNote : job.lastError;
  const last = job.recent.findLast(({ status }) => status !== "skipped");
  const skipped = Object.entries(job.skipped).filter(([, count]) => count > 0);
  return {
    cells: [
      html`
        <span class="name">${job.name}</span>${job.owner !== undefined && html`
          <span class="note">owner: ${job.owner}</span>
        `}
      `,
      html`
        ${badge(STATE_LOOKS[job.state])}${failing}${note !== undefined && note !== "" && html`
          <span class="error">${note}</span>
        `}
      `,
      job.schedule,
      when(job.nextRun, now),
      last === undefined ? when(job.lastRun, now) : html`
        ${when(last.startTime ?? last.scheduledAt, now)}, ${STATUS_LOOKS[last.status].word}
      `,
      durations(job.recent),
      sizes(job.recent),
      skipped.length === 0 ? undefined : skipped.map(([reason, count]) =>
        html`
          <span class="count">${count} ${reason}</span>
        `
      ),
    ],
  };
}
