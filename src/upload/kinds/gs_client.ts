import { bodyText } from "../../core/body_text.ts";
import type { Clock } from "../../core/clock.ts";
import { retry } from "../../core/retry.ts";
import { withTimeLimit } from "../../core/time_limit.ts";
import { countSent } from "../../core/traffic.ts";
import { judgeCloud, ServiceFailure } from "../cloud_failure.ts";
import { paceBytes } from "../file_pieces.ts";
import { UploadError } from "../upload_error.ts";
import type { UploadContext } from "../uploader.ts";
import type { GoogleToken } from "./gs_credentials.ts";

/** What the server says about an object, as far as it is used. */
export interface StoredObject {
  generation?: string;
  size?: string;
  md5Hash?: string;
  metadata?: Record<string, string>;
}

/** What the server has of an upload: so many bytes, or all of it as an object. */
export type Received = number | StoredObject;

const CONTROL_TIMEOUT_MS = 30_000;
/** For up to 8 MiB: enough for a line of 30 kB/s. */
const PIECE_TIMEOUT_MS = 300_000;
const RETRIES = { attempts: 4, baseDelayMs: 500, maxDelayMs: 30_000 };
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The JSON API of Cloud Storage, as far as a resumable upload needs it.
 *
 * The address of a session lets its owner write the one object without further credentials: it appears in no message, and
 * is sent none.
 * @see https://cloud.google.com/storage/docs/performing-resumable-uploads */
export class GsClient {
  constructor(
    private readonly endpoint: string,
    private readonly token: GoogleToken,
    private readonly context: UploadContext,
    private readonly clock: Clock,
  ) {}

