import { traffic } from "../core/traffic.ts";
import { startDeadline } from "../core/deadline.ts";
import { openTransport, type Transport } from "../collect/http_transport.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
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
const MAX_REDIRECTS = 10;
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
  const headers = new Headers({ "user-agent": own, ...more });
  if (url.username !== "" || url.password !== "") {
    const bytes = new TextEncoder().encode(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`);
    headers.set("authorization", `Basic ${bytes.toBase64()}`);
  }
  let at = withoutUser(url);
  for (let redirects = 0;; redirects++) {
    signal.throwIfAborted();
    const response = await transport.send(at, { method: "GET", headers }, signal);
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return await textOf(url, response);
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw failure(url, `stopped after ${MAX_REDIRECTS} redirects`);
    const next = URL.parse(location, at);
    if (next === null || !/^https?:$/.test(next.protocol) || (at.protocol === "https:" && next.protocol === "http:")) {
      throw failure(url, `the server redirects to ${next?.protocol ?? "no address"}, which is not followed`);
    }
    // Credentials are for the server they were written for.
    if (next.host !== at.host) headers.delete("authorization");
    at = withoutUser(next);
  }
}

async function textOf(url: URL, response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    const passing = response.status === 429 || response.status >= 500;
    throw failure(url, `the server answered ${response.status}`, "Check the address", passing);
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    traffic.receivedBytes += chunk.length;
    if (bytes > MAX_BYTES) throw failure(url, `it is larger than ${MAX_BYTES} bytes`, "Check the address");
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  if (/^\s*<(?:!doctype|html)/i.test(text)) throw failure(url, "the answer is a web page", "Check the address");
  return text;
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = plain.password = "";
  return plain;
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
