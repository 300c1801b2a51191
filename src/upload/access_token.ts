import { bodyText } from "../core/body_text.ts";
import { createExactHttpClient } from "../core/http_client.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { countSent } from "../core/traffic.ts";

/** Gives an access token that is valid for a minute at least. */
export type AccessToken = (signal: AbortSignal) => Promise<string>;

export interface FreshToken {
  token: string;
  validForSeconds: number;
}

export interface TokenRequest {
  url: string;
  headers?: Record<string, string>;
  /** A form, posted. Without one the request is a GET. */
  form?: URLSearchParams;
  /** True for a server beside this machine: no proxy leads there. */
  direct?: boolean;
  timeoutMs?: number;
}

export interface TokenAnswer {
  status: number;
  /** Empty when the answer is no JSON object. */
  body: Record<string, unknown>;
  retryAfter: string | null;
}

const MARGIN_SECONDS = 60;
const MAX_ANSWER_BYTES = 256 * 1024;

/** Keeps a token until shortly before its end. */
export function heldToken(fresh: (signal: AbortSignal) => Promise<FreshToken>): AccessToken {
  let held: { token: string; until: number } | undefined;
  return async (signal) => {
    if (held !== undefined && performance.now() < held.until) return held.token;
    const { token, validForSeconds } = await fresh(signal);
    held = { token, until: performance.now() + (validForSeconds - MARGIN_SECONDS) * 1000 };
    return token;
  };
}

/** Asks a server of tokens.
 * @throws what `fetch` throws, or a `TimeoutError` */
export async function askForToken(
  { url, headers, form, direct, timeoutMs = 30_000 }: TokenRequest,
  outer: AbortSignal,
): Promise<TokenAnswer> {
  const body = form?.toString();
  countSent(body);
  using client = direct ? createExactHttpClient({}) : undefined;
  return await withTimeLimit(timeoutMs, outer, async (signal) => {
    try {
      const response = await fetch(url, {
        method: form === undefined ? "GET" : "POST",
        headers: form === undefined ? headers : { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
        body,
        client,
        signal,
        redirect: "manual",
      });
      const text = await bodyText(response, MAX_ANSWER_BYTES) ?? "";
      return { status: response.status, body: parseObject(text), retryAfter: response.headers.get("retry-after") };
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
