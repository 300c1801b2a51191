import { countSent } from "../../core/traffic.ts";
import { createHmac } from "node:crypto";
import { validateCredentialReference } from "../../core/credential_reference.ts";
import { describeError, UsageError } from "../../core/errors.ts";
import { parseRetryAfter, retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { VERSION } from "../../core/version.ts";
import { NotifyError } from "../notify_error.ts";
import type { Notification, Notifier, NotifyContext, NotifyTarget } from "../notifier.ts";

/** `t=<seconds since 1970>,v1=<hex>`: an HMAC-SHA-256 over `<t>.<body>`, as {@linkcode sign} makes it. */
export const SIGNATURE_HEADER = "X-Support-Bundle-Signature";

const TRY_TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 3;
const RETRIES = { attempts: 3, baseDelayMs: 1000, maxDelayMs: 30_000 };

/** POSTs the notification as JSON, signed when the target has a secret. */
export const webhook: Notifier = {
  kind: "webhook",
  summary: "An HTTP endpoint that takes JSON (https://host/path), signed when there is a secret",

  options: {},

  validate({ url: text, secret }: NotifyTarget): void {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
      throw new UsageError("The webhook is not the URL of a server", "Write https://host/path");
    }
    if (url.username !== "" || url.password !== "") {
      throw new UsageError(
        `The webhook at ${url.host} has a user name or password in its URL`,
        "Leave it out, and sign the messages instead: a secret by reference, such as env:NAME",
      );
    }
    if (secret !== undefined) validateCredentialReference(secret);
  },

  async notify(message: Notification, target: NotifyTarget, context: NotifyContext): Promise<void> {
    const { clock, signal } = context;
    const url = new URL(target.url);
    const key = target.secret === undefined ? undefined : await context.secret(target.secret);
    const body = JSON.stringify(message);
    const deliveryId = context.deliveryId ?? crypto.randomUUID();
    const post = () => {
      const headers: Record<string, string> = {
        "Content-Type": "application/json",
        "User-Agent": `support-bundle/${VERSION}`,
        "X-Support-Bundle-Delivery": deliveryId, // the same in every try: a receiver can drop what it has had
      };
      if (key !== undefined) headers[SIGNATURE_HEADER] = sign(body, key, clock.now());
      const timeoutMs = context.tryTimeoutMs ?? TRY_TIMEOUT_MS;
      return withTimeLimit(timeoutMs, signal, (limited) => send(url, { body, headers, signal: limited }, clock.now()));
    };
    try {
      await retry(post, {
        ...RETRIES,
        clock,
        signal,
        judge: (error) =>
          error instanceof AnswerError ? { retry: error.transient, afterMs: error.afterMs } : { retry: true },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, url);
    }
  },
};

/** The value of {@linkcode SIGNATURE_HEADER}. The time is signed too, so that a receiver can refuse old messages. */
export function sign(body: string, key: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex")}`;
}

/** The server has answered, and not with 2xx. */
class AnswerError extends Error {
  constructor(readonly status: number, message: string, readonly afterMs?: number) {
    super(message);
  }

  get transient(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

async function send(url: URL, request: RequestInit, now: Date): Promise<void> {
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    countSent(request.body);
    const response = await fetch(url, { ...request, method: "POST", redirect: "manual" });
    await response.body?.cancel();
    if (response.ok) return;
    const location = response.headers.get("location");
    if (location === null || ![301, 302, 307, 308].includes(response.status)) {
      const afterMs = parseRetryAfter(response.headers.get("retry-after"), now);
      throw new AnswerError(response.status, `it answered ${response.status}`, afterMs);
    }
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (next === undefined || !isSameServer(url, next)) {
      throw new AnswerError(response.status, "it redirects to another server, which is not followed");
    }
    url = next;
  }
  throw new AnswerError(310, `it redirects more than ${MAX_REDIRECTS} times`);
}

/** The same origin, or the same host's step from http to https. */
function isSameServer(from: URL, to: URL): boolean {
  return to.origin === from.origin ||
    (from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname);
}

function explain(error: unknown, url: URL): NotifyError {
  const what = `The webhook at ${url.host} could not be told`;
  if (error instanceof AnswerError) {
    const hint = error.transient ? "Try again later" : "Check the webhook's URL, and what its server expects";
    return new NotifyError(`${what}: ${error.message}`, hint);
  }
  // What fetch says repeats the whole URL.
  const why = describeError(error).replaceAll(/https?:\/\/[^\s)]+/g, url.origin);
  return new NotifyError(`${what}: ${why}`, "Check the host and the network");
}
