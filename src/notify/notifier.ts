import type { Clock } from "../core/clock.ts";

/** A kind of notifier. A file in `kinds/` defines one; a line in `registry.ts` makes it known. */
export interface Notifier {
  kind: string;
  summary: string;
  /** @throws {UsageError} when this target could never work */
  validate(target: NotifyTarget): void;
  /** Tells it. Bounded in time; retries what is worth it. A failure never fails the run.
   * @throws {NotifyError} */
  notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void>;
}

export interface NotifyContext {
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  clock: Clock;
  /** Of one request; default: 10 s. */
  tryTimeoutMs?: number;
}

/** Where to tell, and when: an element of a job's `notify[]`. */
export interface NotifyTarget {
  kind: string;
  url: string;
  /** Default: failure, quarantined, recovery, new-findings. */
  on?: NotifyEvent[];
  /** Credential reference of the key that signs the message. */
  secret?: string;
}

export const NOTIFY_EVENTS = [
  "failure",
  "quarantined",
  "recovery",
  "new-findings",
  "fixed-findings",
  "always",
] as const;
export type NotifyEvent = (typeof NOTIFY_EVENTS)[number];

/** What happened, in a form that is safe to send: redacted, without credentials. */
export interface Notification {
  schemaVersion: 1;
  /** The reasons for which it is sent, never empty. */
  events: NotifyEvent[];
  job?: { id: string; name: string };
  execution?: { id: string; scheduledAt: string; attempt: number };
  /** RFC 3339, UTC. */
  sentAt: string;
  host: string;
  status: string;
  /** One sentence: `nightly: partial, 3 failures, 1 of them new`. */
  summary: string;
  error?: string;
  /** The job failed too often and is paused now: why, and how it is enabled again. */
  paused?: { note: string };
  findings: { fail: number; warn: number; pass: number };
  newFindings: NotifiedFinding[];
  fixedFindings: NotifiedFinding[];
  bundle?: { path?: string; url?: string; bytes: number; sha256: string };
}

export interface NotifiedFinding {
  title: string;
  severity: "fail" | "warn";
  message: string;
}
