import { describeError } from "../core/errors.ts";
import { retry } from "../core/retry.ts";
import { isLoopback } from "./allowed_url.ts";
import { type Challenge, parseChallenge } from "./challenge.ts";
import { digestOf, verifyDigest } from "./digest.ts";
import type { RegistryCredentials } from "./docker_config.ts";
import {
  errorOfAnswer,
  OciAuthError,
  OciError,
  OciNotFoundError,
  OciRateLimitError,
  OciStatusError,
  OciUnreachableError,
} from "./errors.ts";
import { apiHost, formatImageReference, type ImageReference } from "./image_reference.ts";
import { isOldManifest, MANIFEST_ACCEPT, type ManifestDocument, parseManifest } from "./manifest.ts";
import { readAnswer } from "./registry_answer.ts";
import { rememberRefusal, requestGrant } from "./registry_auth.ts";
import { type Connection, RegistryMemory, type RegistryState } from "./registry_memory.ts";
import { type RegistryResponse, RegistryTransport, type TransportOptions } from "./registry_transport.ts";

/** Distribution itself takes no larger ones. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
/** A registry that does not even greet within this time is not waited for. */
const GREETING_TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;
const BASE_DELAY_MS = 1_000;
/** A registry that asks to wait longer is not waited for. */
const MAX_DELAY_MS = 10_000;
/** For how long a registry that limits requests, and does not say for how long, is left alone. */
const PAUSE_MS = 60_000;
/** Requests without an answer, in a row, after which a registry is given up. */
const MAX_SILENT = 3;

export interface RegistryClientOptions extends TransportOptions {
  /** Shared by the clients of a run. */
  memory?: RegistryMemory;
}

export interface RegistryCall {
  /** Tried in order, until the registry takes one; none: the request is anonymous. */
  credentials?: readonly RegistryCredentials[];
  signal: AbortSignal;
}

/** A manifest whose bytes are those of its digest. */
export interface FetchedManifest {
  digest: string;
  document: ManifestDocument;
}

