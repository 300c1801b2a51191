import { traffic } from "../core/traffic.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import type { Truncation } from "../bundle/entry.ts";
import { readBounded } from "./bounded_body.ts";
import type { CollectContext } from "./collector.ts";
import { startDeadline, timeoutMs } from "./deadline.ts";
import type { HttpRequestConfig } from "./http_fields.ts";
import { openTransport, type Transport } from "./http_transport.ts";

const MAX_BODY_BYTES = 10_000_000;
const MAX_REDIRECTS = 10;

export interface HttpRequest extends HttpRequestConfig {
  method: "GET" | "POST" | "PUT";
  /** The address without user, password and query. */
  shownUrl: string;
}

/** What the bundle says about a request: any answer of the server counts as a response. */
export type HttpContent =
  | { response: { status: number; body: string; headers: Record<string, string>; raw_json?: unknown } }
  | { error: { message: string } };

/** The request that an http entry names; the first of get, post, put counts.
 * @throws {SupportBundleError} when it names none */
export function requestOf(
  config: { get?: HttpRequestConfig; post?: HttpRequestConfig; put?: HttpRequestConfig },
): HttpRequest {
  for (const key of ["get", "post", "put"] as const) {
    const request = config[key];
    if (request === undefined) continue;
    return { ...request, method: key.toUpperCase() as HttpRequest["method"], shownUrl: shownUrl(request.url) };
  }
  throw new SupportBundleError("Cannot send a request: the http collector has none of get, post and put", {
    code: "SPEC_VALUE",
    hint: "Add get, post or put with a url",
  });
}

/** Sends the request and follows redirects. Failures are content, as readers of the bundle expect; only an abort of the
 * collector throws. */
export async function httpResult(
  request: HttpRequest,
  { clock, env, signal }: Pick<CollectContext, "clock" | "env" | "signal">,
): Promise<{ content: HttpContent; truncated?: Truncation }> {
  try {
    const limit = timeoutMs(request.timeout);
    using deadline = startDeadline(clock, limit, signal);
    try {
      using transport = await openTransport(request, env);
      return await exchange(request, transport, deadline.signal);
    } catch (error) {
      if (deadline.expired) throw new SupportBundleError(`No answer within ${request.timeout}`, { cause: error });
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    // Messages quote addresses, and a query may hold a token.
    const why = describeError(error).replace(/\bhttps?:\/\/[^\s)"']+/g, shownUrl);
    return { content: { error: { message: `${request.method} ${request.shownUrl}: ${why}` } } };
  }
}

async function exchange(
  request: HttpRequest,
  transport: Transport,
  signal: AbortSignal,
): Promise<{ content: HttpContent; truncated?: Truncation }> {
  let { method, body }: { method: string; body?: string } = request;
  let url = new URL(request.url);
  const headers = new Headers(request.headers);
  if (!headers.has("user-agent")) headers.set("user-agent", `support-bundle/${VERSION}`);
  for (let redirects = 0;; redirects++) {
    signal.throwIfAborted();
    const response = await transport.send(url, { method, headers, body }, signal);
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
      return await contentOf(response);
    }
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw new SupportBundleError(`Stopped after ${MAX_REDIRECTS} redirects`);
    const next = new URL(location, url);
    if (response.status < 307 && method !== "GET") {
      method = "GET";
      body = undefined;
      headers.delete("content-type");
    }
    // Credentials are for the server they were written for.
    if (next.host !== url.host) { for (const name of ["authorization", "cookie", "host"]) headers.delete(name); }
    url = next;
  }
}

async function contentOf(response: Response): Promise<{ content: HttpContent; truncated?: Truncation }> {
  const { bytes, truncated } = response.body === null
    ? { bytes: new Uint8Array(), truncated: false }
    : await readBounded(response.body, MAX_BODY_BYTES);
  traffic.receivedBytes += bytes.length;
  const body = new TextDecoder().decode(bytes);
  const json = truncated ? undefined : tryJson(body);
  return {
    content: {
      response: {
        status: response.status,
        body,
        headers: headersOf(response.headers),
        ...(json === undefined ? {} : { raw_json: json.value }),
      },
    },
    ...(truncated ? { truncated: { limit: `${MAX_BODY_BYTES} bytes` } } : {}),
  };
}

function tryJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Header lines by name as HTTP/1.1 servers spell them (`Content-Type`), sorted; several values joined with commas. */
export function headersOf(headers: Headers): Record<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of headers) {
    const spelled = name.toLowerCase().replace(/(^|-)[a-z]/g, (part) => part.toUpperCase());
    found.set(spelled, found.has(spelled) ? `${found.get(spelled)},${value}` : value);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => a < b ? -1 : 1));
}

/** An address without user, password and query. */
function shownUrl(text: string): string {
  const url = URL.parse(text);
  return url === null ? "(no URL)" : `${url.origin}${url.pathname}`;
}
