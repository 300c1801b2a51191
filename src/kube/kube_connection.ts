import { abortable } from "../core/abortable.ts";
import { anySignal } from "../core/any_signal.ts";
import type { Clock } from "../core/clock.ts";
import { parseRetryAfter } from "../core/retry.ts";
import { describeCall } from "./api_path.ts";
import { CredentialSource } from "./credentials.ts";
import { errorOfStatus, KubeUnreachableError } from "./errors.ts";
import { ExecRefused } from "./exec_stream.ts";
import { findKubeTarget, type KubeTarget } from "./kubeconfig.ts";
import type { KubeCallOptions, KubeOptions } from "./kube_client.ts";
import type { KubeUsage } from "./kube_usage.ts";
import { PacedSockets } from "./paced_sockets.ts";
import { RequestBudget } from "./request_budget.ts";
import { openTransport, type Transport } from "./transport.ts";

const MAX_RETRIES = 5;
const MAX_RETRY_WAIT_MS = 10_000;
const FIRST_RETRY_WAIT_MS = 1_000;
/** The API server itself ends after a minute what it cannot answer. */
const CALL_MS = 60_000;
/** While a server leaves everybody without an answer, nobody waits longer for it than this part of the usual time. */
const SILENT_PART = 1 / 6;
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/** A request on its way: who pays for it, and what for. */
export interface KubeRequest extends KubeCallOptions {
  method: string;
  path: string;
  body?: string;
  usage: KubeUsage;
}

export interface KubeAnswer {
  response: Response;
  /** The body may take as long as it wants. */
  disarm(): void;
  /** To be called when the body has been read, or is not wanted. */
  release(): void;
}

/** The one connection of a client and of all its parts: credentials, their renewal, patience. Nothing is read or opened
 * before the first request. */
export class KubeConnection {
  readonly #budget: RequestBudget;
  #target?: Promise<KubeTarget>;
  #credentials?: CredentialSource;
  #transport?: Promise<Transport>;
  #paced: Promise<PacedSockets | undefined>[] = [];
  #pacedOutdated = false;
  #renewals = 0;
  #renewal?: Promise<boolean>;
  #failedBefore = false;
  /** A request got no answer in time, and none of the others since. */
  #silent = false;
  #answers = 0;

  constructor(
    readonly options: KubeOptions,
    readonly env: Readonly<Record<string, string>>,
    readonly clock: Clock,
    /** Where the account of a pod is, other than where Kubernetes puts it. */
    readonly serviceAccountFolder?: string,
  ) {
    this.#budget = new RequestBudget({ clock, qps: options.qps, burst: options.burst });
  }

  target(): Promise<KubeTarget> {
    const { serviceAccountFolder } = this;
    return this.#target ??= findKubeTarget(this.options, this.env, { serviceAccountFolder });
  }

