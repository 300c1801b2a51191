import { Buffer } from "node:buffer";
import type { Challenge } from "./challenge.ts";
import type { RegistryCredentials } from "./docker_config.ts";
import { errorOfAnswer, OciAuthError, OciError } from "./errors.ts";
import { readAnswer } from "./registry_answer.ts";
import type { AccessToken, RegistryState } from "./registry_memory.ts";
import type { RegistryTransport } from "./registry_transport.ts";

const MAX_TOKEN_BYTES = 256 * 1024;
/** What a token lives when its server does not say. */
const DEFAULT_LIFETIME_S = 60;
const MAX_LIFETIME_S = 3600;
/** A token that ends within this time is renewed before use. */
const SPARE_MS = 10_000;
const CLIENT_ID = "support-bundle";

/** What a request is sent with. */
export interface Grant {
  /** Value of the header `Authorization`; undefined: the request is anonymous. */
  authorization?: string;
  /** True where it comes from a user's credentials. */
  secret: boolean;
  /** True where it was got for this very request. */
  fresh: boolean;
}

export interface GrantRequest {
  state: RegistryState;
  challenge: Challenge | undefined;
  repository: string;
  credentials: RegistryCredentials | undefined;
  /** Does not take a token that is at hand. */
  renew?: boolean;
  signal: AbortSignal;
}

/** Gets what the registry asks for: nothing, name and password, or a token for the repository.
 * @throws {OciAuthError} when the credentials are not taken
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/ */
export async function requestGrant(transport: RegistryTransport, request: GrantRequest): Promise<Grant> {
  const { state, challenge, credentials } = request;
  const refused = credentials && state.refused.get(credentialsKey(credentials));
  if (refused !== undefined) throw refused;
  if (credentials?.registryToken !== undefined) {
    return { authorization: `Bearer ${credentials.registryToken}`, secret: true, fresh: true };
  }
  if (challenge === undefined) return { secret: false, fresh: true };
  if (challenge.scheme === "basic") {
    return { authorization: basic(credentials), secret: credentials !== undefined, fresh: true };
  }
  const scope = challenge.scope ?? `repository:${request.repository}:pull`;
  const key = JSON.stringify([
    credentials && credentialsKey(credentials),
    challenge.realm,
    challenge.service,
    scope,
  ]);
  let token = request.renew ? undefined : state.tokens.get(key);
  const known = token !== undefined && (await token).expiresAt.getTime() - SPARE_MS > transport.clock.now().getTime();
  if (token === undefined || !known) {
    token = fetchToken(transport, challenge, scope, request);
    state.tokens.set(key, token);
    token.catch(() => state.tokens.delete(key));
  }
  return { authorization: `Bearer ${(await token).token}`, secret: credentials !== undefined, fresh: !known };
}

/** Keeps in mind that a registry did not take these credentials. */
export function rememberRefusal(
  state: RegistryState,
  credentials: RegistryCredentials | undefined,
  error: OciAuthError,
): void {
  if (credentials !== undefined) state.refused.set(credentialsKey(credentials), error);
}

async function fetchToken(
  transport: RegistryTransport,
  challenge: Challenge & { scheme: "bearer" },
  scope: string,
  { state, credentials, signal }: GrantRequest,
): Promise<AccessToken> {
  const { registry } = state;
  const url = URL.parse(challenge.realm);
  if (url === null) throw new OciError(`The registry ${registry} names no usable address for its tokens`);
  const asked = Object.entries({ service: challenge.service, scope }).filter(([, value]) => value !== undefined);
  let body: URLSearchParams | undefined;
  if (credentials?.identityToken !== undefined) {
    body = new URLSearchParams(asked as [string, string][]);
    body.set("grant_type", "refresh_token");
    body.set("client_id", CLIENT_ID);
    body.set("refresh_token", credentials.identityToken);
  } else for (const [name, value] of asked) url.searchParams.set(name, value!);
  const response = await transport.send({
    url,
    registry,
    method: body === undefined ? "GET" : "POST",
    body,
    authorization: body === undefined ? basic(credentials) : undefined,
    secret: credentials !== undefined,
    accept: "application/json",
    maxBytes: MAX_TOKEN_BYTES,
    signal,
  });
  if (response.status !== 200) {
    const call = `get a token for "${scope}" from ${url.host}`;
    const error = errorOfAnswer(call, readAnswer(response, transport.clock.now()), credentials ? "some" : "none");
    if (error instanceof OciAuthError && error.status === 401) rememberRefusal(state, credentials, error);
    throw error;
  }
  return readToken(response.body, registry, transport.clock.now());
}

function readToken(body: Uint8Array, registry: string, now: Date): AccessToken {
  let answer: { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch {
    answer = null; // it may hold a token, so it is not the cause
  }
  const token = answer?.token ?? answer?.access_token;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new OciError(`The registry ${registry} gave no token, where it should have`);
  }
  const { expires_in: lifetime } = answer!;
  const seconds = typeof lifetime === "number" && lifetime > 0
    ? Math.min(lifetime, MAX_LIFETIME_S)
    : DEFAULT_LIFETIME_S;
  return { token, expiresAt: new Date(now.getTime() + seconds * 1000) };
}

function basic(credentials: RegistryCredentials | undefined): string | undefined {
  if (credentials?.username === undefined) return undefined;
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password ?? ""}`).toString("base64")}`;
}

function credentialsKey({ username, password, identityToken, registryToken }: RegistryCredentials): string {
  return JSON.stringify([username, password, identityToken, registryToken]);
}
