import { type Html, html } from "../core/html.ts";
import { badge, sign } from "../core/html_look.ts";
import { spanText } from "../core/time_text.ts";
import { LANE_LOOKS } from "./looks.ts";
import { counted, instant, listTable, number, shortLink } from "./parts.ts";
import { BINS, type Lane, LANES, type TimelineData } from "./timeline_data.ts";

const HEIGHT = 44;
const TICKS = 4;
const NAMES: Record<Lane, string> = { warning: "Warnings", ended: "Containers ended", normal: "Other events" };

export function timelineSection(timeline: TimelineData | undefined, filesAt: string | undefined): Html {
  return html`
    <section aria-labelledby="timeline">
      <h2 id="timeline" tabindex="-1">Timeline</h2>
      ${timeline === undefined
        ? html`
          <p class="none">This bundle has no events, and no container that ended.</p>
        `
        : lanes(timeline, filesAt)}
    </section>
  `;
}

function lanes(data: TimelineData, filesAt: string | undefined): Html {
  const { totals, from, to, earlier } = data;
  return html`
    <p class="soft">
      ${counted(totals.warning, "warning")}, ${counted(totals.ended, "container")} that ended, ${counted(
        totals.normal,
        "other event",
      )}. The picture shows ${spanText(to - from)} until ${instant(to)} UTC${earlier > 0 &&
        `; ${number(earlier)} came before that`}.
    </p>
    <div class="timeline">${LANES.map((name) => lane(name, data))}${ticks(data)}</div>
    ${listTable({ items: data.points, left: data.left }, {
      caption: "What happened, latest first: warnings and containers that ended, then other events",
      columns: ["Time (UTC)", "What", "Object", "Message", "File"],
      open: 10,
      things: "entries",
      cells: ({ at, lane, reason, kind, namespace, name, message, count, path, alike }) => [
        html`
          <time datetime="${new Date(at).toISOString()}">${instant(at)}</time>
        `,
        html`
          ${badge({ ...LANE_LOOKS[lane], word: reason || LANE_LOOKS[lane].word })} ${count > 1 && html`
            <span class="soft nowrap">× ${number(count)}</span>
          `}
        `,
        html`
          ${kind} ${namespace !== "" && `${namespace}/`}${name} ${alike > 0 && html`
            <span class="soft">and ${number(alike)} more like it</span>
          `}
        `,
        message,
        shortLink(path, filesAt),
      ],
    })}
  `;
}

/** Bars as high as there is much, against the highest of their own lane. */
function lane(name: Lane, { bins, from, to }: TimelineData): Html {
  const look = LANE_LOOKS[name];
  const counts = bins[name];
  const most = Math.max(...counts);
  const width = (to - from) / BINS;
  const peak = counts.indexOf(most);
  const shown = counts.reduce((sum, count) => sum + count, 0);
  const told = shown === 0
    ? `${NAMES[name]}: none in this time`
    : `${NAMES[name]}: ${number(shown)} in this time, most of them (${number(most)}) from ${
      instant(from + peak * width)
    } UTC`;
  return html`
    <div class="lane">
      <div class="lane-name">${sign(look)} ${NAMES[name]} <span class="soft">${number(shown)}</span></div>
      <svg class="track ${look.tone}" width="100%" height="${HEIGHT}" role="img" aria-label="${told}">
        <line x1="0" x2="100%" y1="${HEIGHT - 0.5}" y2="${HEIGHT - 0.5}" />${counts.map((count, i) => {
          if (count === 0) return undefined;
          const height = Math.max(3, Math.round((HEIGHT - 4) * count / most));
          return html`
            <rect x="${percent(i)}" y="${HEIGHT - 1 - height}" width="${percent(0.8)}" height="${height}">
              <title>${number(
                count,
              )} from ${instant(from + i * width)} UTC</title>
            </rect>
          `;
        })}
      </svg>
    </div>
  `;
}

function percent(bins: number): string {
  return `${Math.round(10_000 * bins / BINS) / 100}%`;
}

function ticks({ from, to }: TimelineData): Html {
  const days = to - from > 36 * 3_600_000;
  const minutes = to - from < 20 * 60_000;
  const times = Array.from({ length: TICKS + 1 }, (_, i) => instant(from + (to - from) * i / TICKS));
  return html`
    <div class="lane" aria-hidden="true">
      <div class="lane-name"></div>
      <svg class="axis" width="100%" height="18">${times.map((time, i) => {
        const anchor = i === 0 ? "start" : i === TICKS ? "end" : "middle";
        return html`
          <text x="${100 * i / TICKS}%" y="13" text-anchor="${anchor}" class="${i % 2 === 1 && "minor"}">${days
            ? time.slice(5, 16)
            : time.slice(11, minutes ? 19 : 16)}</text>
        `;
      })}</svg>
    </div>
  `;
}
