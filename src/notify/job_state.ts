import type { Notification } from "./notifier.ts";

/** What a message says about the two things that can be wrong with a job, for targets that keep a state: alerts and incidents. */
export interface JobState {
  /** `fails`: that is to be told. `works`: what was told of failures is over. Undefined: neither is known. */
  runs?: "fails" | "works";
  /** `new`: there are findings to be told. `none`: nothing fails any more. Undefined: neither is known, or there are known ones. */
  findings?: "new" | "none";
}

export function jobState({ events, status, findings }: Notification): JobState {
  const { fail, warn, pass } = findings;
  const works = status === "completed" || status === "partial";
  const state: JobState = {};
  if (events.includes("failure") || events.includes("quarantined")) state.runs = "fails";
  else if (works) state.runs = "works";
  if (events.includes("new-findings")) state.findings = "new";
  // Where nothing was analyzed, the absence of a finding says nothing.
  else if (works && fail === 0 && warn + pass > 0) state.findings = "none";
  return state;
}