  /** Begins an upload.
   * @param object its description; @param query beside it, `kmsKeyName` for one
   * @returns the address of the session */
  startSession(
    bucket: string,
    object: Record<string, unknown>,
    bytes: number,
    query: Record<string, string>,
  ): Promise<string> {
    const url = new URL(`${this.endpoint}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`);
    url.search = new URLSearchParams({ uploadType: "resumable", ...query }).toString();
    return this.#retry(async () => {
      const { headers } = await this.#send(url.href, {
        method: "POST",
        headers: {
          ...await this.#authorization(),
          "Content-Type": "application/json; charset=UTF-8",
          "X-Upload-Content-Type": String(object.contentType),
          "X-Upload-Content-Length": String(bytes),
        },
        body: JSON.stringify(object),
      });
      const session = headers.get("location");
      const isSafe = session !== null && URL.canParse(session) &&
        (new URL(session).protocol === "https:" || !this.endpoint.startsWith("https:"));
      if (isSafe) return session;
      throw new ServiceFailure(502, "with no address to upload to");
    });
  }

  /** What the server has of a session; undefined when it knows nothing of it, or not any more. */
  async received(session: string, bytes: number): Promise<Received | undefined> {
    try {
      return await this.#retry(() => this.#received(session, bytes));
    } catch (error) {
      const isRefusal = error instanceof ServiceFailure && error.status < 500 &&
        !judgeCloud(error, this.clock.now()).retry;
      if (isRefusal) return undefined;
      throw error;
    }
  }

  /** Sends what the server does not have yet of a piece. After a failure it asks first how much has arrived.
   * @param from how many bytes of the whole the server has
   * @param md5 of the whole, with its last piece: the server compares
   * @returns what it then has */
  send(
    session: string,
    piece: { offset: number; body: Uint8Array<ArrayBuffer> },
    from: number,
    bytes: number,
    md5: string | undefined,
  ): Promise<Received> {
    const end = piece.offset + piece.body.length;
    return this.#retry(async (attempt) => {
      let has: Received = attempt === 1 ? from : await this.#received(session, bytes);
      while (typeof has === "number" && (has < end || md5 !== undefined)) {
        if (has < piece.offset) throw lost();
        const body = piece.body.subarray(has - piece.offset);
        await paceBytes(body.length, this.context);
        const before: number = has;
        const headers = {
          "Content-Range": body.length === 0 ? `bytes */${bytes}` : `bytes ${has}-${end - 1}/${bytes}`,
          ...md5 === undefined ? {} : { "X-Goog-Hash": `md5=${md5}` },
        };
        has = await this.#put(session, body, headers, PIECE_TIMEOUT_MS);
        if (has === before) throw new ServiceFailure(503, "and kept nothing of what was sent");
      }
      return has;
    });
  }

  /** Gives up a session and what the server has of it, in a short time of its own: the run's signal may be the reason. */
  async cancel(session: string): Promise<void> {
    await withTimeLimit(10_000, undefined, async (signal) => {
      const response = await fetch(session, { method: "DELETE", redirect: "manual", signal });
      await response.body?.cancel();
    }).catch(() => {});
  }

  /** @param query `userProject`, `generation` */
  describe(bucket: string, key: string, query: Record<string, string>): Promise<StoredObject> {
    const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(key)}`;
    const search = new URLSearchParams({ fields: "generation,size,md5Hash,metadata", ...query });
    return this.#retry(async () => {
      const headers = await this.#authorization();
      const { text } = await this.#send(`${this.endpoint}${path}?${search}`, { headers });
      return parseObject(text);
    });
  }

  #retry<T>(action: (attempt: number) => Promise<T>): Promise<T> {
    const { clock, context: { signal } } = this;
    return retry(action, { ...RETRIES, clock, signal, judge: (error) => judgeCloud(error, clock.now()) });
  }

  #received(session: string, bytes: number): Promise<Received> {
    return this.#put(session, new Uint8Array(), { "Content-Range": `bytes */${bytes}` }, CONTROL_TIMEOUT_MS);
  }

  async #put(
    session: string,
    body: Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    timeoutMs: number,
  ): Promise<Received> {
    const answer = await this.#send(session, { method: "PUT", headers, body }, timeoutMs);
    if (answer.status !== 308) return parseObject(answer.text);
    const range = /^bytes=0-(\d+)$/.exec(answer.headers.get("range") ?? "");
    return range === null ? 0 : Number(range[1]) + 1;
  }

  async #authorization(): Promise<Record<string, string>> {
    const token = await withTimeLimit(CONTROL_TIMEOUT_MS, this.context.signal, this.token);
    return token === undefined ? {} : { Authorization: `Bearer ${token}` };
  }

  /** @throws {ServiceFailure} for an answer that is neither good nor 308 */
  async #send(
    url: string,
    init: { method?: string; headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
    timeoutMs = CONTROL_TIMEOUT_MS,
  ): Promise<{ status: number; headers: Headers; text: string }> {
    countSent(init.body);
    return await withTimeLimit(timeoutMs, this.context.signal, async (signal) => {
      try {
        const response = await fetch(url, { ...init, signal, redirect: "manual" });
        const text = await bodyText(response, MAX_ANSWER_BYTES) ?? "";
        const { status, headers } = response;
        if (response.ok || status === 308) return { status, headers, text };
        throw new ServiceFailure(status, reasonOf(text), headers.get("retry-after"));
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    });
  }
}

/** Whether the server does not know a session any more: after a week, or when it was given up. */
export function isGone(error: unknown): boolean {
  return error instanceof ServiceFailure && (error.status === 404 || error.status === 410 || error.status === 499);
}

function lost(): UploadError {
  return new UploadError("The server has lost a part of the bundle that it had acknowledged", {
    transient: true,
    hint: "Deliver it again",
  });
}

function reasonOf(text: string): string {
  try {
    const reason = JSON.parse(text).error?.errors?.[0]?.reason;
    return typeof reason === "string" && /^\w{1,60}$/.test(reason) ? reason : "";
  } catch {
    return "";
  }
}

function parseObject(text: string): StoredObject {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
