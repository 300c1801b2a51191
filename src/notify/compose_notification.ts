import { withoutCredentials } from "./message_text.ts";
import type { Notification, NotifiedFinding, NotifyEvent } from "./notifier.ts";
import type { FindingChanges, PreviousRun, RunResult } from "./notify_events.ts";

/** What is known of a run that has ended. Redacted, without credentials. */
export interface RunFacts {
  job?: { id: string; name: string };
  execution?: { id: string; scheduledAt: string; attempt: number };
  status: string;
  error?: string;
  /** Its bundle waits: for its destination, or `refused` by it, for somebody to help. */
  undelivered?: "waiting" | "refused";
  /** Why the job was paused for its failures; undefined: it was not. */
  paused?: { note: string };
  /** Counts, and the failures and warnings themselves, as far as they are listed. */
  findings: { fail: number; warn: number; pass: number; top: NotifiedFinding[] };
  /** The run before, if there was one. */
  previous?: PreviousRun;
  bundle?: { path?: string; url?: string; bytes: number; sha256: string };
}

const MAX_ERROR = 1000;

export function runResult({ status, undelivered, findings }: RunFacts): RunResult {
  const { fail, warn, pass, top } = findings;
  const analyzed = fail + warn + pass > 0;
  return { status, undelivered, findings: top, analyzed, complete: fail + warn <= top.length };
}

/** The message, the same for every target but for its events.
 * @param at when it is sent
 * @param host name of this machine */
export function composeNotification(
  facts: RunFacts,
  changes: FindingChanges,
  at: Date,
  host: string,
): Omit<Notification, "events"> {
  const { fail, warn, pass } = facts.findings;
  return {
    schemaVersion: 1,
    job: facts.job && { id: facts.job.id, name: facts.job.name },
    execution: facts.execution && {
      id: facts.execution.id,
      scheduledAt: facts.execution.scheduledAt,
      attempt: facts.execution.attempt,
    },
    sentAt: at.toISOString(),
    host,
    status: facts.status,
    summary: summarize(facts, changes),
    error: facts.error?.slice(0, MAX_ERROR),
    paused: facts.paused && { note: pauseNote(facts.paused.note, facts.job?.name) },
    findings: { fail, warn, pass },
    newFindings: changes.appeared,
    fixedFindings: changes.disappeared,
    bundle: facts.bundle?.url === undefined
      ? facts.bundle
      : { ...facts.bundle, url: withoutCredentials(facts.bundle.url) },
  };
}

/** One sentence: `nightly: partial, 3 failures and 1 warning, 1 of them new`. */
export function summarize(facts: RunFacts, { appeared, disappeared }: FindingChanges): string {
  const { fail, warn, pass, top } = facts.findings;
  const parts = [facts.status];
  const found = [count(fail, "failure"), count(warn, "warning")].filter((text) => text !== "");
  if (found.length > 0) parts.push(found.join(" and "));
  else if (pass > 0) parts.push("nothing found");
  // Only the first findings are kept by name: what lies beyond them may be new, too.
  const atLeast = fail + warn > top.length ? "at least " : "";
  if (appeared.length > 0) parts.push(`${atLeast}${appeared.length} ${found.length > 0 ? "of them " : ""}new`);
  if (disappeared.length > 0) parts.push(`${disappeared.length} fixed`);
  if (facts.paused !== undefined) parts.push("the job is paused now");
  return `${facts.job?.name ?? "support-bundle"}: ${parts.join(", ")}`;
}

function pauseNote(why: string, job = "JOB"): string {
  return `${why.slice(0, MAX_ERROR)}; to enable it again: support-bundle schedule enable "${job}"`;
}

function count(n: number, what: string): string {
  return n === 0 ? "" : `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** The events for which a target is told; none: it is not.
 * @param wanted what the target asked for */
export function matchingEvents(wanted: readonly NotifyEvent[], events: readonly NotifyEvent[]): NotifyEvent[] {
  return events.filter((event) => wanted.includes(event));
}
