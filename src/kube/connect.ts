import { anySignal } from "../core/any_signal.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { isAbort } from "../core/errors.ts";
import { describeCall } from "./api_path.ts";
import { errorOfStatus, KubeApiError, KubeNotFoundError, KubeUnreachableError } from "./errors.ts";
import { EXEC_PROTOCOLS, execPath, ExecRefused, readExec } from "./exec_stream.ts";
import { findKubeTarget, type KubeTarget } from "./kubeconfig.ts";
import type {
  ExecResult,
  ExecTarget,
  KubeCallOptions,
  KubeClient,
  KubeListOptions,
  KubeListPage,
  KubeObject,
  KubeOptions,
} from "./kube_client.ts";
import { openTransport, type Transport } from "./transport.ts";

const PAGE_SIZE = 500;
const MAX_RETRIES = 3;
const MAX_RETRY_WAIT_MS = 10_000;
const MAX_ERROR_BODY_BYTES = 64 * 1024;
const DEFAULT_EXEC_BYTES = 16 * 1024 * 1024;

/** The client for one cluster. Nothing is read or opened before the first call; `contextNamespace()` reads the
 * kubeconfig without speaking to the cluster, and so tells early that it cannot be used. */
export function connectKube(
  options: KubeOptions,
  env: Readonly<Record<string, string>>,
  { clock = systemClock }: { clock?: Clock } = {},
): KubeClient {
  return new HttpKubeClient(options, env, clock);
}

class HttpKubeClient implements KubeClient {
  readonly usage = { requests: 0, bytes: 0 };
  #target?: Promise<KubeTarget>;
  #transport?: Promise<Transport>;
  #renewal?: Promise<boolean>;
  #failedBefore = false;

  constructor(
    readonly options: KubeOptions,
    readonly env: Readonly<Record<string, string>>,
    readonly clock: Clock,
  ) {}

  async get<T = KubeObject>(path: string, options: KubeCallOptions = {}): Promise<T> {
    return await this.#json("GET", path, options) as T;
  }

  async create<T = KubeObject>(path: string, body: unknown, options: KubeCallOptions = {}): Promise<T> {
    return await this.#json("POST", path, options, JSON.stringify(body)) as T;
  }

  async delete(path: string, options: KubeCallOptions = {}): Promise<void> {
    try {
      await this.#json("DELETE", path, options);
    } catch (error) {
      if (!(error instanceof KubeNotFoundError)) throw error;
    }
  }

  async *list(path: string, options: KubeListOptions = {}): AsyncIterable<KubeListPage> {
    const { labelSelector, fieldSelector, query, signal } = options;
    const selection = { ...query, labelSelector, fieldSelector, limit: PAGE_SIZE };
    const seen = new Set<string>();
    const done = new AbortController();
    const either = signal === undefined ? done.signal : anySignal(signal, done.signal);
    const read = (token?: string) => {
      const page = this.get<KubeListPage>(path, { query: { ...selection, continue: token }, signal: either });
      page.catch(() => {}); // heard when it is its turn
      return page;
    };
    let token: string | undefined;
    let reading = read();
    let restarted = false;
    try {
      while (true) {
        let page: KubeListPage;
        try {
          page = await reading;
        } catch (error) {
          if (!(error instanceof KubeApiError) || error.status !== 410 || token === undefined || restarted) throw error;
          restarted = true;
          token = undefined;
          reading = read();
          continue;
        }
        page.items ??= [];
        token = (page.metadata as { continue?: string } | undefined)?.continue || undefined;
        // The server prepares the next page while this one is worked on.
        if (token !== undefined) reading = read(token);
        if (restarted) page.items = page.items.filter((item) => !seen.has(keyOf(item)));
        else if (token !== undefined) { for (const item of page.items) seen.add(keyOf(item)); }
        yield page;
        if (token === undefined) return;
      }
    } finally {
      done.abort();
      await reading.catch(() => {});
    }
  }

