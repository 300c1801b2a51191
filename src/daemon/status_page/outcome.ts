import type { ExecutionStatus } from "../../schedule/execution.ts";
import type { JobState } from "./job_state.ts";
import { type Look, SHAPES } from "../../core/html_look.ts";

/** How outcomes of executions look. */
export const STATUS_LOOKS: Record<ExecutionStatus, Look> = {
  completed: { tone: "good", shape: SHAPES.disc, word: "completed" },
  partial: { tone: "warn", shape: SHAPES.diamond, word: "partial" },
  failed: { tone: "bad", shape: SHAPES.cross, word: "failed" },
  quarantined: { tone: "held", shape: SHAPES.square, word: "quarantined" },
  running: { tone: "busy", shape: SHAPES.play, word: "running" },
  retrying: { tone: "warn", shape: SHAPES.clock, word: "to be retried" },
  pending: { tone: "busy", shape: SHAPES.clock, word: "waiting" },
  cancelled: { tone: "calm", shape: SHAPES.bar, word: "cancelled" },
  skipped: { tone: "calm", shape: SHAPES.ring, word: "skipped" },
};

export const STATE_LOOKS: Record<JobState, Look> = {
  failing: { ...STATUS_LOOKS.failed, word: "failing" },
  overdue: { tone: "warn", shape: SHAPES.clock, word: "overdue" },
  running: STATUS_LOOKS.running,
  partial: STATUS_LOOKS.partial,
  ok: { tone: "good", shape: SHAPES.disc, word: "ok" },
  new: { tone: "calm", shape: SHAPES.ring, word: "no run yet" },
  disabled: { tone: "calm", shape: SHAPES.bar, word: "disabled" },
};
