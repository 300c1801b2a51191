import * as z from "zod";
import { environmentProxy } from "../core/environment_proxy.ts";
import { describeError, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { createExactHttpClient } from "../core/http_client.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { KubeconfigError } from "./errors.ts";
import { pem } from "./pem.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_DETAIL = 300;

const text = z.string().nullish().transform((value) => value || undefined);
const configSchema = z.looseObject({
  "idp-issuer-url": text,
  "client-id": text,
  "client-secret": text,
  "id-token": text,
  "refresh-token": text,
  "idp-certificate-authority": text,
  "idp-certificate-authority-data": text,
});
const discoverySchema = z.looseObject({
  token_endpoint: z.url(),
  token_endpoint_auth_methods_supported: z.array(z.string()).nullish(),
});
const tokensSchema = z.looseObject({ id_token: z.string().min(1), refresh_token: text });

export type OidcConfig = z.output<typeof configSchema>;

export interface OidcTokens {
  idToken: string;
  /** The next one, where the provider gives each only once. */
  refreshToken?: string;
}

/** @throws {KubeconfigError} naming the field that is not text */
export function readOidcConfig(config: unknown): OidcConfig {
  const parsed = configSchema.safeParse(config ?? {});
  if (parsed.success) return parsed.data;
  throw new KubeconfigError(
    `Cannot use the auth provider "oidc" of the kubeconfig: ${parsed.error.issues[0]!.path.join(".")} is not text`,
  );
}

/** Gets a new id token by the refresh token, from the provider's token endpoint.
 * @throws {KubeconfigError} when there is no refresh token, or the provider gives no id token
 * @see https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokens */
export async function refreshIdToken(
  config: OidcConfig,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OidcTokens> {
  const { "idp-issuer-url": issuer, "client-id": clientId, "refresh-token": refreshToken } = config;
  const fail = (why: string, cause?: unknown) =>
    new KubeconfigError(`Cannot renew the id-token of the kubeconfig: ${why}`, {
      cause,
      exitCode: EXIT.clusterAccess,
      hint: "Log in again with the identity provider's own command",
    });
  const lacks = ([["idp-issuer-url", issuer], ["client-id", clientId], ["refresh-token", refreshToken]] as const)
    .find(([, value]) => value === undefined)?.[0];
  if (lacks !== undefined) throw fail(`it has expired, and there is no ${lacks}`);
  const base = URL.parse(issuer!);
  if (base === null || !/^https?:$/.test(base.protocol)) throw fail("its idp-issuer-url is not a URL");

  const ca = await pem(
    config["idp-certificate-authority"],
    config["idp-certificate-authority-data"],
    "certificate authority of the identity provider",
  );
  const proxy = environmentProxy(base, env);
  const client = createExactHttpClient({
    ...(ca === undefined ? {} : { caCerts: [ca] }),
    ...(proxy === undefined ? {} : { proxy: { url: proxy.url.href } }),
  });
  const ask = async (url: URL, init: RequestInit, schema: typeof discoverySchema | typeof tokensSchema) => {
    const response = await fetch(url, { ...init, client, redirect: "manual" }).catch((cause) => {
      throw fail(`${url.origin} cannot be reached: ${describeError(cause).slice(0, MAX_DETAIL)}`, cause);
    });
    const answer = await readJson(response);
    if (!response.ok) throw fail(`${url.origin} answered ${response.status}${describeRefusal(answer)}`);
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw fail(`the answer of ${url.origin} has no ${parsed.error.issues[0]!.path.join(".") || "content"}`);
  };
  try {
    return await withTimeLimit(TIMEOUT_MS, signal, async (signal) => {
      const well = new URL(`${base.href.replace(/\/$/, "")}/.well-known/openid-configuration`);
      const found = await ask(well, { signal }, discoverySchema) as z.output<typeof discoverySchema>;
      const endpoint = new URL(found.token_endpoint);
      if (base.protocol === "https:" && endpoint.protocol !== "https:") throw fail("its token endpoint is not https");
      const request = tokenRequest(config, found.token_endpoint_auth_methods_supported ?? undefined);
      const tokens = await ask(endpoint, { ...request, signal }, tokensSchema) as z.output<typeof tokensSchema>;
      return { idToken: tokens.id_token, refreshToken: tokens.refresh_token };
    });
  } catch (error) {
    if (error instanceof SupportBundleError) throw error;
    signal.throwIfAborted();
    throw fail(`${base.origin} did not answer within ${TIMEOUT_MS / 1000} s`, error);
  } finally {
    client.close();
  }
}

/** The client names itself in a header, as the standard has it, unless the provider takes it in the body alone, or it has
 * no secret. */
function tokenRequest(config: OidcConfig, methods: string[] | undefined) {
  const { "client-id": id = "", "client-secret": secret, "refresh-token": refreshToken = "" } = config;
  const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
  const headers = new Headers({ accept: "application/json" });
  const inBody = methods !== undefined && !methods.includes("client_secret_basic");
  if (secret === undefined || inBody) {
    body.set("client_id", id);
    if (secret !== undefined) body.set("client_secret", secret);
  } else {
    headers.set("authorization", `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`);
  }
  return { method: "POST", headers, body };
}

async function readJson(response: Response): Promise<unknown> {
  let answer = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    answer += decoder.decode(chunk, { stream: true });
    if (answer.length > MAX_ANSWER_BYTES) break;
  }
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}

/** `error` and `error_description`, which hold no secrets. */
function describeRefusal(answer: unknown): string {
  const { error, error_description: description } = (answer ?? {}) as Record<string, unknown>;
  const words = [error, description].filter((part) => typeof part === "string").join(": ").replace(/\s+/g, " ");
  return words === "" ? "" : ` (${words.slice(0, MAX_DETAIL)})`;
}
