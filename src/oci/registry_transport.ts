import { countSent, traffic } from "../core/traffic.ts";
import type { Clock } from "../core/clock.ts";
import { concatBytes } from "../core/concat_bytes.ts";
import { startDeadline } from "../core/deadline.ts";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import { checkUrl } from "./allowed_url.ts";
import { OciError, OciUnreachableError, type UnreachableReason } from "./errors.ts";
import { registryAuthorities } from "./registry_authorities.ts";

const TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_DETAIL = 300;

/** Variable with the registries (`host:port`, separated by commas) that are asked over plain http. Those of this machine
 * are without it, where https fails. */
export const HTTP_REGISTRIES = "SUPPORT_BUNDLE_HTTP_REGISTRIES";

/** Sends one request to an https server without looking at its certificate. */
export type SendUnverified = (
  url: URL,
  init: { method: string; headers: Headers; body?: string },
  signal: AbortSignal,
) => Promise<Response>;

export interface TransportOptions {
  clock: Clock;
  /** The tool's own environment: where certificates are looked for, and which registries speak plain http
   * ({@linkcode HTTP_REGISTRIES}). Proxies, fetch reads itself. */
  env: Readonly<Record<string, string | undefined>>;
  /** Longest time of one request, its body included; 30 s by default. */
  timeoutMs?: number;
  /** Used where a certificate is not trusted, and only for what carries no secret. Without it such registries fail. */
  unverified?: SendUnverified;
}

export interface RegistryRequest {
  url: URL;
  /** The registry that is asked, for errors and for what it may refer to. */
  registry: string;
  method?: "GET" | "HEAD" | "POST";
  accept?: string;
  authorization?: string;
  /** True where `authorization` or `body` come from a user's credentials. */
  secret?: boolean;
  /** A form. */
  body?: URLSearchParams;
  /** Longest body of a good answer. A longer one is an error. */
  maxBytes: number;
  /** Shorter than what the transport gives a request. */
  timeoutMs?: number;
  signal: AbortSignal;
}

/** An answer that was read to its end. */
export interface RegistryResponse {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** Sends requests to registries: bounded in time and size, with redirects that never take credentials elsewhere. */
export class RegistryTransport implements Disposable {
  readonly #options: TransportOptions;
  readonly #plainHttp: ReadonlySet<string>;
  readonly #clients = new Map<string, Promise<Deno.HttpClient>>();

  constructor(options: TransportOptions) {
    this.#options = options;
    const told = (options.env[HTTP_REGISTRIES] ?? "").split(",").map((host) => host.trim().toLowerCase());
    this.#plainHttp = new Set(told.filter((host) => host !== ""));
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  speaksPlainHttp(host: string): boolean {
    return this.#plainHttp.has(host);
  }

  /** @throws {OciUnreachableError} when there is no whole answer
   * @throws {OciError} when the answer is longer than `maxBytes` */
  async send(request: RegistryRequest): Promise<RegistryResponse> {
    const timeoutMs = Math.min(this.#options.timeoutMs ?? TIMEOUT_MS, request.timeoutMs ?? Infinity);
    using deadline = startDeadline(this.clock, timeoutMs, request.signal);
    const at = { host: request.url.host };
    try {
      return await this.#follow(request, at, deadline.signal);
    } catch (error) {
      request.signal.throwIfAborted();
      const unreachable = (why: UnreachableReason, detail: string) =>
        new OciUnreachableError(request.registry, at.host, why, detail, { cause: error });
      if (deadline.expired) throw unreachable("timeout", `no answer within ${timeoutMs / 1000} s`);
      if (error instanceof OciError) throw error;
      throw unreachable(reasonOf(error), shorten(describeError(error)));
    }
  }

  /** @param at is told which host is asked */
  async #follow(request: RegistryRequest, at: { host: string }, signal: AbortSignal): Promise<RegistryResponse> {
    let { url, method = "GET", authorization, secret } = request;
    let body = request.body?.toString();
    for (let redirects = 0;; redirects++) {
      at.host = url.host;
      checkUrl(url, request.registry, this.#plainHttp);
      const headers = new Headers({ "user-agent": `support-bundle/${VERSION}`, "accept-encoding": "identity" });
      if (request.accept !== undefined) headers.set("accept", request.accept);
      if (authorization !== undefined) headers.set("authorization", authorization);
      if (body !== undefined) headers.set("content-type", "application/x-www-form-urlencoded");
      const response = await this.#fetch(url, { method, headers, body }, secret === true, signal);
      const location = response.headers.get("location");
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
        return await this.#read(response, request);
      }
      await response.body?.cancel();
      if (redirects >= MAX_REDIRECTS) throw new OciError(`The registry ${request.registry} redirects in circles`);
      if (method === "POST") throw new OciError(`The registry ${request.registry} redirects a request for a token`);
      const next = URL.parse(location, url);
      if (next === null) throw new OciError(`The registry ${request.registry} redirects to what is no address`);
      // Storage behind a registry is another host, and signs its addresses itself.
      if (next.origin !== url.origin) {
        authorization = undefined;
        secret = false;
      }
      body = undefined;
      url = next;
    }
  }

  async #fetch(
    url: URL,
    init: { method: string; headers: Headers; body?: string },
    secret: boolean,
    signal: AbortSignal,
  ): Promise<Response> {
    countSent(init.body);
    try {
      return await fetch(url, { ...init, client: await this.#client(url.host), signal, redirect: "manual" });
    } catch (error) {
      const { unverified } = this.#options;
      if (signal.aborted || secret || unverified === undefined || reasonOf(error) !== "certificate") throw error;
      return await unverified(url, init, signal);
    }
  }

  async #read(response: Response, { maxBytes, registry }: RegistryRequest): Promise<RegistryResponse> {
    const { status, headers } = response;
    const limit = response.ok ? maxBytes : Math.min(maxBytes, MAX_ERROR_BYTES);
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of response.body ?? []) {
      size += piece.length;
      traffic.receivedBytes += piece.length;
      if (size > limit) {
        if (!response.ok) break; // what it says is long; the status is what counts
        throw new OciError(`The registry ${registry} sent more than the ${limit} bytes that such an answer may have`, {
          code: "REGISTRY_TOO_LARGE",
        });
      }
      pieces.push(piece);
    }
    return { status, headers, body: concatBytes(pieces) };
  }

  #client(host: string): Promise<Deno.HttpClient> {
    let client = this.#clients.get(host);
    if (client === undefined) {
      client = registryAuthorities(host, this.#options.env).then((caCerts) => Deno.createHttpClient({ caCerts }));
      client.catch(() => {});
      this.#clients.set(host, client);
    }
    return client;
  }

  [Symbol.dispose](): void {
    for (const client of this.#clients.values()) client.then((client) => client.close(), () => {});
    this.#clients.clear();
  }
}

function reasonOf(error: unknown): UnreachableReason {
  const text = describeError(error);
  if (/invalid peer certificate/i.test(text)) return "certificate";
  return /\(Connect\)|tcp connect|dns error/i.test(text) ? "connect" : "cut";
}

/** Fetch's own messages name the request twice, query included; what comes last is the reason. */
function shorten(message: string): string {
  const last = message.replace(/^.*?error sending request.*?for [^:]*:\/\/\S+ ?(?:\([^)]*\))?:? ?/s, "") || message;
  return last.replace(/\bhttps?:\/\/[^\s)"']+/g, (text) => URL.parse(text)?.origin ?? "(an address)")
    .replace(/^client error \(\w+\): /, "").slice(0, MAX_DETAIL);
}
