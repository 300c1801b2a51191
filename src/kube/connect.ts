import { anySignal } from "../core/any_signal.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { isAbort } from "../core/errors.ts";
import { parseJson } from "../core/json_scan.ts";
import { describeCall } from "./api_path.ts";
import { KubeApiError, KubeNotFoundError, KubeUnreachableError } from "./errors.ts";
import { EXEC_PROTOCOLS, execPath, readExec, streamExec } from "./exec_stream.ts";
import type {
  ExecResult,
  ExecStream,
  ExecTarget,
  KubeCallOptions,
  KubeClient,
  KubeListOptions,
  KubeListPage,
  KubeObject,
  KubeOptions,
} from "./kube_client.ts";
import { KubeConnection } from "./kube_connection.ts";
import { KubeUsage } from "./kube_usage.ts";
import { parseRawList, type RawListPage } from "./raw_list.ts";

const PAGE_SIZE = 500;
const DEFAULT_EXEC_BYTES = 16 * 1024 * 1024;

/** The client for one cluster. Nothing is read or opened before the first call; `contextNamespace()` reads the
 * kubeconfig without speaking to the cluster, and so tells early that it cannot be used. */
export function connectKube(
  options: KubeOptions,
  env: Readonly<Record<string, string>>,
  { clock = systemClock, serviceAccountFolder }: { clock?: Clock; serviceAccountFolder?: string } = {},
): KubeClient {
  return new HttpKubeClient(new KubeConnection(options, env, clock, serviceAccountFolder), new KubeUsage());
}

class HttpKubeClient implements KubeClient {
  constructor(readonly connection: KubeConnection, readonly usage: KubeUsage) {}

  counted(): KubeClient {
    return new HttpKubeClient(this.connection, new KubeUsage(this.usage));
  }

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

  list(path: string, options: KubeListOptions = {}): AsyncIterable<KubeListPage> {
    return this.#pages(path, options, {
      parse(bytes) {
        const page = parseJson(bytes, 0, bytes.length) as KubeListPage;
        page.items ??= [];
        return page;
      },
      keyOf: ({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`,
    });
  }

  listRaw(path: string, options: KubeListOptions = {}): AsyncIterable<RawListPage> {
    return this.#pages(path, options, { parse: parseRawList, keyOf: ({ namespace, name }) => `${namespace}/${name}` });
  }

  async *#pages<Item, Page extends { metadata?: Record<string, unknown>; items: Item[] }>(
    path: string,
    { labelSelector, fieldSelector, query, signal }: KubeListOptions,
    { parse, keyOf }: { parse(bytes: Uint8Array): Page & { items: Item[] }; keyOf(item: Item): string },
  ): AsyncGenerator<Page> {
    const selection = { ...query, labelSelector, fieldSelector, limit: PAGE_SIZE };
    const seen = new Set<string>();
    const done = new AbortController();
    const either = signal === undefined ? done.signal : anySignal(signal, done.signal);
    const read = (token?: string) => {
      const page = this.#read("GET", path, { query: { ...selection, continue: token }, signal: either }, parse);
      page.catch(() => {}); // heard when it is its turn
      return page;
    };
    let token: string | undefined;
    let reading = read();
    let restarted = false;
    try {
      while (true) {
        let page: Page;
        try {
          page = await reading;
        } catch (error) {
          if (!(error instanceof KubeApiError) || error.status !== 410 || token === undefined || restarted) throw error;
          restarted = true;
          token = undefined;
          reading = read();
          continue;
        }
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
    const { response, disarm, release } = await this.#send("GET", path, { ...options, accept: "*/*" });
    disarm();
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
        this.usage.addBytes(chunk.value.length);
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
    { signal, maxBytes = DEFAULT_EXEC_BYTES, stdin }: {
      signal?: AbortSignal;
      maxBytes?: number;
      stdin?: Uint8Array;
    } = {},
  ): Promise<ExecResult> {
    const path = execPath(target, stdin !== undefined);
    const result = await this.connection.openSocket(path, { signal, usage: this.usage }, async () => {
      const transport = await this.connection.open(signal);
      return await readExec(await transport.webSocket(path, EXEC_PROTOCOLS), { maxBytes, signal, stdin });
    });
    this.usage.addBytes(result.stdout.length + result.stderr.length);
    return result;
  }

  async execStream(target: ExecTarget, { signal }: { signal?: AbortSignal } = {}): Promise<ExecStream> {
    const path = execPath(target);
    const options = { signal, onBytes: (bytes: number) => this.usage.addBytes(bytes) };
    return await this.connection.openSocket(path, { signal, usage: this.usage }, async () => {
      const transport = await this.connection.open(signal);
      const paced = await this.connection.openPaced(signal);
      return paced === undefined
        ? await streamExec(await transport.webSocket(path, EXEC_PROTOCOLS), options)
        : await paced.webSocket(path, EXEC_PROTOCOLS, (socket, pace) => streamExec(socket, { ...options, pace }));
    });
  }

  async contextNamespace(): Promise<string> {
    return (await this.connection.target()).namespace;
  }

  close(): void {
    this.connection.close();
  }

  #json(method: string, path: string, options: KubeCallOptions, body?: string): Promise<unknown> {
    return this.#read(method, path, options, (bytes) => parseJson(bytes, 0, bytes.length), body);
  }

  async #read<T>(
    method: string,
    path: string,
    options: KubeCallOptions,
    parse: (bytes: Uint8Array) => T,
    body?: string,
  ): Promise<T> {
    const { response, release } = await this.#send(method, path, options, body);
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
    this.usage.addBytes(bytes.byteLength);
    try {
      return parse(new Uint8Array(bytes));
    } catch {
      const answer = { status: response.status, message: "the answer is not JSON" };
      throw new KubeApiError(describeCall(method, path), answer, {
        hint: "Check that the server's address is that of an API server, and not of a login page",
      });
    }
  }

  #send(method: string, path: string, options: KubeCallOptions, body?: string) {
    return this.connection.send({ ...options, method, path, body, usage: this.usage });
  }
}
