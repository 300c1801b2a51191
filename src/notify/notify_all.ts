import { hostname } from "node:os";
import type { StageOutcome } from "../bundle/manifest.ts";
import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { describeError, errorCode, SupportBundleError } from "../core/errors.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { addressMessage } from "./address_message.ts";
import type { RunFacts } from "./compose_notification.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget, StartedRun } from "./notifier.ts";
import { findNotifier, habitsOf } from "./registry.ts";
import { describeTarget } from "./target_url.ts";

export type { RunFacts } from "./compose_notification.ts";

export interface NotifyAllContext {
  signal: AbortSignal;
  env: Readonly<Record<string, string>>;
  /** Reads the secrets that targets name. */
  secret: ReadSecret;
  clock: Clock;
  log(level: "debug" | "info" | "warn", message: string): void;
  /** Name of this machine; default: what the system says. */
  host?: string;
  /** Of one request of a notifier; default: its own. */
  tryTimeoutMs?: number;
}

/** All targets are told at the same time, and have this long together. */
const TOTAL_TIMEOUT_MS = 90_000;
/** Of the word that a run begins. */
const STARTED_TIMEOUT_MS = 5_000;

/** Tells those who want to know how a run ended.
 * @returns the outcome, whatever happens: a notifier never fails a run */
export async function notifyAll(
  targets: readonly NotifyTarget[],
  facts: RunFacts,
  context: NotifyAllContext,
): Promise<StageOutcome> {
  const started = context.clock.now();
  const outcome = (rest: Omit<StageOutcome, "stage" | "durationMs">): StageOutcome => ({
    stage: "notify",
    ...rest,
    durationMs: context.clock.now().getTime() - started.getTime(),
  });
  const host = context.host ?? hostname();
  const addressed = targets.flatMap((target) => {
    const message = addressMessage(target, habitsOf(target.kind), facts, started, host);
    return message === undefined ? [] : [{ target, message }];
  });
  if (addressed.length === 0) {
    return outcome({ status: "skipped", message: "nothing happened that a target is told of" });
  }

  const failures = (await Promise.all(
    addressed.map(({ target, message }) => tellTarget(target, message, context)),
  )).filter((failure) => failure !== undefined);
  if (failures.length === 0) return outcome({ status: "ok" });
  return outcome({
    status: failures.length === addressed.length ? "failed" : "partial",
    code: failures[0]!.code,
    message: `${failures.length} of ${addressed.length} notifications failed: ` +
      failures.map((failure) => failure.message).join("; "),
  });
}

export interface TellFailure {
  code: string;
  message: string;
  /** What to do about it. */
  hint?: string;
}

/** Tells a target. Never rejects.
 * @param deliveryId of the message, where somebody may send it again; default: a new one
 * @returns what went wrong, undefined when nothing did */
export async function tellTarget(
  target: NotifyTarget,
  message: Notification,
  context: NotifyAllContext,
  deliveryId?: string,
): Promise<TellFailure | undefined> {
  const failure = await reach(
    target,
    context,
    TOTAL_TIMEOUT_MS,
    (notifier, within) => notifier.notify(message, target, { ...within, deliveryId }),
  );
  if (failure === undefined) context.log("info", `told ${describeTarget(target)}: ${message.events.join(", ")}`);
  return failure;
}

/** Tells a target that a run begins, if its kind wants to know. In much less time: the run does not wait for it.
 * @returns as {@linkcode tellTarget} */
export function tellStarted(
  target: NotifyTarget,
  run: StartedRun,
  context: NotifyAllContext,
): Promise<TellFailure | undefined> {
  const tell = async (notifier: Notifier, within: NotifyContext) => await notifier.started?.(run, target, within);
  return reach(target, { ...context, tryTimeoutMs: STARTED_TIMEOUT_MS }, STARTED_TIMEOUT_MS, tell);
}

async function reach(
  target: NotifyTarget,
  context: NotifyAllContext,
  timeoutMs: number,
  tell: (notifier: Notifier, within: NotifyContext) => Promise<void>,
): Promise<TellFailure | undefined> {
  try {
    const notifier = findNotifier(target.kind);
    notifier.validate(target); // the record may be older than the rules
    await withTimeLimit(timeoutMs, context.signal, (signal) =>
      tell(notifier, {
        signal,
        env: context.env,
        secret: context.secret,
        clock: context.clock,
        tryTimeoutMs: context.tryTimeoutMs,
      }));
    return undefined;
  } catch (error) {
    const hint = error instanceof SupportBundleError ? error.hint : undefined;
    const failure = { code: errorCode(error), message: describeError(error), hint };
    context.log("warn", `${describeTarget(target)}: ${failure.message}`);
    return failure;
  }
}
