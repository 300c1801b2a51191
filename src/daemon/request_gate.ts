import { createHash, timingSafeEqual } from "node:crypto";
import type { DaemonLog } from "./daemon_log.ts";
import { isLoopback } from "../core/loopback.ts";
import type { ListenGuard } from "./listen_guard.ts";

export type Handler = (request: Request) => Promise<Response>;

/** A probe of a kubelet or a load balancer has no token, and learns nothing here but that the process lives. */
const OPEN_PATH = "/healthz";
const MAX_IN_FLIGHT = 32;
const ANSWER_WITHIN_MS = 30_000;
const REFUSALS_TOLD_EVERY_MS = 60_000;

export interface GateOptions {
  guard?: Pick<ListenGuard, "token">;
  /** The server is reached under names of this machine alone: where no token is asked for, a request under another name is
   * a web page's that had the name lead here (DNS rebinding). */
  local?: boolean;
  log: DaemonLog;
  /** For tests. */
  now?(): number;
  answerWithinMs?: number;
}

/** Stands before a handler: asks for the token, and bounds how many requests are answered at once and for how long.
 * The token comes as `Authorization: Bearer`, or as the password of Basic authentication, which browsers ask for. */
export class RequestGate {
  #inFlight = 0;
  #refused = 0;
  #toldAt = -Infinity;

  constructor(private readonly handler: Handler, private readonly options: GateOptions) {}

  /** Requests that are being answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** @param from for the log: who asks */
  async answer(request: Request, from: string): Promise<Response> {
    const { pathname, hostname } = new URL(request.url);
    if (pathname !== OPEN_PATH) {
      if (!this.#admits(request.headers.get("authorization") ?? "")) {
        this.#tell(from);
        return unauthorized();
      }
      const open = (this.options.guard?.token.is ?? "open") === "open";
      if (open && this.options.local && !isLoopback(hostname)) return misdirected();
    }
    if (this.#inFlight >= MAX_IN_FLIGHT) return busy("too many requests at once\n");
    this.#inFlight++;
    const late = Promise.withResolvers<Response>();
    const withinMs = this.options.answerWithinMs ?? ANSWER_WITHIN_MS;
    const timer = setTimeout(() => late.resolve(busy(`no answer within ${withinMs} ms\n`)), withinMs);
    try {
      return await Promise.race([this.handler(request), late.promise]);
    } finally {
      clearTimeout(timer);
      this.#inFlight--;
    }
  }

  #admits(authorization: string): boolean {
    const wanted = this.options.guard?.token ?? { is: "open" };
    if (wanted.is !== "needed") return wanted.is === "open";
    const given = tokenOf(authorization);
    return given !== undefined && isSame(given, wanted.token);
  }

  /** One line a minute, whatever is tried. */
  #tell(from: string): void {
    this.#refused++;
    const now = this.options.now?.() ?? performance.now();
    if (now - this.#toldAt < REFUSALS_TOLD_EVERY_MS) return;
    this.options.log.warn("refused requests without the right token", { count: this.#refused, from });
    this.#toldAt = now;
    this.#refused = 0;
  }
}

function tokenOf(authorization: string): string | undefined {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() === "bearer") return value;
  if (value === undefined) return undefined;
  try {
    const pair = new TextDecoder().decode(Uint8Array.from(atob(value), (char) => char.charCodeAt(0)));
    return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
  } catch {
    return undefined; // no base64
  }
}

/** In a time that tells nothing of where they differ, or of their lengths. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function unauthorized(): Response {
  const headers = new Headers();
  headers.append("www-authenticate", 'Bearer realm="support-bundle"');
  headers.append("www-authenticate", 'Basic realm="support-bundle", charset="UTF-8"');
  return new Response("the token is missing or wrong\n", { status: 401, headers });
}

function misdirected(): Response {
  return new Response("ask for 127.0.0.1 or localhost, or have a token asked for (`listenToken`)\n", { status: 421 });
}

function busy(text: string): Response {
  return new Response(text, { status: 503, headers: { "retry-after": "5" } });
}
