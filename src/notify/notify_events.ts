import type { NotifiedFinding, NotifyEvent } from "./notifier.ts";

/** How a run ended, as far as notifications are concerned. */
export interface RunResult {
  status: string;
  findings: readonly NotifiedFinding[];
  /** False when nothing was analyzed: then the absence of a finding says nothing. */
  analyzed: boolean;
  /** False when there were more findings than are listed. */
  complete: boolean;
  /** Its bundle waits for its destination; `refused`: time alone does not help. */
  undelivered?: "waiting" | "refused";
}

/** The run before: what its record kept. */
export interface PreviousRun {
  status: string;
  findings: readonly NotifiedFinding[];
  /** As of a {@linkcode RunResult}. */
  undelivered?: "waiting" | "refused";
}

export interface FindingChanges {
  appeared: NotifiedFinding[];
  disappeared: NotifiedFinding[];
}

/** Events of a target that names none. */
export const DEFAULT_EVENTS: readonly NotifyEvent[] = ["failure", "quarantined", "recovery", "new-findings"];

/** Which events a run is: always `always`, the others when something changed. A failed run is told each time it fails, as is one
 * whose destination refuses its bundle; one whose bundle is held back is both a failure and an event of its own; a cancelled one
 * was somebody's wish, and is neither a failure nor a recovery.
 * @param previous undefined for the first run: everything that it finds is new
 * @param changes those of its findings that count; default: all */
export function decideEvents(
  previous: PreviousRun | undefined,
  current: RunResult,
  { appeared, disappeared }: FindingChanges = compareFindings(previous, current),
): NotifyEvent[] {
  const events: NotifyEvent[] = ["always"];
  if (isFailure(current)) events.push("failure");
  if (current.status === "quarantined") events.push("quarantined");
  if (previous !== undefined && isFailure(previous) && isSuccess(current)) events.push("recovery");
  if (appeared.length > 0) events.push("new-findings");
  if (disappeared.length > 0) events.push("fixed-findings");
  return events;
}

/** What one run found that the other did not. A finding is the same when its title is, and it did not get worse; where a
 * title stands for several findings, their messages tell them apart, whatever numbers are in them. */
export function compareFindings(previous: PreviousRun | undefined, current: RunResult): FindingChanges {
  if (!current.analyzed) return { appeared: [], disappeared: [] };
  const before = previous?.findings ?? [];
  const repeated = new Set([...repeatedTitles(before), ...repeatedTitles(current.findings)]);
  const identity = ({ title, message }: NotifiedFinding) =>
    repeated.has(title) ? `${title}\n${message.replace(/\d+/g, "#")}` : title;
  const then = new Map(before.map((finding) => [identity(finding), finding]));
  const now = new Set(current.findings.map(identity));
  return {
    appeared: current.findings.filter((finding) => {
      const known = then.get(identity(finding));
      return known === undefined || (known.severity === "warn" && finding.severity === "fail");
    }),
    disappeared: current.complete ? before.filter((finding) => !now.has(identity(finding))) : [],
  };
}

/** The changes that are worth telling whoever wants to know of findings from a severity on. */
export function severeChanges(changes: FindingChanges, least: NotifiedFinding["severity"] = "warn"): FindingChanges {
  if (least === "warn") return changes;
  const severe = ({ severity }: NotifiedFinding) => severity === least;
  return { appeared: changes.appeared.filter(severe), disappeared: changes.disappeared.filter(severe) };
}

function isFailure({ status, undelivered }: PreviousRun): boolean {
  return status === "failed" || status === "quarantined" || undelivered === "refused";
}

function isSuccess({ status, undelivered }: RunResult): boolean {
  return (status === "completed" || status === "partial") && undelivered === undefined;
}

function repeatedTitles(findings: readonly NotifiedFinding[]): string[] {
  const seen = new Set<string>();
  return findings.map(({ title }) => title).filter((title) => seen.has(title) || !seen.add(title));
}
