import type { Notification, NotifyEvent, NotifyTarget } from "./notifier.ts";

/** What a message says about the two things that can be wrong with a job, for targets that keep a state: alerts and incidents. */
export interface JobState {
  /** `fails`: that is to be told. `works`: what was told of failures is over. Undefined: neither is known. */
  runs?: "fails" | "works";
  /** `new`: there are findings to be told. `none`: nothing fails any more. Undefined: neither is known, or there are known ones. */
  findings?: "new" | "none";
}

/** A target that asked for `always` is told of everything, by that event alone. */
export function jobState({ events, status, findings, newFindings }: Notification): JobState {
  const { fail, warn, pass } = findings;
  const told = (...some: NotifyEvent[]) => events.includes("always") || some.some((event) => events.includes(event));
  const works = status === "completed" || status === "partial";
  const failed = status === "failed" || status === "quarantined";
  const state: JobState = {};
  if (works) state.runs = "works";
  else if (failed && told("failure", "quarantined")) state.runs = "fails";
  if (newFindings.length > 0 && told("new-findings")) state.findings = "new";
  // Where nothing was analyzed, the absence of a finding says nothing.
  else if (works && fail === 0 && warn + pass > 0) state.findings = "none";
  return state;
}

/** The message without new findings that are less than the target wants to hear of. */
export function heeded(message: Notification, { severity }: NotifyTarget): Notification {
  if (severity !== "fail") return message;
  return { ...message, newFindings: message.newFindings.filter((finding) => finding.severity === "fail") };
}
