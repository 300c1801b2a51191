import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";

/** A kind of notifier. A file in `kinds/` defines one; a line in `registry.ts` makes it known. */
export interface Notifier {
  kind: string;
  summary: string;
  /** Names of the options it understands, with what they mean. */
  options: Readonly<Record<string, string>>;
  /** True: it is told of every run, however it ended and whatever `on` says. */
  everyRun?: boolean;
  /** Events of a target of this kind that names none, where they are not those of {@linkcode NotifyTarget}. */
  defaultOn?: readonly NotifyEvent[];
  /** True: it keeps a state for each job, and runs of different jobs never come in one message. */
  perJob?: boolean;
  /** @throws {UsageError} when this target could never work */
  validate(target: NotifyTarget): void;
  /** Tells it. Bounded in time; retries what is worth it. A failure never fails the run.
   * @throws {NotifyError} */
  notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void>;
  /** Tells it that a run begins.
   * @throws {NotifyError} */
  started?(run: StartedRun, target: NotifyTarget, context: NotifyContext): Promise<void>;
}

/** As much of a kind as decides when it is told. */
export type NotifierHabits = Pick<Notifier, "everyRun" | "defaultOn" | "perJob">;

export interface StartedRun {
  job?: { id: string; name: string };
  execution?: { id: string; scheduledAt: string; attempt: number };
  /** RFC 3339, UTC. */
  startedAt: string;
  host: string;
}

export interface NotifyContext {
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** Reads the secret that a target names. */
  secret: ReadSecret;
  clock: Clock;
  /** Of one request; default: 10 s. */
  tryTimeoutMs?: number;
  /** The same whenever this message is sent, also by another process: a receiver can drop what it has had. */
  deliveryId?: string;
}

/** Where to tell, and when: an element of a job's `notify[]`. */
export interface NotifyTarget {
  kind: string;
  /** Or a credential reference that names it, where the URL itself is a password: `env:SLACK_WEBHOOK_URL`. */
  url: string;
  /** Default: failure, quarantined, recovery, new-findings. */
  on?: NotifyEvent[];
  /** The least that findings must be for `new-findings` and `fixed-findings`; default: `warn`. */
  severity?: "fail" | "warn";
  /** Credential reference: the key that signs a webhook, the routing key of PagerDuty, the password of a mail server. */
  secret?: string;
  options?: Readonly<Record<string, string>>;
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
  /** Runs of which nothing was said until now, oldest first: grouped, held back by a limit, or in quiet hours. */
  earlier?: EarlierRun[];
}

export interface EarlierRun {
  job?: { id: string; name: string };
  execution?: { id: string; scheduledAt: string; attempt: number };
  events: NotifyEvent[];
  /** RFC 3339, UTC: when it would have been told. */
  at: string;
  status: string;
  summary: string;
  /** What changed with it, for targets that keep a state; absent where nobody kept it. */
  newFindings?: NotifiedFinding[];
  fixedFindings?: NotifiedFinding[];
}

export interface NotifiedFinding {
  title: string;
  severity: "fail" | "warn";
  message: string;
  /** Where it is seen in the bundle: `cluster-resources/pods/shop.json:120`. */
  evidence?: string;
}
