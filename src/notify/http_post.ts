import { bodyText } from "../core/body_text.ts";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { parseRetryAfter, retry } from "../core/retry.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { countSent } from "../core/traffic.ts";
import { VERSION } from "../core/version.ts";
import { oneLine } from "./message_text.ts";
import { NotifyError } from "./notify_error.ts";

/** A request that tells somebody something. */
export interface HttpPost {
  url: URL;
  method?: "POST" | "GET" | "HEAD";
  body?: string;
  /** Made anew for each try. */
  headers?(now: Date): Record<string, string>;
  /** Who is told, for messages: `The webhook`. */
  who: string;
  /** What to look at when the server refuses: one sentence. */
  hint?: string;
  /** Reads from the body of an answer why the server refused. Only for servers that do not repeat what they were sent; what
   * is in `secrets` is hidden all the same. */
  reason?(body: string): string | undefined;
  /** Looks at the body of an answer that says success. A text is why it is none after all.
   * @returns undefined when all is well */
  refused?(body: string): { reason: string; transient: boolean } | undefined;
  /** What no message may hold, beside the URL's path and query. */
  secrets?: readonly string[];
}

export interface HttpPostContext {
  signal: AbortSignal;
  clock: Clock;
  /** Of one request; default: 10 s. */
  tryTimeoutMs?: number;
}

export const TRY_TIMEOUT_MS = 10_000;
export const RETRIES = { attempts: 3, baseDelayMs: 1000, maxDelayMs: 30_000 };

const MAX_REDIRECTS = 3;
const MAX_ANSWER_BYTES = 16 * 1024;
const MAX_READ_BYTES = 4 * 1024 * 1024;
const MAX_REASON = 200;

/** Sends a request until the server takes it. Waits as long as the server asks, follows redirects on the same server only, and
 * tries again what may pass.
 * @returns the body of the answer to a GET, or to what `refused` looks at; else an empty text, and the body is not read
 * @throws {NotifyError} that names the server's host and nothing more of its URL
 * @throws the signal's reason */
export async function httpPost(post: HttpPost, context: HttpPostContext): Promise<string> {
  const { clock, signal } = context;
  const timeoutMs = context.tryTimeoutMs ?? TRY_TIMEOUT_MS;
  checkHeaders(post, clock.now());
  try {
    return await retry(() => withTimeLimit(timeoutMs, signal, (limited) => send(post, limited, clock.now())), {
      ...RETRIES,
      clock,
      signal,
      judge: (error) =>
        error instanceof AnswerError ? { retry: error.transient, afterMs: error.afterMs } : { retry: true },
    });
  } catch (error) {
    signal.throwIfAborted();
    throw explain(error, post);
  }
}

/** What fetch says of a header that it cannot send repeats its value. */
function checkHeaders({ who, url, headers }: HttpPost, now: Date): void {
  for (const [name, value] of Object.entries(headers?.(now) ?? {})) {
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) continue;
    throw new NotifyError(
      `${who} at ${url.host} could not be told: what is to be sent in "${name}" cannot be a header's value`,
      "Store one line without control characters",
    );
  }
}

/** The server has answered, and did not take it. */
class AnswerError extends Error {
  constructor(readonly status: number, message: string, readonly transient: boolean, readonly afterMs?: number) {
    super(message);
  }
}

async function send(post: HttpPost, signal: AbortSignal, now: Date): Promise<string> {
  const { method = "POST", body } = post;
  const headers = { "User-Agent": `support-bundle/${VERSION}`, ...post.headers?.(now) };
  let url = post.url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    countSent(body);
    const response = await fetch(url, { method, body, headers, redirect: "manual", signal });
    if (response.ok) return await judgeSuccess(post, response, now);
    const location = response.headers.get("location");
    if (location === null || ![301, 302, 307, 308].includes(response.status)) {
      throw await failure(post, response, now);
    }
    await response.body?.cancel();
    const next = URL.parse(location, url);
    if (next === null || !isSameServer(url, next)) {
      throw new AnswerError(response.status, "it redirects to another server, which is not followed", false);
    }
    url = next;
  }
  throw new AnswerError(310, `it redirects more than ${MAX_REDIRECTS} times`, false);
}

async function judgeSuccess(post: HttpPost, response: Response, now: Date): Promise<string> {
  const body = post.method === "GET" || post.refused !== undefined
    ? await bodyText(response, post.method === "GET" ? MAX_READ_BYTES : MAX_ANSWER_BYTES) ?? ""
    : "";
  await response.body?.cancel().catch(() => {});
  const refusal = post.refused?.(body);
  if (refusal === undefined) return body;
  const afterMs = parseRetryAfter(response.headers.get("retry-after"), now);
  throw new AnswerError(
    response.status,
    `it answered: ${sayable(refusal.reason, post)}`,
    refusal.transient,
    afterMs,
  );
}

async function failure(post: HttpPost, response: Response, now: Date): Promise<AnswerError> {
  const { status } = response;
  const afterMs = parseRetryAfter(response.headers.get("retry-after"), now);
  let reason = "";
  if (post.reason === undefined) await response.body?.cancel();
  else {
    const body = await bodyText(response, MAX_ANSWER_BYTES).catch(() => undefined);
    await response.body?.cancel().catch(() => {});
    reason = sayable(body === undefined ? "" : post.reason(body) ?? "", post);
  }
  const message = `it answered ${status}${reason === "" ? "" : ` (${reason})`}`;
  return new AnswerError(status, message, status >= 500 || status === 429 || status === 408, afterMs);
}

/** What a server said, without what it may have repeated of the request. */
function sayable(text: string, { url, secrets = [] }: HttpPost): string {
  const hidden = [url.href, `${url.pathname}${url.search}`, ...url.pathname.split("/"), ...url.searchParams.values()];
  let said = text;
  // Short parts of paths are words; short secrets are secrets.
  for (const part of [...hidden.filter(({ length }) => length >= 8), ...secrets.filter(({ length }) => length >= 4)]) {
    said = said.replaceAll(part, "***");
  }
  return oneLine(said, MAX_REASON);
}

/** The same origin, or the same host's step from http to https. */
function isSameServer(from: URL, to: URL): boolean {
  return to.origin === from.origin ||
    (from.protocol === "http:" && to.protocol === "https:" && to.hostname === from.hostname);
}

function explain(error: unknown, post: HttpPost): NotifyError {
  const { who, url, hint } = post;
  const what = `${who} at ${url.host} could not be told`;
  if (error instanceof AnswerError) {
    const { status, transient } = error;
    const next = transient
      ? "Try again later"
      : status === 401 || status === 403
      ? "Check the credentials, and what they are allowed to do"
      : hint ?? "Check the URL, and what its server expects";
    return new NotifyError(`${what}: ${error.message}`, next);
  }
  // What fetch says repeats the whole URL.
  const why = sayable(describeError(error).replaceAll(/https?:\/\/[^\s)]+/g, url.origin), post);
  const next = /certificate/i.test(why)
    ? "Check whose server it is; SSL_CERT_FILE names further authorities, docs/networks.md says more"
    : "Check the host and the network";
  return new NotifyError(`${what}: ${why}`, next);
}
