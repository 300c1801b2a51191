import { bodyText } from "../core/body_text.ts";
import { denoProxy } from "../core/environment_proxy.ts";
import { environmentProxy } from "../core/environment_proxy.ts";
import { describeError, isAbort } from "../core/errors.ts";
import { createExactHttpClient } from "../core/http_client.ts";
import { parseRetryAfter } from "../core/retry.ts";
import { countSent } from "../core/traffic.ts";
import { AgentError } from "./agent_error.ts";

/** Of a request, and of an answer. */
const MAX_REQUEST_BYTES = 512 * 1024;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** The server has answered, and not with 200. */
export class AnswerStatusError extends AgentError {
  /** @param body the beginning of the answer, untrusted */
  constructor(
    message: string,
    hint: string,
    readonly status: number,
    readonly body: string,
    readonly afterMs?: number,
  ) {
    super(message, hint);
  }

  /** True when the same request may succeed later. */
  get transient(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** There was no connection, or it was lost. */
export class ConnectionError extends AgentError {}

export interface AgentRequest {
  method: "GET" | "POST";
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
}

/** Speaks JSON with one server. Certificates are verified, redirects are not followed, and sizes are bounded. This machine is
 * never reached through a proxy; for others the proxies of the environment count. */
export class AgentHttp implements Disposable {
  readonly #endpoint: URL;
  readonly #title: string;
  readonly #client: Deno.HttpClient;

  /** @param title of the server, for messages */
  constructor(endpoint: URL, title: string, env: Readonly<Record<string, string>>) {
    this.#endpoint = endpoint;
    this.#title = title;
    const proxy = environmentProxy(endpoint, { ...env })?.url;
    this.#client = createExactHttpClient(proxy === undefined ? {} : { proxy: denoProxy(proxy) });
  }

  /** @param path below the endpoint
   * @returns the answer's JSON, unchecked
   * @throws {AgentError}, with the server but no path of it: that may be a secret
   * @throws the signal's reason */
  async json(
    path: string,
    request: AgentRequest,
    { signal, now }: { signal: AbortSignal; now: Date },
  ): Promise<unknown> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    if (body !== undefined && new TextEncoder().encode(body).length > MAX_REQUEST_BYTES) {
      throw this.#failure(`a request of more than ${MAX_REQUEST_BYTES} bytes is not sent`, "This is a defect");
    }
    let status: number, text: string, afterMs: number | undefined;
    try {
      countSent(body);
      const response = await fetch(below(this.#endpoint, path), {
        method: request.method,
        headers: { ...body === undefined ? {} : { "Content-Type": "application/json" }, ...request.headers },
        body,
        client: this.#client,
        redirect: "manual",
        signal,
      });
      status = response.status;
      afterMs = parseRetryAfter(response.headers.get("retry-after"), now);
      text = await this.#read(response);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AgentError || isAbort(error)) throw error;
      // No cause: what fetch says repeats the whole address.
      const why = describeError(error).replaceAll(/https?:\/\/[^\s)"']+/g, this.#endpoint.origin);
      if (/certificate|UnknownIssuer/i.test(why)) {
        throw this.#failure(`its certificate is not trusted (${why})`, "Add its authority to those of this machine");
      }
      throw new ConnectionError(
        `${this.#title}: no connection (${why})`,
        "Check that it runs, its address, and the network",
      );
    }
    if (status >= 300 && status < 400) {
      throw this.#failure(`it answered ${status} and redirects, which is not followed`, "Name its real address");
    }
    if (status !== 200) {
      const hint = status === 429 || status >= 500
        ? "Try again later"
        : status === 401 || status === 403
        ? "Check the credentials"
        : "Check the address, and what runs there";
      throw new AnswerStatusError(`${this.#title}: it answered ${status}`, hint, status, text.slice(0, 1000), afterMs);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw this.#failure("its answer is not JSON", "Check the address, and what runs there");
    }
  }

  async #read(response: Response): Promise<string> {
    const text = await bodyText(response, MAX_ANSWER_BYTES);
    if (text !== undefined) return text;
    throw this.#failure(`its answer is larger than ${MAX_ANSWER_BYTES} bytes`, "Check what runs there");
  }

  #failure(why: string, hint: string): AgentError {
    return new AgentError(`${this.#title}: ${why}`, hint);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function below(endpoint: URL, path: string): URL {
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/${path}`;
  return url;
}
