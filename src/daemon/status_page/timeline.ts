import { type Html, html } from "../../core/html.ts";
import { badge } from "../../core/html_look.ts";
import { STATUS_LOOKS } from "./outcome.ts";
import type { Run } from "./status_data.ts";
import { exact, shortTime, span } from "./times.ts";

const MAX_LANES = 12;
/** Of one lane; its latest ones. */
const MAX_MARKS = 40;
const MIN_WINDOW_MS = 3_600_000;
const MAX_WINDOW_MS = 86_400_000;
const TICKS = 4;
const MAX_ERROR = 60;

/** The latest runs along a line of time, a lane for each job.
 * @param rows how many of the runs have a row of their own below */
export function timeline(runs: readonly Run[], rows: number, now: Date): Html {
  if (runs.length === 0) {
    return html`
      <p class="none">Nothing has run yet.</p>
    `;
  }
  const oldest = Math.min(...runs.map(begin));
  const windowMs = Math.min(MAX_WINDOW_MS, Math.max(MIN_WINDOW_MS, now.getTime() - oldest));
  const listed = new Set(runs.slice(0, rows).map(({ id }) => id));
  const axis = { startMs: now.getTime() - windowMs, endMs: now.getTime(), listed };
  const shown = runs.filter((run) => (run.endTime === null ? axis.endMs : Date.parse(run.endTime)) >= axis.startMs);
  const lanes = [...Map.groupBy(shown, ({ job }) => job)];
  const rest = lanes.length - MAX_LANES;
  const used = new Set(shown.map(({ status }) => status));
  return html`
    <p><a class="skip" href="#jobs">Skip the timeline</a></p>
    <ul class="legend" aria-label="Signs">${Object.entries(STATUS_LOOKS).filter(([status]) =>
      used.has(status as Run["status"])
    )
      .map(([, look]) =>
        html`
          <li>${badge(look)}</li>
        `
      )}</ul>
    <div class="timeline">
      ${lanes.slice(0, MAX_LANES).map(([job, ofJob]) => lane(job, ofJob.slice(0, MAX_MARKS), axis))} ${ticks(axis)}
    </div>
    ${rest > 0 && html`
      <p class="note">The ${MAX_LANES} jobs that ran last; ${rest} more ran in this time.</p>
    `}
  `;
}

interface Axis {
  startMs: number;
  endMs: number;
  /** Ids of the runs that a mark can lead to. */
  listed: ReadonlySet<string>;
}

function lane(job: string, runs: Run[], axis: Axis): Html {
  return html`
    <div class="lane">
      <div class="lane-name" title="${job}">${job}</div>
      <svg class="track" width="100%" height="26" role="group" aria-label="Latest runs of ${job}">
        <line x1="0" x2="100%" y1="8" y2="8" />${runs.toReversed().map((run) => mark(run, axis))}
      </svg>
    </div>
  `;
}

/** A bar as long as the run, its sign at the start, and what there is to say, which shows when one hovers or tabs to it. */
function mark(run: Run, axis: Axis): Html {
  const { tone, shape } = STATUS_LOOKS[run.status];
  const x = share(begin(run), axis);
  const end = share(run.endTime === null ? axis.endMs : Date.parse(run.endTime), axis);
  const width = run.startTime === null ? 0 : Math.max(0, end - x);
  const told = tell(run);
  const anchor = x < 33 ? "start" : x > 67 ? "end" : "middle";
  return html`
    <a href="#${axis.listed.has(run.id) ? `run-${run.id}` : "runs"}" class="${tone}" aria-label="${run
      .job}: ${told}"><title>${told}</title>
      <rect class="bar" x="${percent(x)}" y="5" width="${percent(width)}" height="6" rx="2" />
      <svg x="${percent(x)}" y="2" width="12" height="12" overflow="visible">
        <path transform="translate(-6 0)" fill-rule="evenodd" d="${shape}" />
      </svg>
      <text class="tip" x="${percent(x)}" y="24" text-anchor="${anchor}">${told}</text></a>
  `;
}

function tell({ status, scheduledAt, duration, error }: Run): string {
  const how = `${STATUS_LOOKS[status].word}, due ${shortTime(scheduledAt)}`;
  const took = duration > 0 ? `, took ${span(duration)}` : "";
  const why = error === "" ? "" : `: ${error.length > MAX_ERROR ? error.slice(0, MAX_ERROR - 1) + "…" : error}`;
  return how + took + why;
}

function ticks(axis: Axis): Html {
  const step = (axis.endMs - axis.startMs) / TICKS;
  const times = Array.from({ length: TICKS + 1 }, (_, i) => new Date(axis.startMs + i * step).toISOString());
  return html`
    <div class="lane" aria-hidden="true">
      <div class="lane-name"></div>
      <svg class="axis" width="100%" height="18">${times.map((time, i) => {
        const anchor = i === 0 ? "start" : i === TICKS ? "end" : "middle";
        return html`
          <text x="${percent(100 * i / TICKS)}" y="13" text-anchor="${anchor}" class="${i % 2 === 1 &&
            "minor"}">${i === TICKS ? "now" : exact(time).slice(11, 16)}</text>
        `;
      })}</svg>
    </div>
  `;
}

function begin(run: Run): number {
  return Date.parse(run.startTime ?? run.scheduledAt);
}

/** Where on the axis an instant is, in percent. */
function share(ms: number, { startMs, endMs }: Axis): number {
  return 100 * Math.min(1, Math.max(0, (ms - startMs) / (endMs - startMs)));
}

function percent(value: number): string {
  return `${Math.round(value * 100) / 100}%`;
}
