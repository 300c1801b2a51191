import { join } from "node:path";
import { CredentialError } from "../../core/credential_reference.ts";
import { type AccessToken, askForToken, heldToken } from "../access_token.ts";
import { ServiceFailure } from "../cloud_failure.ts";
import { isNetworkFailure } from "../network_failure.ts";
import { UploadError } from "../upload_error.ts";
import type { Destination, UploadContext } from "../uploader.ts";

/** The access token to send, fresh for some minutes at least; undefined where none is needed.
 * @throws {ServiceFailure} when the server of tokens is busy */
export type GoogleToken = (signal: AbortSignal) => Promise<string | undefined>;

type Env = Readonly<Record<string, string | undefined>>;

const SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
const LIBRARY_TOKEN_URL = "https://oauth2.googleapis.com/token";
const METADATA_TIMEOUT_MS = 3000;
const TYPES = [
  "service_account",
  "authorized_user",
  "external_account",
  "external_account_authorized_user",
  "impersonated_service_account",
];
const PLACES =
  "Name them with --upload-credentials env:NAME or file:/path (the JSON of a service account or of workload identity " +
  "federation, or an access token), set GOOGLE_APPLICATION_CREDENTIALS, run gcloud auth application-default login, or " +
  "give this machine or pod a service account";

/** The credentials of a destination: of its reference; else none where `STORAGE_EMULATOR_HOST` names the server; else the
 * application default credentials: the file of `GOOGLE_APPLICATION_CREDENTIALS`, that of gcloud, the metadata server.
 * @throws {UploadError} when there are none */
export async function googleToken(
  { credentials }: Destination,
  { env, secret }: Pick<UploadContext, "env" | "secret">,
  isEmulator: boolean,
): Promise<GoogleToken> {
  if (credentials !== undefined) {
    const text = await secret(credentials).catch((error) => {
      throw error instanceof CredentialError ? missing(error.message, error.hint ?? PLACES) : error;
    });
    return tokenOf(text.trim(), `what ${credentials} names`);
  }
  if (isEmulator) return () => Promise.resolve(undefined);
  const named = env.GOOGLE_APPLICATION_CREDENTIALS;
  if (named) {
    const text = await Deno.readTextFile(named).catch(() => {
      throw missing(`GOOGLE_APPLICATION_CREDENTIALS names ${named}, which cannot be read`, "Correct the path");
    });
    return tokenOf(text.trim(), named);
  }
  const path = join(gcloudFolder(env), "application_default_credentials.json");
  const text = await Deno.readTextFile(path).catch(() => undefined);
  return text === undefined ? metadataToken(env) : tokenOf(text.trim(), path);
}

/** @param origin where the text comes from, for messages */
function tokenOf(text: string, origin: string): GoogleToken {
  if (!text.startsWith("{")) {
    if (/^[\w.~+/-]{20,}=*$/.test(text)) return () => Promise.resolve(text);
    throw missing(`The credentials for Google, ${origin}, are neither JSON nor an access token`, PLACES);
  }
  let credentials: Record<string, unknown>;
  try {
    credentials = JSON.parse(text);
  } catch {
    throw missing(`The credentials for Google, ${origin}, are no valid JSON`, "Download them again");
  }
  if (!TYPES.includes(String(credentials.type))) {
    throw missing(
      `The credentials for Google, ${origin}, have no "type" that is known`,
      `Use JSON of one of the types ${TYPES.join(", ")}`,
    );
  }
  return libraryToken(credentials, origin);
}

function libraryToken(credentials: Record<string, unknown>, origin: string): GoogleToken {
  let client: { getAccessToken(): Promise<{ token?: string | null }> } | undefined;
  let current: AbortSignal | undefined;
  // The library on its own would use a transport on node:http, and asks Google itself whatever the file says.
  const send = (url: string | URL | Request, init?: RequestInit) => {
    const asked = String(url) === LIBRARY_TOKEN_URL && typeof credentials.token_uri === "string"
      ? credentials.token_uri
      : url;
    return fetch(asked, { ...init, signal: current });
  };
  return async (signal) => {
    current = signal;
    try {
      if (client === undefined) {
        const { GoogleAuth } = await import("google-auth-library");
        const auth = new GoogleAuth({
          credentials,
          scopes: [SCOPE],
          clientOptions: { transporterOptions: { fetchImplementation: send } },
        });
        client = await auth.getClient();
      }
      const { token } = await client.getAccessToken();
      if (token) return token;
    } catch (error) {
      signal.throwIfAborted();
      throw explain(error, origin);
    }
    throw missing(`Google gave no token for ${origin}`, "Make new credentials");
  };
}

/** The library's errors hold the request with the signed assertion, so none of them becomes a `cause`. */
function explain(error: unknown, origin: string): Error {
  if (isNetworkFailure(error)) {
    return new TypeError("Google's server of access tokens cannot be reached");
  }
  // deno-lint-ignore no-explicit-any -- whatever the library throws
  const { response, status = response?.status } = error as any;
  if (status === 429 || status >= 500) {
    return new ServiceFailure(status, "from the server of access tokens", response?.headers?.get?.("retry-after"));
  }
  const said = response?.data?.error;
  const why = typeof said === "string" && /^[\w -]{1,60}$/.test(said) ? said : status;
  return missing(
    `Google accepts no access with ${origin}${why === undefined ? "" : ` (${why})`}`,
    why === undefined
      ? "Check that the file is complete"
      : "Check that the account and its key still exist, and this machine's clock",
  );
}

/** The token of the service account that this machine, or this pod, runs as. The metadata server is a neighbour: no proxy
 * leads there.
 * @see https://cloud.google.com/compute/docs/access/authenticate-workloads */
function metadataToken(env: Env): AccessToken {
  const url = `http://${
    env.GCE_METADATA_HOST || "metadata.google.internal"
  }/computeMetadata/v1/instance/service-accounts/default/token?scopes=${encodeURIComponent(SCOPE)}`;
  return heldToken(async (signal) => {
    const headers = { "Metadata-Flavor": "Google" };
    const answer = await askForToken({ url, headers, direct: true, timeoutMs: METADATA_TIMEOUT_MS }, signal).catch(
      () => {
        signal.throwIfAborted();
        throw missing("There are no credentials for Google, and no metadata server", PLACES);
      },
    );
    const { status, body: { access_token, expires_in } } = answer;
    if (status === 429 || status >= 500) {
      throw new ServiceFailure(status, "from the metadata server", answer.retryAfter);
    }
    if (status === 200 && typeof access_token === "string" && access_token !== "") {
      return { token: access_token, validForSeconds: Number(expires_in) || 0 };
    }
    throw missing(`The metadata server gives no token: it answered ${status}`, PLACES);
  });
}

function gcloudFolder(env: Env): string {
  if (env.CLOUDSDK_CONFIG) return env.CLOUDSDK_CONFIG;
  if (Deno.build.os === "windows") return join(env.APPDATA ?? ".", "gcloud");
  return join(env.HOME ?? ".", ".config", "gcloud");
}

function missing(message: string, hint: string): UploadError {
  return new UploadError(message, { transient: false, code: "UPLOAD_CREDENTIALS", hint });
}