  async stream(path: string, options: KubeCallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const { response, release } = await this.#send("GET", path, options, undefined, "*/*");
    const reader = response.body?.getReader();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const chunk = await reader?.read().catch((cause) => {
          release();
          options.signal?.throwIfAborted();
          throw new KubeUnreachableError(`Cannot ${describeCall("GET", path)}: the answer broke off`, { cause });
        });
        if (chunk === undefined || chunk.done) {
          release();
          return controller.close();
        }
        this.usage.bytes += chunk.value.length;
        controller.enqueue(chunk.value);
      },
      cancel: async (reason) => {
        release();
        await reader?.cancel(reason);
      },
    }, { highWaterMark: 0 });
  }

  async exec(
    target: ExecTarget,
    { signal, maxBytes = DEFAULT_EXEC_BYTES }: { signal?: AbortSignal; maxBytes?: number } = {},
  ): Promise<ExecResult> {
    const transport = await this.#open(signal);
    const path = execPath(target);
    this.usage.requests++;
    try {
      const result = await readExec(transport.webSocket(path, EXEC_PROTOCOLS), maxBytes, signal);
      this.usage.bytes += result.stdout.length + result.stderr.length;
      return result;
    } catch (error) {
      if (!(error instanceof ExecRefused)) throw error;
      const { response, release } = await this.#send("GET", path, { signal }, undefined, "*/*"); // throws the real reason
      release();
      await response.body?.cancel();
      throw new KubeUnreachableError(
        `Cannot ${describeCall("POST", path)}: the API server did not accept a WebSocket`,
        { hint: "Check whether a proxy between here and the API server lets WebSockets pass" },
      );
    }
  }

  async contextNamespace(): Promise<string> {
    return (await this.#findTarget()).namespace;
  }

  close(): void {
    const transport = this.#transport;
    this.#transport = undefined;
    transport?.then((open) => open.close(), () => {});
  }

  #findTarget(): Promise<KubeTarget> {
    return this.#target ??= findKubeTarget(this.options, this.env);
  }

  /** All callers share one connection attempt; a failed one is forgotten, so that the next caller tries again. */
  #open(signal?: AbortSignal): Promise<Transport> {
    signal?.throwIfAborted();
    this.#transport ??= this.#findTarget()
      .then((target) => openTransport(target, this.env, this.#failedBefore))
      .catch((error) => {
        this.#transport = undefined;
        this.#failedBefore = true;
        throw error;
      });
    return signal === undefined ? this.#transport : abortable(this.#transport, signal);
  }

  async #json(method: string, path: string, options: KubeCallOptions, body?: string): Promise<unknown> {
    const { response, release } = await this.#send(method, path, options, body, options.accept);
    let bytes: ArrayBuffer;
    try {
      bytes = await response.arrayBuffer();
    } catch (cause) {
      options.signal?.throwIfAborted();
      if (isAbort(cause)) throw cause; // the request's own deadline
      throw new KubeUnreachableError(`Cannot ${describeCall(method, path)}: the answer broke off`, { cause });
    } finally {
      release();
    }
    this.usage.bytes += bytes.byteLength;
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch {
      const answer = { status: response.status, message: "the answer is not JSON" };
      throw new KubeApiError(describeCall(method, path), answer, {
        hint: "Check that the server's address is that of an API server, and not of a login page",
      });
    }
  }

  /** Sends until there is an answer of 2xx, waiting as `Retry-After` says and renewing refused credentials once. */
  async #send(
    method: string,
    path: string,
    { query, signal }: KubeCallOptions,
    body?: string,
    accept?: string,
  ): Promise<{ response: Response; release: () => void }> {
    const url = path + queryString(query, path.includes("?"));
    const call = describeCall(method, path);
    let renewed = false;
    for (let retries = 0;;) {
      const transport = await this.#open(signal);
      const deadline = this.#deadline(signal);
      this.usage.requests++;
      let response: Response;
      try {
        response = await transport.request(url, { method, body, accept, signal: deadline.signal });
      } catch (error) {
        deadline.release();
        throw error;
      }
      if (response.ok) return { response, release: deadline.release };
      const error = errorOfStatus(call, await readAnswer(response).finally(deadline.release));
      const wait = retryAfterMs(response);
      if (response.status === 401 && !renewed) {
        renewed = true;
        if (await this.#renew(transport)) continue;
      }
      if (wait === undefined || retries >= MAX_RETRIES) throw error;
      retries++;
      await this.clock.sleep(wait, signal);
      signal?.throwIfAborted();
    }
  }

  /** Several requests that are refused at the same time renew once. */
  #renew(transport: Transport): Promise<boolean> {
    return this.#renewal ??= transport.renew().finally(() => this.#renewal = undefined);
  }

  #deadline(signal?: AbortSignal): { signal?: AbortSignal; release: () => void } {
    const { requestTimeoutMs } = this.options;
    if (!requestTimeoutMs) return { signal, release: () => {} };
    const timeout = new AbortController();
    const timer = setTimeout(
      () => timeout.abort(new DOMException(`No answer within ${requestTimeoutMs / 1000}s`, "TimeoutError")),
      requestTimeoutMs,
    );
    return {
      signal: signal === undefined ? timeout.signal : anySignal(signal, timeout.signal),
      release: () => clearTimeout(timer),
    };
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function queryString(query: KubeCallOptions["query"], appended: boolean): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return "";
  return (appended ? "&" : "?") + new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
}

/** 429 and 503 with `Retry-After` in seconds: the API server's way to ask for patience. */
export function retryAfterMs({ status, headers }: Response): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const header = headers.get("retry-after");
  if (header === null || !/^\d+$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, MAX_RETRY_WAIT_MS);
}

/** Reads a Status object, or whatever else explains a refusal. */
async function readAnswer(response: Response) {
  const answer = { status: response.status };
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_ERROR_BODY_BYTES) break;
    }
    if (!text.trimStart().startsWith("{")) return { ...answer, message: text };
    const { message, reason } = JSON.parse(text) as { message?: string; reason?: string };
    return { ...answer, message, reason };
  } catch {
    return answer; // the status alone says what happened
  }
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
