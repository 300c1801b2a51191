import type { RawListPage } from "./raw_list.ts";

/** The API server, as collectors see it. The only implementation connects at the first call (`connect.ts`).
 *
 * Every call throws: `KubeForbiddenError` (401, 403), `KubeNotFoundError` (404), `KubeApiError` (any other status),
 * `KubeUnreachableError` (no connection, TLS), or the signal's reason. */
export interface KubeClient {
  /** Reads one object, or any JSON document, by its API path: `/version`, `/api/v1/namespaces/x`. */
  get<T = KubeObject>(path: string, options?: KubeCallOptions): Promise<T>;
  /** Reads a list in pages of 500 (`limit`, `continue`), and starts over once when the continue token has expired. */
  list(path: string, options?: KubeListOptions): AsyncIterable<KubeListPage>;
  /** As `list`, with objects that are still JSON: for lists that are passed on rather than looked into. */
  listRaw(path: string, options?: KubeListOptions): AsyncIterable<RawListPage>;
  /** Creates an object: access reviews, mostly. */
  create<T = KubeObject>(path: string, body: unknown, options?: KubeCallOptions): Promise<T>;
  /** Deletes an object. One that is gone already is no error. `gracePeriodSeconds` and `propagationPolicy` go into the
   * query, as `kubectl delete --grace-period` and `--cascade` send them. */
  delete(path: string, options?: KubeCallOptions): Promise<void>;
  /** A body as it comes, such as a container's log. */
  stream(path: string, options?: KubeCallOptions): Promise<ReadableStream<Uint8Array>>;
  /** Runs a command in a container. Output beyond `maxBytes` of a stream is dropped and `truncated` set. `stdin` is all that
   * the command has to read: API servers before 1.30 cannot hand it on. */
  exec(
    target: ExecTarget,
    options?: { signal?: AbortSignal; maxBytes?: number; stdin?: Uint8Array },
  ): Promise<ExecResult>;
  /** As `exec`, with stdout as it comes and no limit: the command waits while nobody reads. */
  execStream(target: ExecTarget, options?: { signal?: AbortSignal }): Promise<ExecStream>;
  /** The namespace of the kubeconfig's context (`default` when it names none). */
  contextNamespace(): Promise<string>;
  /** Requests and received bytes so far, those of `counted` clients included. */
  readonly usage: { readonly requests: number; readonly bytes: number };
  /** A client that shares this one's connection and counts for itself, too. */
  counted(): KubeClient;
  /** Ends idle connections. */
  close(): void;
}

export interface KubeCallOptions {
  query?: Record<string, string | number | boolean | undefined>;
  signal?: AbortSignal;
  /** The `Accept` header of a `get`, where another form of the answer is wanted. */
  accept?: string;
}

export interface KubeListOptions extends KubeCallOptions {
  labelSelector?: string;
  fieldSelector?: string;
}

/** A page of a list: the items as the server sent them (no `kind`/`apiVersion` on built-in items). */
export interface KubeListPage {
  kind: string;
  apiVersion: string;
  metadata: Record<string, unknown>;
  items: KubeObject[];
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
    [key: string]: unknown;
  };
  // deno-lint-ignore no-explicit-any -- objects of the cluster have every shape
  [key: string]: any;
}

export interface ExecTarget {
  namespace: string;
  pod: string;
  container: string;
  command: string[];
}

export interface ExecResult {
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Undefined when the process ended with 0. */
  failure?: { exitCode?: number; message: string };
  truncated: boolean;
}

/** A command that runs. */
export interface ExecStream {
  /** Read it to its end, or cancel it, which leaves the process in the container to itself. It fails when the signal is
   * aborted (with its reason) or the connection breaks (`ExecBrokenError`). */
  stdout: ReadableStream<Uint8Array>;
  /** Settles after stdout, and fails as it does. */
  ended: Promise<ExecEnd>;
}

export interface ExecEnd {
  /** The first 64 KiB. */
  stderr: Uint8Array;
  /** Undefined when the process ended with 0, or was not waited for. */
  failure?: ExecResult["failure"];
  /** stdout was cancelled before its end. */
  cancelled: boolean;
}

/** How to reach the cluster: what the usual kubectl flags say. */
export interface KubeOptions {
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  server?: string;
  token?: string;
  as?: string;
  asGroup?: string[];
  asUid?: string;
  asUserExtra?: string[];
  certificateAuthority?: string;
  clientCertificate?: string;
  clientKey?: string;
  insecureSkipTlsVerify?: boolean;
  tlsServerName?: string;
  /** Deadline of one answer, of a stream's beginning. Absent: a minute. 0: the caller's signal alone bounds it. */
  requestTimeoutMs?: number;
  /** Requests a second, on average; absent or 0: as many as there are to make. */
  qps?: number;
  /** How many of them may come at once; absent: twice `qps`. */
  burst?: number;
}
