import { formatSize } from "../../core/size.ts";
import type { ExecutionStatus } from "../../schedule/execution.ts";
import { type Html, html } from "../../core/html.ts";
import type { Run } from "./status_data.ts";
import { span } from "./times.ts";

const BAR = 6;
const GAP = 2;
const HEIGHT = 22;
const FAILED: readonly ExecutionStatus[] = ["failed", "quarantined"];

/** Bars, one a run, oldest first; runs that failed have a notch below. Nothing where there is nothing to compare. */
function bars(runs: readonly Run[], value: (run: Run) => number, label: string): Html {
  const most = Math.max(...runs.map(value));
  const width = runs.length * (BAR + GAP) - GAP;
  return html`
    <svg class="spark" width="${width}" height="${HEIGHT + 4}" role="img" aria-label="${label}">
      <title>${label}</title>${runs.map((run, i) => {
        const x = i * (BAR + GAP);
        const height = Math.max(1, Math.round(HEIGHT * value(run) / most));
        const failed = FAILED.includes(run.status);
        return html`
          <rect x="${x}" y="${HEIGHT - height}" width="${BAR}" height="${height}" class="${failed &&
            "bad"}" />${failed && html`
            <path class="bad" d="M${x} ${HEIGHT + 4}l3-3l3 3z" />
          `}
        `;
      })}
    </svg>
  `;
}

/** How long the last runs took. */
export function durations(runs: readonly Run[]): Html | undefined {
  const timed = runs.filter(({ duration }) => duration > 0);
  if (timed.length === 0) return undefined;
  const last = span(timed.at(-1)!.duration);
  return html`
    ${bars(
      timed,
      ({ duration }) => duration,
      chartLabel("took", timed, ({ duration }) => duration, span),
    )} <span class="figure">${last}</span>
  `;
}

/** How large the last bundles were. */
export function sizes(runs: readonly Run[]): Html | undefined {
  const made = runs.filter(({ bundleSize }) => bundleSize > 0);
  if (made.length === 0) return undefined;
  const last = formatSize(made.at(-1)!.bundleSize);
  return html`
    ${bars(
      made,
      ({ bundleSize }) => bundleSize,
      chartLabel("gave", made, ({ bundleSize }) => bundleSize, formatSize),
    )} <span class="figure">${last}</span>
  `;
}

/** `The last 3 runs took 10 s to 1 min, 1 of them failed` */
function chartLabel(
  verb: string,
  runs: readonly Run[],
  value: (run: Run) => number,
  text: (value: number) => string,
): string {
  const values = runs.map(value);
  const [least, most] = [text(Math.min(...values)), text(Math.max(...values))];
  const failed = runs.filter(({ status }) => FAILED.includes(status)).length;
  const which = runs.length === 1 ? "The last run" : `The last ${runs.length} runs`;
  return `${which} ${verb} ${least === most ? most : `${least} to ${most}`}${
    failed > 0 ? `, ${failed} of them failed` : ""
  }`;
}