/** Asks registries for manifests and blobs. Dispose it, or its connections stay open.
 *
 * Every call throws: `OciAuthError` (401, 403), `OciNotFoundError` (404), `OciRateLimitError` (429), `OciStatusError` (any
 * other status), `OciUnreachableError` (no answer), `OciError` (an answer that cannot be used), or the signal's reason.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export class RegistryClient implements Disposable {
  readonly #transport: RegistryTransport;
  readonly #memory: RegistryMemory;

  constructor({ memory, ...options }: RegistryClientOptions) {
    this.#transport = new RegistryTransport(options);
    this.#memory = memory ?? new RegistryMemory();
  }

  /** Whether the registry has this image.
   * @returns false only where the registry knows the repository and says that the manifest is unknown */
  async exists(image: ImageReference, call: RegistryCall): Promise<boolean> {
    const request = { path: manifestPath(image), accept: MANIFEST_ACCEPT, what: `find ${formatImageReference(image)}` };
    try {
      // Registries that count pulls count GET.
      await this.#request(image, { ...request, method: "HEAD", maxBytes: 0 }, call);
      return true;
    } catch (error) {
      const settled = !(error instanceof OciStatusError) || error instanceof OciAuthError ||
        error instanceof OciRateLimitError || error.status >= 500;
      if (settled) throw error;
    }
    try {
      await this.#request(image, { ...request, method: "GET", maxBytes: MAX_MANIFEST_BYTES }, call);
      return true;
    } catch (error) {
      if (error instanceof OciNotFoundError && error.reason === "MANIFEST_UNKNOWN") return false;
      throw error;
    }
  }

  async manifest(image: ImageReference, call: RegistryCall): Promise<FetchedManifest> {
    const what = formatImageReference(image);
    const { headers, body } = await this.#request(image, {
      method: "GET",
      path: manifestPath(image),
      accept: MANIFEST_ACCEPT,
      maxBytes: MAX_MANIFEST_BYTES,
      what: `read the manifest of ${what}`,
    }, call);
    const mediaType = (headers.get("content-type") ?? "").split(";")[0]!.trim();
    if (isOldManifest(mediaType)) {
      throw new OciError(`The manifest of ${what} is in the form of Docker before 1.10, which is not read`, {
        code: "REGISTRY_MANIFEST",
      });
    }
    const digest = image.digest ?? headers.get("docker-content-digest") ?? await digestOf(body);
    await verifyDigest(body, digest, `the manifest of ${what}`);
    return { digest, document: parseManifest(body, mediaType, what) };
  }

  /** Reads a blob into memory. */
  async blob(image: ImageReference, digest: string, maxBytes: number, call: RegistryCall): Promise<Uint8Array> {
    const what = `the blob ${digest.slice(0, 80)} of ${formatImageReference(image)}`;
    const path = `/v2/${image.repository}/blobs/${encodeURIComponent(digest).replaceAll("%3A", ":")}`;
    const { body } = await this.#request(image, { method: "GET", path, maxBytes, what: `read ${what}` }, call);
    await verifyDigest(body, digest, what);
    return body;
  }

  async #request(image: ImageReference, request: Request, { credentials = [], signal }: RegistryCall) {
    const state = this.#memory.of(image.registry);
    let last: OciAuthError | undefined;
    for (const candidate of credentials.length > 0 ? credentials : [undefined]) {
      try {
        return await this.#persist(state, () => this.#attempt(image, request, candidate, signal), signal);
      } catch (error) {
        if (!(error instanceof OciAuthError)) throw error;
        last = error;
      }
    }
    throw last!;
  }

  /** Tries again what failed for a passing reason, and gives up a registry that does not answer. */
  async #persist(state: RegistryState, action: () => Promise<RegistryResponse>, signal: AbortSignal) {
    const { clock } = this.#transport;
    const attempt = async () => {
      if (state.failure !== undefined) throw state.failure;
      if (state.paused !== undefined && state.paused.until > clock.now()) throw state.paused.error;
      return await action();
    };
    const options = { attempts: ATTEMPTS, baseDelayMs: BASE_DELAY_MS, maxDelayMs: MAX_DELAY_MS, clock, signal };
    try {
      const response = await retry(attempt, { ...options, judge: (error) => judge(error, state) });
      state.silent = 0;
      return response;
    } catch (error) {
      if (error instanceof OciRateLimitError && error !== state.paused?.error) {
        const until = new Date(clock.now().getTime() + (error.retryAfterMs ?? PAUSE_MS));
        state.paused = { until, error };
      } else if (error instanceof OciUnreachableError && ++state.silent >= MAX_SILENT) state.failure ??= error;
      throw error;
    }
  }

  async #attempt(
    image: ImageReference,
    { what, path, ...request }: Request,
    credentials: RegistryCredentials | undefined,
    signal: AbortSignal,
  ): Promise<RegistryResponse> {
    const state = this.#memory.of(image.registry);
    const connection = await this.#connect(state, signal);
    const asking = { state, repository: image.repository, credentials, signal };
    const url = new URL(connection.origin + path);
    let grant = await requestGrant(this.#transport, { ...asking, challenge: connection.challenge });
    const send = () => this.#transport.send({ ...request, ...grant, url, registry: image.registry, signal });
    let response = await send();
    if (response.status === 401) {
      // Some ask for nothing when they are greeted; a token may have ended, or be for less than is wanted.
      const challenge = parseChallenge(response.headers.get("www-authenticate"));
      if (challenge !== undefined && (!grant.fresh || !sameChallenge(challenge, connection.challenge, image))) {
        connection.challenge ??= challenge.scheme === "basic" ? challenge : { ...challenge, scope: undefined };
        const before = grant.authorization;
        grant = await requestGrant(this.#transport, { ...asking, challenge, renew: true });
        if (grant.authorization !== undefined && grant.authorization !== before) response = await send();
      }
    }
    if (response.status >= 200 && response.status < 300) return response;
    const answer = readAnswer(response, this.#transport.clock.now());
    const error = errorOfAnswer(what, answer, credentials === undefined ? "none" : "some");
    const scheme = grant.authorization?.split(" ")[0];
    if (error instanceof OciAuthError && error.status === 401 && scheme === "Basic") {
      rememberRefusal(state, credentials, error);
    }
    throw error;
  }

  /** Greets a registry once: finds out how it is reached, and what it asks for. */
  async #connect(state: RegistryState, signal: AbortSignal): Promise<Connection> {
    state.connection ??= this.#greet(state.registry, signal);
    try {
      return await state.connection;
    } catch (error) {
      const passing = error instanceof OciUnreachableError && error.why === "cut";
      if (signal.aborted || passing) state.connection = undefined;
      else if (error instanceof OciUnreachableError) state.failure ??= error;
      throw error;
    }
  }

  async #greet(registry: string, signal: AbortSignal): Promise<Connection> {
    const host = apiHost(registry);
    const greet = async (origin: string): Promise<Connection> => {
      const url = new URL(`${origin}/v2/`);
      const response = await this.#transport.send({
        url,
        registry,
        maxBytes: MAX_MANIFEST_BYTES,
        timeoutMs: GREETING_TIMEOUT_MS,
        signal,
      });
      const challenge = response.status === 401 ? parseChallenge(response.headers.get("www-authenticate")) : undefined;
      return { origin, challenge };
    };
    if (this.#transport.speaksPlainHttp(host)) return await greet(`http://${host}`);
    try {
      return await greet(`https://${host}`);
    } catch (error) {
      const cannotTls = error instanceof OciUnreachableError && (error.why === "connect" || error.why === "cut");
      if (!cannotTls || !isLoopback(new URL(`https://${host}`))) throw error;
      return await greet(`http://${host}`);
    }
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }
}

interface Request {
  method: "GET" | "HEAD";
  path: string;
  accept?: string;
  maxBytes: number;
  /** For errors: `read the manifest of …`. */
  what: string;
}

function judge(error: unknown, state: RegistryState): { retry: boolean; afterMs?: number } {
  if (error === state.failure || error === state.paused?.error) return { retry: false };
  if (error instanceof OciUnreachableError) return { retry: error.why === "cut" };
  if (!(error instanceof OciStatusError)) return { retry: false };
  return { retry: [429, 502, 503, 504].includes(error.status), afterMs: error.retryAfterMs };
}

/** True when the answer asks for what the request was already sent with. */
function sameChallenge(asked: Challenge, known: Challenge | undefined, { repository }: ImageReference): boolean {
  if (asked.scheme !== "bearer" || known?.scheme !== "bearer") return asked.scheme === known?.scheme;
  const scope = asked.scope ?? `repository:${repository}:pull`;
  return asked.realm === known.realm && asked.service === known.service && scope === `repository:${repository}:pull`;
}

function manifestPath({ repository, tag, digest }: ImageReference): string {
  return `/v2/${repository}/manifests/${digest ?? tag ?? "latest"}`;
}

/** The error in words, with what is known of why credentials may be lacking. */
export function describeRegistryError(error: unknown, problems: readonly string[]): string {
  // The causes of ours are what fetch said, which their messages already have.
  const text = error instanceof OciError ? error.message : describeError(error);
  return error instanceof OciAuthError && problems.length > 0 ? `${text}. ${problems.join(". ")}` : text;
}
