import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { PreviousRun } from "../notify/notify_events.ts";
import { ACTIVE_STATUSES, type Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { MAX_NOTICES } from "../schedule/notice.ts";
import type { JobStore, NoticesOf } from "../store/job_store.ts";
import { composeNotices, undelivered } from "./compose_notice.ts";
import type { DaemonLog } from "./daemon_log.ts";
import type { NotificationSender } from "./notification_sender.ts";
import { recipientsOf } from "./recipients.ts";
import type { NotifierSettings } from "./settings.ts";

export interface AnnouncerOptions {
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  /** Those of the settings, as they are now. */
  notifiers(): Readonly<Record<string, NotifierSettings>>;
  sender: Pick<NotificationSender, "wake" | "started">;
}

const LOOKED_AT = 20;

/** Knows whom to tell of a job's executions, and what. Sending is the {@linkcode NotificationSender}'s. */
export class Announcer {
  /** What was said already, by job. */
  readonly #warned = new Set<string>();

  constructor(private readonly options: AnnouncerOptions) {}

  /** Tells those who want to know that an attempt begins. Waits for nobody. */
  started(job: Job, execution: Execution): void {
    const { recipients } = recipientsOf(job, this.options.notifiers());
    if (recipients.length > 0) this.options.sender.started(recipients, job, execution);
  }

  /** @param execution that is about to end
   * @returns what is to be recorded with its end; undefined when nobody wants to be told of the job
   * @throws {StoreError} */
  ended(job: Job, execution: Execution): Promise<NoticesOf | undefined> {
    return this.#notices(job, () => previousRun(this.options.store, execution));
  }

  /** As {@linkcode ended}, of a bundle that its destination has refused, and takes now. */
  delivered(job: Job, { status, findings }: Execution): Promise<NoticesOf | undefined> {
    return this.#notices(job, () => Promise.resolve({ status, undelivered: "refused", findings: findings.top }));
  }

  async #notices(job: Job, before: () => Promise<PreviousRun | undefined>): Promise<NoticesOf | undefined> {
    const { clock } = this.options;
    const { recipients, unknown } = recipientsOf(job, this.options.notifiers());
    for (const name of unknown) {
      this.#warnOnce(job, `the settings have no notifier "${name}", which the job is to tell; nothing is sent there`);
    }
    if (recipients.length > MAX_NOTICES) {
      this.#warnOnce(job, `the job tells ${recipients.length} notifiers; only the first ${MAX_NOTICES} are told`);
    }
    if (recipients.length === 0) return undefined;
    // Loaded once there is something to tell: the supervisor is to stay small.
    const { habitsOf } = await import("../notify/registry.ts");
    const previous = await before();
    const told = recipients.slice(0, MAX_NOTICES);
    return (ended, after) => {
      try {
        return composeNotices(told, ended, after ?? job, previous, habitsOf, clock.now(), Deno.hostname());
      } catch (error) { // whatever it is: the end of the run has to be recorded
        const log = this.options.log.with({ component: "notifier", job: job.name, execution: ended.id });
        log.error("cannot say what is to be told", { error: describeError(error) });
        return [];
      }
    };
  }

  /** Says that notices were recorded. */
  wake(): void {
    this.options.sender.wake();
  }

  #warnOnce(job: Job, message: string): void {
    const key = `${job.id} ${message}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.options.log.with({ component: "notifier", job: job.name }).warn(message);
  }
}

/** How the job's last run ended, with what the last analyzed one found: a run that failed before it looked has fixed
 * nothing, and what was there before is not new. */
async function previousRun(store: JobStore, current: Execution): Promise<PreviousRun | undefined> {
  const recent = await store.listExecutions({ jobId: current.jobId, limit: LOOKED_AT });
  const before = recent.filter(({ id, scheduledAt, status }) =>
    id !== current.id && scheduledAt < current.scheduledAt && status !== "skipped" && status !== "cancelled" &&
    !ACTIVE_STATUSES.includes(status)
  );
  const analyzed = before.find(({ findings: { fail, warn, pass } }) => fail + warn + pass > 0);
  return before[0] && {
    status: before[0].status,
    undelivered: undelivered(before[0]),
    findings: analyzed?.findings.top ?? [],
  };
}
