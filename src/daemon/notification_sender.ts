import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import type { StartedRun } from "../notify/notifier.ts";
import { afterFailure, afterSuccess, decideSending, isTooOld } from "../schedule/decide_sending.ts";
import type { Execution } from "../schedule/execution.ts";
import type { Job } from "../schedule/job.ts";
import { nameOfTarget, type NoticeRef, type NotifierState, type Told, withTold } from "../schedule/notice.ts";
import type { JobStore } from "../store/job_store.ts";
import type { DaemonLog } from "./daemon_log.ts";
import { ownerState } from "./lease_owner.ts";
import type { AttemptVariables } from "./attempt_variables.ts";
import type { DaemonMetrics } from "./metrics.ts";
import { deliveryIdOf, outboxMessage } from "./outbox_message.ts";
import { policyOf, type Recipient, resolveTarget } from "./recipients.ts";
import type { Settings } from "./settings.ts";
import { tellInChild } from "./tell_process.ts";
import type { TellItem } from "./tell_protocol.ts";

export interface NotificationSenderOptions {
  store: JobStore;
  clock: Clock;
  log: DaemonLog;
  metrics: Pick<DaemonMetrics, "notified">;
  /** Of this daemon, for claims. */
  owner: string;
  /** The command line of the child that sends. */
  command: { command: string; args: string[] };
  /** Default: it gets all of this process's environment. */
  variables?: AttemptVariables;
  settings(): Pick<Settings, "notifiers" | "defaultTimezone">;
  /** How often it is looked for what others have written. Default 30 s. */
  pollMs?: number;
  /** How long a child may take. Default 100 s. */
  limitMs?: number;
  /** How long children may go on after the wish to stop. Default 5 s. */
  drainMs?: number;
}

/** A message that is being sent. */
interface Sending {
  state: NotifierState;
  batch: NoticeRef[];
  item: TellItem;
}

const POLL_MS = 30_000;
// The child itself gives each notifier 90 s.
const LIMIT_MS = 100_000;
const STARTED_LIMIT_MS = 15_000;
const MAX_CHILDREN = 4;
/** Notices that wait for one notifier; the oldest are dropped beyond that. One step of the store removes as many. */
const MAX_WAITING = 400;
/** Executions that are told what became of their notices. */
const MAX_RECORDED = 50;

/** Sends what the outbox has, when the policies of the notifiers let it: each message once, as far as its receiver can tell,
 * also where several daemons share a store, and where one is killed in between. */
export class NotificationSender {
  readonly #inFlight = new Set<string>();
  /** Notifiers that are being told that runs begin, how many times: no end may overtake that. */
  readonly #starting = new Map<string, number>();
  readonly #children = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #abandoned = new AbortController();
  readonly #missed = new Set<string>();
  #woken = Promise.withResolvers<void>();
  #looping: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #figures = { waiting: 0, failing: 0 };

  constructor(private readonly options: NotificationSenderOptions) {}

  start(): void {
    this.#looping ??= this.#loop();
  }

  /** Something was written to the outbox, or the settings have changed. */
  wake(): void {
    this.#woken.resolve();
  }

