import type { ExecutionStatus } from "../../schedule/execution.ts";
import type { JobState } from "./job_state.ts";
import { type Html, html, trusted } from "./html.ts";

/** How outcomes look: a tone and a shape each, so that none is told by its colour alone. */
export type Tone = "good" | "warn" | "bad" | "held" | "busy" | "calm";

interface Look {
  tone: Tone;
  /** Path of an SVG in a field of 12 by 12. */
  shape: string;
  word: string;
}

const DISC = "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10z";
const CROSS = "M2.2 1l3.8 3.8L9.8 1L11 2.2L7.2 6L11 9.8L9.8 11L6 7.2L2.2 11L1 9.8L4.8 6L1 2.2z";
const DIAMOND = "M6 .5L11.5 6L6 11.5L.5 6z";
const SQUARE = "M1.5 1.5h9v9h-9z";
const PLAY = "M2.5 1L11 6L2.5 11z";
const BAR = "M1 4.5h10v3H1z";
const RING = "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM6 3a3 3 0 1 0 0 6a3 3 0 1 0 0-6z";
const CLOCK = "M1.5 1h9v1.6L7.4 6l3.1 3.4V11h-9V9.4L4.6 6L1.5 2.6z";

export const STATUS_LOOKS: Record<ExecutionStatus, Look> = {
  completed: { tone: "good", shape: DISC, word: "completed" },
  partial: { tone: "warn", shape: DIAMOND, word: "partial" },
  failed: { tone: "bad", shape: CROSS, word: "failed" },
  quarantined: { tone: "held", shape: SQUARE, word: "quarantined" },
  running: { tone: "busy", shape: PLAY, word: "running" },
  retrying: { tone: "warn", shape: CLOCK, word: "to be retried" },
  pending: { tone: "busy", shape: CLOCK, word: "waiting" },
  cancelled: { tone: "calm", shape: BAR, word: "cancelled" },
  skipped: { tone: "calm", shape: RING, word: "skipped" },
};

export const STATE_LOOKS: Record<JobState, Look> = {
  failing: { ...STATUS_LOOKS.failed, word: "failing" },
  overdue: { tone: "warn", shape: CLOCK, word: "overdue" },
  running: STATUS_LOOKS.running,
  partial: STATUS_LOOKS.partial,
  ok: { tone: "good", shape: DISC, word: "ok" },
  new: { tone: "calm", shape: RING, word: "no run yet" },
  disabled: { tone: "calm", shape: BAR, word: "disabled" },
};

/** The sign of an outcome, for whoever sees it; the word stands beside it. */
export function sign({ tone, shape }: Look): Html {
  return html`
    <svg class="sign ${tone}" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      <path d="${trusted(shape)}" fill-rule="evenodd" />
    </svg>
  `;
}

export function badge(look: Look): Html {
  return html`
    <span class="badge ${look.tone}">${sign(look)} ${look.word}</span>
  `;
}
