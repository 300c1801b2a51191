import type { JobQuery } from "./job_state.ts";
import { orLast } from "./or_last.ts";
import { statusPage } from "./page.ts";
import { parsePageQuery } from "./page_query.ts";
import { readStatus, type StatusData, type StatusPageSource } from "./status_data.ts";
import { STYLE } from "./style.ts";

/** However often somebody asks, the store is asked once in this time. */
const FRESH_MS = 2_000;
const MAX_CACHED = 20;
/** With ten thousand jobs, counting them anew takes longer than a reader should wait. */
const PATIENCE_MS = 50;

interface Cached {
  at: number;
  data: Promise<StatusData>;
}

/** Answers `/` and `/status.json`: the same facts as a page and as data. It only reads. */
export class StatusPage {
  readonly #cache = new Map<string, Cached>();
  #styleHash: Promise<string> | undefined;

  readonly #source: StatusPageSource;

  constructor(source: StatusPageSource) {
    this.#source = { ...source, jobs: orLast(source.jobs, PATIENCE_MS) };
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const query = parsePageQuery(url.searchParams);
    const data = await this.#read(query);
    const headers = new Headers(HEADERS);
    if (url.pathname === "/status.json") {
      headers.set("content-type", "application/json; charset=utf-8");
      return new Response(JSON.stringify(data, null, 2) + "\n", { headers });
    }
    headers.set("content-type", "text/html; charset=utf-8");
    headers.set("content-security-policy", await this.#policy());
    if (query.refresh !== undefined) headers.set("refresh", String(query.refresh));
    return new Response(statusPage(data, query).text, { headers });
  }

  #read({ filter, state, page }: JobQuery): Promise<StatusData> {
    const key = JSON.stringify([filter, state, page]);
    const now = this.#source.now().getTime();
    const cached = this.#cache.get(key);
    if (cached !== undefined && now - cached.at < FRESH_MS && now >= cached.at) return cached.data;
    const data = readStatus(this.#source, { filter, state, page });
    for (const [other, { at }] of this.#cache) {
      if (now - at >= FRESH_MS || this.#cache.size >= MAX_CACHED) this.#cache.delete(other);
    }
    this.#cache.set(key, { at: now, data });
    data.catch(() => this.#cache.delete(key));
    return data;
  }

  /** Nothing is loaded, nothing is run: the page's own style is all there is. */
  async #policy(): Promise<string> {
    const hash = await (this.#styleHash ??= sha256(STYLE));
    return `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self'; base-uri 'none'; ` +
      "frame-ancestors 'none'";
  }
}

const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toBase64();
}