  /** Notices that wait, and notifiers that fail, as they were at the last look. */
  figures(): { waiting: number; failing: number } {
    return { ...this.#figures };
  }

  /** Waits a moment for what is being sent. Twice is harmless. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  /** Tells those who want to know that an attempt begins. At best: what fails is logged, and not tried again. */
  started(recipients: readonly Recipient[], job: Job, execution: Execution): void {
    this.#track(this.#tellStarted(recipients, job, execution));
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#looping;
    const timer = setTimeout(() => this.#abandoned.abort(), this.options.drainMs ?? 5_000);
    await Promise.all(this.#children);
    clearTimeout(timer);
  }

  async #loop(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let waitMs = this.options.pollMs ?? POLL_MS;
      this.#woken = Promise.withResolvers();
      try {
        waitMs = Math.min(waitMs, await this.#turn());
      } catch (error) {
        this.#log.error("cannot look for what is to be told", { error: describeError(error) });
      }
      const happened = new AbortController();
      void this.#woken.promise.then(() => happened.abort());
      await this.options.clock.sleep(Math.max(waitMs, 1), happened.signal);
    }
  }

  get #log(): DaemonLog {
    return this.options.log.with({ component: "notifier" });
  }

  /** Sends what is due. @returns after how many milliseconds something else is */
  async #turn(): Promise<number> {
    const { store, clock } = this.options;
    const pending = await store.pendingNotices();
    if (pending.length === 0) {
      this.#figures = { waiting: 0, failing: 0 };
      return Infinity;
    }
    const states = new Map((await store.notifierStates()).map((state) => [state.target, state]));
    this.#figures = {
      waiting: pending.length,
      failing: [...states.values()].filter(({ failures }) => failures > 0).length,
    };
    const due: Sending[] = [];
    let next = Infinity;
    for (const [target, refs] of Map.groupBy(pending, (ref) => ref.target)) {
      const busy = this.#inFlight.has(target) || this.#starting.has(target);
      if (busy || this.#children.size >= MAX_CHILDREN) continue; // an end wakes us
      const found = await this.#prepare(target, refs, states.get(target)).catch((error) => {
        this.#log.error("cannot prepare what is to be told", { to: labelOf(target), error: describeError(error) });
        return Infinity; // the others go on; tried again with the next poll
      });
      if (typeof found === "object") due.push(found);
      else next = Math.min(next, found - clock.now().getTime());
    }
    if (due.length > 0) {
      for (const { item } of due) this.#inFlight.add(item.key);
      this.#track(this.#send(due));
    }
    return next;
  }

  /** Claims a notifier that is to be told something now.
   * @returns what is to be sent; else when to look again, in milliseconds since the epoch */
  async #prepare(target: string, refs: NoticeRef[], known: NotifierState | undefined): Promise<Sending | number> {
    const { store, clock, owner, settings } = this.options;
    const { habitsOf } = await import("../notify/registry.ts");
    const policy = policyOf(target, settings(), habitsOf);
    if (policy === undefined) return await this.#forgetOld(target, refs);
    const idle = { sending: [], sentAt: [], retryAt: null };
    const first = decideSending(refs, known ?? idle, policy, clock.now());
    if (first.do === "hold" && refs.length <= MAX_WAITING) return first.until.getTime();
    const state = await this.#claim(target, known);
    if (state === undefined) return Infinity; // another daemon's; looked for again with the next poll
    // As it is with the claim in hand: another daemon may have sent meanwhile.
    const kept = await this.#trim(state, await this.#stillThere(target, refs));
    const decision = decideSending(kept.refs, kept.state, policy, clock.now());
    if (decision.do !== "send") {
      await store.settleNotifier(kept.state, { ...kept.state, claim: null }, []);
      return decision.do === "hold" ? decision.until.getTime() : Infinity;
    }
    const notices = await store.getNotices(target, decision.ids);
    const batch = kept.refs.filter(({ id }) => decision.ids.includes(id));
    const way = resolveTarget(target, notices[0]?.direct, settings().notifiers);
    if (notices.length === 0 || way === undefined) {
      await store.settleNotifier(kept.state, { ...kept.state, claim: null }, notices.length === 0 ? batch : []);
      return Infinity;
    }
    const begun: NotifierState = { ...kept.state, label: way.label, kind: way.to.kind, sending: decision.ids };
    if (!await store.settleNotifier(kept.state, begun, [])) return Infinity;
    const message = outboxMessage(notices, begun.dropped, clock.now());
    const item = {
      key: target,
      target: way.to,
      message: { ...message },
      deliveryId: deliveryIdOf(target, decision.ids),
    };
    this.#log.debug(`telling ${way.label}`, { owner, notices: batch.length });
    return { state: begun, batch, item };
  }

  async #claim(target: string, known: NotifierState | undefined): Promise<NotifierState | undefined> {
    const { store, clock, owner } = this.options;
    const holder = known?.claim?.owner;
    const dead = holder !== undefined && holder !== owner && await ownerState(holder) === "dead" ? holder : undefined;
    return await store.claimNotifier(target, owner, clock.now(), 3 * (this.options.limitMs ?? LIMIT_MS), dead);
  }

  async #stillThere(target: string, refs: NoticeRef[]): Promise<NoticeRef[]> {
    const current = new Set(
      (await this.options.store.pendingNotices()).filter((it) => it.target === target).map(keyOf),
    );
    return refs.filter((ref) => current.has(keyOf(ref)));
  }

  /** Drops the oldest of too many. */
  async #trim(
    state: NotifierState,
    refs: NoticeRef[],
  ): Promise<{ state: NotifierState; refs: NoticeRef[] }> {
    const excess = refs.slice(0, Math.max(0, refs.length - MAX_WAITING))
      .filter(({ id }) => !state.sending.includes(id)).slice(0, MAX_WAITING);
    if (excess.length === 0) return { state, refs };
    const trimmed = { ...state, dropped: state.dropped + excess.length };
    await this.options.store.settleNotifier(state, trimmed, excess);
    this.#log.warn(`${excess.length} notifications were dropped: too many wait`, { to: state.label });
    return { state: trimmed, refs: refs.filter((ref) => !excess.includes(ref)) };
  }

  /** What waits for a notifier that the settings do not have may be another daemon's to send, until it is too old. */
  async #forgetOld(target: string, refs: NoticeRef[]): Promise<number> {
    const { store, clock, owner, metrics } = this.options;
    const name = nameOfTarget(target) ?? "";
    if (!this.#missed.has(name)) {
      this.#missed.add(name);
      this.#log.warn(`the settings have no notifier "${name}", for which ${refs.length} notifications wait`);
    }
    const old = refs.filter(({ atMs }) => isTooOld(atMs, clock.now())).slice(0, MAX_WAITING);
    const state = old.length === 0 ? undefined : await store.claimNotifier(target, owner, clock.now(), 60_000);
    if (state !== undefined && await store.settleNotifier(state, undefined, old)) {
      this.#log.error(`${old.length} notifications were given up: the settings have no notifier "${name}"`);
      metrics.notified(state.kind, "given-up");
    }
    return Infinity;
  }

  /** Sends messages in one child, and settles each as soon as its result is known. Never rejects. */
  async #send(due: Sending[]): Promise<void> {
    const open = new Map(due.map((sending) => [sending.item.key, sending]));
    const settling: Promise<void>[] = [];
    const settle = (key: string, failure: string | undefined) => {
      const sending = open.get(key);
      if (!open.delete(key) || sending === undefined) return;
      settling.push(
        this.#settle(sending, failure)
          .catch((error) => this.#log.error("cannot write what was told", { error: describeError(error) }))
          .finally(() => {
            this.#inFlight.delete(key);
            this.wake();
          }),
      );
    };
    const request = { items: due.map(({ item }) => item) };
    const wrong = await tellInChild({
      command: this.options.command,
      request,
      withheld: await this.#withheldFrom(request),
      signal: this.#abandoned.signal,
      limitMs: this.options.limitMs ?? LIMIT_MS,
      onResult: ({ key, failure }) => settle(key, failure?.message),
    });
    for (const key of [...open.keys()]) settle(key, `the process that sends gave no answer${wrong && `: ${wrong}`}`);
    await Promise.all(settling);
  }

  /** A store that fails now keeps nobody from being told. */
  async #withheldFrom(request: unknown): Promise<string[]> {
    return await this.options.variables?.withheldFrom(request).catch(() => []) ?? [];
  }

  async #settle({ state, batch, item }: Sending, failure: string | undefined): Promise<void> {
    const { store, clock, metrics } = this.options;
    const now = clock.now();
    const log = this.#log.with({ to: state.label, kind: state.kind, ...ofRun(item) });
    const told = { to: state.label, kind: state.kind, at: now.toISOString() };
    // The state of a place that only a job names is not kept.
    const keep = (next: NotifierState) => nameOfTarget(state.target) === undefined ? undefined : next;
    if (failure === undefined) {
      await store.settleNotifier(state, keep({ ...afterSuccess(state, now), claim: null }), batch);
      log.info("told", { events: item.message?.events.join(","), runs: batch.length });
      metrics.notified(state.kind, "sent");
      return await this.#record(batch, { ...told, status: "sent" });
    }
    if (this.#abandoned.signal.aborted) { // by us; whether it arrived is not known
      return void await store.settleNotifier(state, { ...state, claim: null }, []);
    }
    const after = afterFailure(state, failure, batch.at(-1)!.atMs, now);
    const next = { ...after.state, claim: null };
    await store.settleNotifier(state, after.giveUp ? keep(next) : next, after.giveUp ? batch : []);
    metrics.notified(state.kind, after.giveUp ? "given-up" : "failed");
    if (after.giveUp) log.error("given up: could not be told for a day", { error: failure, runs: batch.length });
    else log.warn("could not be told", { error: failure, failures: next.failures, retryAt: next.retryAt });
    if (after.giveUp || next.failures === 1) {
      await this.#record(batch, { ...told, status: after.giveUp ? "given-up" : "failed", error: failure });
    }
  }

  /** Notes down in the executions what became of telling of them. */
  async #record(batch: NoticeRef[], told: Told): Promise<void> {
    const { store } = this.options;
    const level = told.status === "sent" ? "info" : told.status === "failed" ? "warn" : "error";
    const what = told.status === "sent" ? `told ${told.to}` : `${told.to} could not be told: ${told.error}`;
    for (const { id } of batch.slice(-MAX_RECORDED)) {
      await store.updateExecution(id, (it) => ({ ...it, notifications: withTold(it.notifications, told) }));
      await store.appendLogs(id, [{ timestamp: told.at, level, component: "notifier", message: what }]);
    }
  }

  async #tellStarted(recipients: readonly Recipient[], job: Job, execution: Execution): Promise<void> {
    const { clock, command, settings } = this.options;
    const log = this.#log.with({ job: job.name, execution: execution.id });
    const items: TellItem[] = [];
    try {
      const { notifiers } = await import("../notify/registry.ts");
      const started: StartedRun = {
        job: { id: job.id, name: job.name },
        execution: { id: execution.id, scheduledAt: execution.scheduledAt, attempt: execution.retryCount + 1 },
        startedAt: clock.now().toISOString(),
        host: Deno.hostname(),
      };
      for (const { target, direct, kind } of recipients) {
        const way = resolveTarget(target, direct, settings().notifiers);
        const known = notifiers.find((notifier) => notifier.kind === kind);
        if (way === undefined || known?.started === undefined) continue;
        items.push({ key: target, target: way.to, started: { ...started } });
        this.#starting.set(target, (this.#starting.get(target) ?? 0) + 1);
      }
      if (items.length === 0) return;
      const wrong = await tellInChild({
        command,
        request: { items },
        withheld: await this.#withheldFrom(items),
        signal: this.#abandoned.signal,
        limitMs: STARTED_LIMIT_MS,
        onResult: ({ key, failure }) =>
          failure && log.warn("could not be told that a run began", { to: labelOf(key), error: failure.message }),
      });
      if (wrong !== "") log.warn("could not tell that a run began", { error: wrong });
    } catch (error) {
      log.warn("could not tell that a run began", { error: describeError(error) });
    } finally {
      for (const { key } of items) {
        const left = this.#starting.get(key)! - 1;
        if (left > 0) this.#starting.set(key, left);
        else this.#starting.delete(key);
      }
    }
  }

  #track(child: Promise<void>): void {
    const tracked = child.finally(() => {
      this.#children.delete(tracked);
      this.wake();
    });
    this.#children.add(tracked);
  }
}

/** The name of a notifier of the settings; of another place its kind. */
function labelOf(target: string): string {
  return nameOfTarget(target) ?? target.split(":")[1] ?? target;
}

function keyOf({ atMs, id }: NoticeRef): string {
  return `${atMs} ${id}`;
}

function ofRun({ message }: TellItem): { job?: string; execution?: string } {
  const { job, execution } = (message ?? {}) as { job?: { name: string }; execution?: { id: string } };
  return { job: job?.name, execution: execution?.id };
}
