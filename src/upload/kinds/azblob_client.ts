import { createHash } from "node:crypto";
import { bodyText } from "../../core/body_text.ts";
import type { Clock } from "../../core/clock.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { countSent } from "../../core/traffic.ts";
import { judgeCloud, ServiceFailure } from "../cloud_failure.ts";
import { paceBytes } from "../file_pieces.ts";
import type { UploadContext } from "../uploader.ts";
import type { AzureAccess } from "./azblob_credentials.ts";
import { sharedKeyAuthorization } from "./azblob_signature.ts";

/** What the service says about a blob, as far as it is used. */
export interface StoredBlob {
  bytes: number;
  /** Base64. */
  md5?: string;
  sha256?: string;
}

const VERSION = "2021-12-02";
const CONTROL_TIMEOUT_MS = 30_000;
/** For up to 8 MiB: enough for a line of 30 kB/s. */
const BLOCK_TIMEOUT_MS = 300_000;
const BLOCK_BYTES = 8 * 1024 * 1024;
const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** The requests of the Blob service that an upload in blocks needs, for one blob.
 * @see https://learn.microsoft.com/rest/api/storageservices/put-block-list */
export class AzblobClient {
  constructor(
    private readonly blob: URL,
    private readonly access: AzureAccess,
    private readonly context: UploadContext,
    private readonly clock: Clock,
  ) {}

  /** Of the blob, without credentials. */
  get address(): string {
    return this.blob.href;
  }

  /** Leaves a block with the service, which compares its MD5.
   * @param id base64 */
  async stageBlock(id: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<void> {
    const timeoutMs = BLOCK_TIMEOUT_MS * Math.ceil(body.length / BLOCK_BYTES);
    await paceBytes(body.length, this.context);
    await this.#send("PUT", { comp: "block", blockid: id }, { headers, body, timeoutMs });
  }

  /** The blocks that wait for being committed, with their sizes; undefined when these credentials may not read that. */
  async stagedBlocks(): Promise<Map<string, number> | undefined> {
    try {
      const { text } = await this.#send("GET", { comp: "blocklist", blocklisttype: "uncommitted" });
      const blocks = text.matchAll(/<Block>\s*<Name>([^<]*)<\/Name>\s*<Size>(\d+)<\/Size>/g);
      return new Map(blocks.map(([, id, size]) => [id!, Number(size)]));
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      if (error.status === 404) return new Map();
      if (error.status === 403) return undefined;
      throw error;
    }
  }

  /** Makes the blob of blocks, in place of what was there. */
  async commit(ids: readonly string[], headers: Record<string, string>): Promise<void> {
    const blocks = ids.map((id) => `<Latest>${id}</Latest>`).join("");
    const body = new TextEncoder().encode(
      `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks}</BlockList>`,
    );
    await this.#send("PUT", { comp: "blocklist" }, {
      headers: { "content-type": "application/xml", ...headers },
      body,
      timeoutMs: BLOCK_TIMEOUT_MS,
    });
  }

  /** The blob as the service has it; undefined when there is none, `unreadable` when these credentials may not see it. */
  async properties(): Promise<StoredBlob | "unreadable" | undefined> {
    try {
      const { headers } = await this.#send("HEAD", {});
      return {
        bytes: Number(headers.get("content-length")),
        md5: headers.get("content-md5") ?? undefined,
        sha256: headers.get("x-ms-meta-sha256") ?? undefined,
      };
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      if (error.status === 403) return "unreadable";
      if (error.status === 404) return undefined;
      throw error;
    }
  }

  #send(
    method: string,
    query: Record<string, string>,
    { headers = {}, body, timeoutMs = CONTROL_TIMEOUT_MS }: {
      headers?: Record<string, string>;
      body?: Uint8Array<ArrayBuffer>;
      timeoutMs?: number;
    } = {},
  ): Promise<{ headers: Headers; text: string }> {
    const { clock, context: { signal } } = this;
    const url = new URL(this.blob);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return retry(
      () =>
        withTimeLimit(timeoutMs, signal, async (limited) => {
          const authorized = await this.#authorize(method, url, { ...headers, ...bodyHeaders(body) }, limited);
          countSent(body);
          try {
            const response = await fetch(authorized.url, {
              method,
              headers: authorized.headers,
              body,
              signal: limited,
              redirect: "manual",
            });
            const text = await bodyText(response, MAX_ANSWER_BYTES) ?? "";
            if (response.ok) return { headers: response.headers, text };
            throw new ServiceFailure(response.status, reasonOf(response), response.headers.get("retry-after"));
          } catch (error) {
            throw limited.aborted ? limited.reason : error;
          }
        }),
      { ...RETRIES, clock, signal, judge: (error) => judgeCloud(error, clock.now()) },
    );
  }

  async #authorize(
    method: string,
    to: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<{ url: URL; headers: Record<string, string> }> {
    const sent = { ...headers, "x-ms-version": VERSION, "x-ms-date": this.clock.now().toUTCString() };
    const { access } = this;
    if ("key" in access) {
      return { url: to, headers: { ...sent, authorization: sharedKeyAuthorization(method, to, sent, access) } };
    }
    if ("token" in access) {
      return { url: to, headers: { ...sent, authorization: `Bearer ${await access.token(signal)}` } };
    }
    const url = new URL(to);
    for (const [name, value] of new URLSearchParams(access.sas)) url.searchParams.set(name, value);
    return { url, headers: sent };
  }
}

function bodyHeaders(body: Uint8Array | undefined): Record<string, string> {
  if (body === undefined) return {};
  return { "content-length": String(body.length), "content-md5": createHash("md5").update(body).digest("base64") };
}

function reasonOf(response: Response): string {
  const reason = response.headers.get("x-ms-error-code") ?? "";
  return /^\w{1,60}$/.test(reason) ? reason : "";
}