  /** Sends until there is an answer of 2xx, waiting as `Retry-After` says and renewing refused credentials once. */
  async send({ method, path, query, signal, body, accept, usage }: KubeRequest): Promise<KubeAnswer> {
    const url = path + queryString(query, path.includes("?"));
    const call = describeCall(method, path);
    let renewed = false;
    for (let retries = 0;;) {
      const transport = await this.open(signal);
      await this.#budget.turn(path, signal);
      const deadline = this.#deadline(signal);
      usage.addRequest();
      let response: Response;
      try {
        response = await transport.request(url, { method, body, accept, signal: deadline.signal });
      } catch (error) {
        deadline.release();
        throw error;
      }
      this.#answers++;
      this.#silent = false;
      if (response.ok) return { response, disarm: deadline.disarm, release: deadline.release };
      const answer = await readAnswer(response).finally(deadline.release);
      const wait = retryWaitMs(response, retries, this.clock.now());
      if (response.status === 401 && !renewed) {
        renewed = true;
        if (await this.#renew(transport, response)) continue;
      }
      const error = errorOfStatus(call, { ...answer, expired: transport.expired() });
      if (wait === undefined || retries >= MAX_RETRIES) throw error;
      retries++;
      // Others wait, too: what was refused to one will be to them.
      this.#budget.pause(path, wait);
    }
  }

  /** Opens a WebSocket; once more where the server refused credentials that could be renewed. */
  async openSocket<T>(
    path: string,
    { signal, usage }: { signal?: AbortSignal; usage: KubeUsage },
    open: () => Promise<T>,
  ): Promise<T> {
    for (let tries = 1;; tries++) {
      const renewals = this.#renewals;
      await this.#budget.turn(path, signal);
      usage.addRequest();
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof ExecRefused)) throw error;
        const reason = await this.#refusal(path, signal, usage);
        if (tries > 1 || this.#renewals === renewals) throw reason;
      }
    }
  }

  /** All callers share one connection attempt; a failed one is forgotten, so that the next caller tries again. */
  open(signal?: AbortSignal): Promise<Transport> {
    signal?.throwIfAborted();
    this.#transport ??= this.target()
      .then((target) => {
        const options = { credentials: this.#source(target), reconnect: this.#failedBefore };
        return openTransport(target, this.env, options);
      })
      .catch((error) => {
        this.#transport = undefined;
        this.#failedBefore = true;
        throw error;
      });
    return abortable(this.#transport, signal);
  }

  /** The last of the paced connections has the latest credentials; earlier ones stay open for the streams they carry. */
  openPaced(signal?: AbortSignal): Promise<PacedSockets | undefined> {
    if (this.#pacedOutdated || this.#paced.length === 0) {
      const opening = this.target().then((target) => PacedSockets.open(target, this.env, this.#source(target)));
      opening.catch(() => this.#pacedOutdated = true);
      this.#paced.push(opening);
      this.#pacedOutdated = false;
    }
    const latest = this.#paced.at(-1)!;
    return abortable(latest, signal);
  }

  close(): void {
    const transport = this.#transport;
    this.#transport = undefined;
    this.#credentials?.close();
    this.#credentials = undefined;
    transport?.then((open) => open.close(), () => {});
    for (const paced of this.#paced.splice(0)) paced.then((open) => open?.close(), () => {});
  }

  /** Why the server did not accept a WebSocket: it says so in its answer to a plain request. */
  async #refusal(path: string, signal: AbortSignal | undefined, usage: KubeUsage): Promise<unknown> {
    try {
      const { response, release } = await this.send({ method: "GET", path, signal, accept: "*/*", usage });
      release();
      await response.body?.cancel();
    } catch (error) {
      return error;
    }
    return new KubeUnreachableError(
      `Cannot ${describeCall("POST", path)}: the API server did not accept a WebSocket`,
      { hint: "Check whether a proxy between here and the API server lets WebSockets pass" },
    );
  }

  /** All connections of this client speak for one user: a plug-in or an identity provider is asked once. */
  #source(target: KubeTarget): CredentialSource {
    return this.#credentials ??= new CredentialSource(target, this.env, { clock: this.clock });
  }

  /** Several requests that are refused at the same time renew once. */
  #renew(transport: Transport, refused: Response): Promise<boolean> {
    return this.#renewal ??= transport.renew(refused).then((renewed) => {
      this.#renewals++;
      this.#pacedOutdated = true;
      return renewed;
    }).finally(() => this.#renewal = undefined);
  }

  #deadline(signal?: AbortSignal): { signal?: AbortSignal; disarm: () => void; release: () => void } {
    const { requestTimeoutMs = CALL_MS } = this.options;
    if (requestTimeoutMs === 0) return { signal, disarm: () => {}, release: () => {} };
    const ms = this.#silent ? requestTimeoutMs * SILENT_PART : requestTimeoutMs;
    const answers = this.#answers;
    const timeout = new AbortController();
    const timer = setTimeout(() => {
      if (this.#answers === answers) this.#silent = true;
      timeout.abort(new DOMException(`No answer within ${ms / 1000}s`, "TimeoutError"));
    }, ms);
    const either = signal === undefined ? undefined : anySignal(signal, timeout.signal);
    const disarm = () => clearTimeout(timer);
    return {
      signal: either ?? timeout.signal,
      disarm,
      release() {
        disarm();
        either?.[Symbol.dispose]();
      },
    };
  }
}

function queryString(query: KubeCallOptions["query"], appended: boolean): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  if (pairs.length === 0) return "";
  return (appended ? "&" : "?") + new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
}

/** 429, and 503 with `Retry-After`: the API server's way to ask for patience. Each further refusal doubles the wait.
 * @returns undefined where a later try is not known to help */
export function retryWaitMs({ status, headers }: Response, retries: number, now: Date): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  const asked = parseRetryAfter(headers.get("retry-after"), now);
  if (asked === undefined && status === 503) return undefined;
  return Math.min(Math.max(asked ?? 0, FIRST_RETRY_WAIT_MS * 2 ** retries), MAX_RETRY_WAIT_MS);
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
