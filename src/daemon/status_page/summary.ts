import { type Html, html } from "../../core/html.ts";
import { sign, type Tone } from "../../core/html_look.ts";
import { jobsUrl, type PageQuery } from "./page_query.ts";
import { JOB_STATES, type JobState } from "./job_state.ts";
import { STATE_LOOKS, STATUS_LOOKS } from "./outcome.ts";
import type { StatusData } from "./status_data.ts";
import { span, when } from "./times.ts";

/** What whoever looks at the page wants to know first. */
export function headline(data: StatusData): { tone: Tone; text: string } {
  const { failing, overdue } = data.jobs.counts;
  if (data.problems.length > 0) return { tone: "bad", text: "The daemon needs attention" };
  const parts = [
    ...(failing > 0 ? [`${failing} ${failing === 1 ? "job fails" : "jobs fail"}`] : []),
    ...(overdue > 0 ? [`${overdue} ${overdue === 1 ? "job is" : "jobs are"} overdue`] : []),
  ];
  if (parts.length > 0) return { tone: failing > 0 ? "bad" : "warn", text: parts.join(", ") };
  if (data.daemon.jobsTotal === 0) return { tone: "calm", text: "There are no jobs yet" };
  return { tone: "good", text: "All is well" };
}

export function summary(data: StatusData, query: PageQuery, now: Date): Html {
  const { tone, text } = headline(data);
  const { daemon } = data;
  const look = tone === "bad" ? STATUS_LOOKS.failed : tone === "warn" ? STATE_LOOKS.overdue : STATE_LOOKS.ok;
  const figures: [string, Html | string | number][] = [
    ["Running", `${data.running.length} of ${daemon.maxConcurrent}`],
    ["Waiting for a slot", daemon.waiting],
    [
      "Jobs",
      daemon.jobsActive === daemon.jobsTotal ? daemon.jobsTotal : `${daemon.jobsActive} of ${daemon.jobsTotal} enabled`,
    ],
    ["Started", when(daemon.startTime, now)],
    ["Up", span(daemon.uptime)],
    ["Memory", `${daemon.memoryMB} MB`],
    ["Processor", `${daemon.cpuPercent} %`],
    ["Version", daemon.version],
  ];
  return html`
    <h1 class="${tone}">${sign({ ...look, tone })} ${text}</h1>
    ${notices(data)}
    <dl class="figures">${figures.map(([term, value]) =>
      html`
        <div>
          <dt>${term}</dt>
          <dd>${value}</dd>
        </div>
      `
    )}</dl>
    <ul class="states" aria-label="Jobs by state">${JOB_STATES.map((state) => stateLink(state, data, query))}</ul>
  `;
}

function stateLink(state: JobState, data: StatusData, query: PageQuery): Html | undefined {
  const count = data.jobs.counts[state];
  if (count === 0) return undefined;
  const current = data.jobs.state === state && html`
    aria-current="true"
  `;
  return html`
    <li><a href="${jobsUrl(query, { state, page: 1 })}" ${current}>${sign(
      STATE_LOOKS[state],
    )} ${count} ${STATE_LOOKS[state].word}</a></li>
  `;
}

function notices(data: StatusData): Html | undefined {
  const lines = [...data.problems, ...data.daemon.warnings];
  if (data.daemon.draining) lines.push("The daemon is stopping: nothing new starts");
  if (lines.length === 0) return undefined;
  return html`
    <ul class="notices" aria-label="Problems and warnings">${lines.map((line) =>
      html`
        <li>${line}</li>
      `
    )}</ul>
  `;
}
