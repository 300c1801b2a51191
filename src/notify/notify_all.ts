import { hostname } from "node:os";
import type { StageOutcome } from "../bundle/manifest.ts";
import type { Clock } from "../core/clock.ts";
import type { ReadSecret } from "../core/credential_reference.ts";
import { describeError, errorCode } from "../core/errors.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { composeNotification, matchingEvents, type RunFacts, runResult } from "./compose_notification.ts";
import type { Notification, NotifyTarget } from "./notifier.ts";
import { compareFindings, decideEvents, DEFAULT_EVENTS } from "./notify_events.ts";
import { findNotifier } from "./registry.ts";

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
  const result = runResult(facts);
  const events = decideEvents(facts.previous, result);
  const changes = compareFindings(facts.previous, result);
  const message = composeNotification(facts, changes, started, context.host ?? hostname());
  const addressed = targets
    .map((target) => ({ target, events: matchingEvents(target.on ?? DEFAULT_EVENTS, events) }))
    .filter((one) => one.events.length > 0);
  if (addressed.length === 0) {
    return outcome({ status: "skipped", message: "nothing happened that a target is told of" });
  }

  const failures = (await Promise.all(
    addressed.map((one) => tell(one.target, { ...message, events: one.events }, context)),
  )).filter((failure) => failure !== undefined);
  if (failures.length === 0) return outcome({ status: "ok" });
  return outcome({
    status: failures.length === addressed.length ? "failed" : "partial",
    code: failures[0]!.code,
    message: `${failures.length} of ${addressed.length} notifications failed: ` +
      failures.map((failure) => failure.message).join("; "),
  });
}

/** @returns what went wrong, undefined when nothing did */
async function tell(
  target: NotifyTarget,
  message: Notification,
  context: NotifyAllContext,
): Promise<{ code: string; message: string } | undefined> {
  try {
    const notifier = findNotifier(target.kind);
    notifier.validate(target); // the record may be older than the rules
    await withTimeLimit(TOTAL_TIMEOUT_MS, context.signal, (signal) =>
      notifier.notify(message, target, {
        signal,
        env: context.env,
        secret: context.secret,
        clock: context.clock,
        tryTimeoutMs: context.tryTimeoutMs,
      }));
    context.log("info", `told ${describe(target)}: ${message.events.join(", ")}`);
    return undefined;
  } catch (error) {
    const failure = { code: errorCode(error), message: describeError(error) };
    context.log("warn", `${describe(target)}: ${failure.message}`);
    return failure;
  }
}

/** Without the path: it is often a password. */
function describe({ kind, url }: NotifyTarget): string {
  return URL.canParse(url) ? `${kind} at ${new URL(url).host}` : kind;
}
