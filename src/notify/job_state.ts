import type { Notification, NotifiedFinding, NotifyEvent, NotifyTarget } from "./notifier.ts";

/** What a message says about the two things that can be wrong with a job, for targets that keep a state: alerts and incidents. */
export interface JobState {
  /** `fails`: that is to be told. `works`: what was told of failures is over. Undefined: neither is known. */
  runs?: "fails" | "works";
  /** `new`: there are findings to be told. `none`: nothing fails any more. Undefined: neither is known, or there are known ones. */
  findings?: "new" | "none";
}

/** A target that asked for `always` is told of everything, by that event alone. Runs of which it is told only now count, too. */
export function jobState({ events, earlier = [], status, findings, newFindings }: Notification): JobState {
  const { fail, warn, pass } = findings;
  const all = new Set<NotifyEvent>([...events, ...earlier.flatMap((run) => run.events)]);
  const told = (...some: NotifyEvent[]) => all.has("always") || some.some((event) => all.has(event));
  const works = status === "completed" || status === "partial";
  const failed = status === "failed" || status === "quarantined";
  const state: JobState = {};
  if (works) state.runs = "works";
  else if (failed && told("failure", "quarantined")) state.runs = "fails";

  // An earlier run's findings may not be listed any more; that they are still there is counted.
  const held = earlier.some((run) => run.events.includes("new-findings") && run.newFindings === undefined);
  if ((newFindings.length > 0 && told("new-findings")) || (held && fail > 0)) state.findings = "new";
  // Where nothing was analyzed, the absence of a finding says nothing.
  else if (works && fail === 0 && warn + pass > 0) state.findings = "none";
  return state;
}

/** The message with what changed since the target was last told, the runs of which it is told only now included; without new
 * findings that are less than it wants to hear of. */
export function sinceLastTold(message: Notification, { severity }: NotifyTarget): Notification {
  const appeared = new Map<string, NotifiedFinding>();
  const fixed = new Map<string, NotifiedFinding>();
  for (const { newFindings = [], fixedFindings = [] } of [...message.earlier ?? [], message]) {
    for (const finding of fixedFindings) {
      appeared.delete(finding.title);
      fixed.set(finding.title, finding);
    }
    for (const finding of newFindings) {
      fixed.delete(finding.title);
      appeared.set(finding.title, finding);
    }
  }
  const wanted = [...appeared.values()].filter((finding) => severity !== "fail" || finding.severity === "fail");
  return { ...message, newFindings: wanted, fixedFindings: [...fixed.values()] };
}
