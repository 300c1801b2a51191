import { bodyText } from "../core/body_text.ts";
import { startDeadline } from "../core/deadline.ts";
import { openTransport, type Transport } from "../collect/http_transport.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { getFollowing } from "./get_following.ts";
import { SpecError } from "./spec_error.ts";
import { shownUrl } from "./spec_source.ts";

export interface FetchOptions {
  /** For the variables that name proxies. */
  env?: Readonly<Record<string, string>>;
  clock?: Clock;
  signal?: AbortSignal;
  /** Of the whole download, redirects included. */
  deadlineMs: number;
  /** Does not verify the server's certificate. */
  insecure?: boolean;
  headers?: Record<string, string>;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** What servers of specs know the readers of specs by; some answer others with a web page. */
export const SPEC_READER = "Replicated_Troubleshoot/v1beta1";

/** Downloads a spec. Redirects are followed to http and https only, and never from https to http.
 * @throws {SpecError} for anything but an answer of 200, with the address as {@linkcode shownUrl} shows it
 * @throws the signal's reason when it is aborted */
export async function fetchSpec(url: URL, options: FetchOptions): Promise<string> {
  const { env = {}, clock = systemClock, signal = new AbortController().signal } = options;
  using deadline = startDeadline(clock, options.deadlineMs, signal);
  try {
    using transport = await openTransport({ insecureSkipVerify: options.insecure === true }, env);
    return await download(url, transport, options.headers, deadline.signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SpecError) throw error;
    // No cause: messages of fetch quote the address, and a query may hold a token.
    const why = deadline.expired
      ? `no answer within ${options.deadlineMs / 1000} s`
      : describeError(error).replace(/\bhttps?:\/\/[^\s)"']+/g, (text) => shownAddress(text));
    const certificate = /certificate|UnknownIssuer/i.test(why);
    throw failure(url, why, certificate ? CERTIFICATE_HINT : undefined, !certificate);
  }
}

const CERTIFICATE_HINT = "Add the authority to the certificates of this machine, or pass --allow-insecure-connections";

async function download(
  url: URL,
  transport: Transport,
  more: Record<string, string> | undefined,
  signal: AbortSignal,
): Promise<string> {
  const own = url.hostname === "kots.io" ? SPEC_READER : `support-bundle/${VERSION}`;
  const headers = { "user-agent": own, ...more };
  const fail = (why: string, hint?: string) => failure(url, why, hint);
  return await textOf(url, await getFollowing(url, transport, { headers, signal, fail }));
}

async function textOf(url: URL, response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    const passing = response.status === 429 || response.status >= 500;
    throw failure(url, `the server answered ${response.status}`, "Check the address", passing);
  }
  const text = await bodyText(response, MAX_BYTES);
  if (text === undefined) throw failure(url, `it is larger than ${MAX_BYTES} bytes`, "Check the address");
  if (/^\s*<(?:!doctype|html)/i.test(text)) throw failure(url, "the answer is a web page", "Check the address");
  return text;
}

function failure(
  url: URL,
  why: string,
  hint = "Check the address and the proxy settings",
  transient = false,
): SpecError {
  return new SpecError("", `Cannot download the spec ${shownUrl(url)}: ${why}`, hint, { transient });
}

function shownAddress(text: string): string {
  const url = URL.parse(text);
  return url === null ? "(no URL)" : shownUrl(url);
}
