import { type AccessToken, askForToken, type FreshToken, heldToken, type TokenAnswer } from "../access_token.ts";
import { ServiceFailure } from "../cloud_failure.ts";
import { isNetworkFailure } from "../network_failure.ts";
import { requireEncryption } from "../endpoint.ts";
import { UploadError } from "../upload_error.ts";

type Env = Readonly<Record<string, string | undefined>>;

const RESOURCE = "https://storage.azure.com/";
const AUTHORITY = "https://login.microsoftonline.com";
const NEIGHBOUR = "http://169.254.169.254";
const NEIGHBOUR_TIMEOUT_MS = 3000;

/** Tokens of a service principal with a secret. */
export function clientSecretToken(
  { tenantId, clientId, clientSecret }: { tenantId: string; clientId: string; clientSecret: string },
  env: Env,
): AccessToken {
  return heldToken((signal) => askEntra(tenantId, { client_id: clientId, client_secret: clientSecret }, env, signal));
}

/** Tokens for what the platform, Kubernetes for one, vouches for in a file that it renews. */
export function federatedToken(
  { tenantId, clientId, tokenFile }: { tenantId: string; clientId: string; tokenFile: string },
  env: Env,
): AccessToken {
  return heldToken(async (signal) => {
    const assertion = await Deno.readTextFile(tokenFile).catch(() => {
      throw refused(`AZURE_FEDERATED_TOKEN_FILE names ${tokenFile}, which cannot be read`, "Correct the path");
    });
    const form = {
      client_id: clientId,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion.trim(),
    };
    return await askEntra(tenantId, form, env, signal);
  });
}

/** Tokens of the identity that this machine has, from the service beside it.
 * @param clientId of a user-assigned identity
 * @param places where else credentials may come from, for the message when there is none
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token */
export function managedIdentityToken(clientId: string | undefined, env: Env, places: string): AccessToken {
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource: RESOURCE });
  if (clientId) query.set("client_id", clientId);
  const host = (env.AZURE_POD_IDENTITY_AUTHORITY_HOST || NEIGHBOUR).replace(/\/+$/, "");
  const url = `${host}/metadata/identity/oauth2/token?${query}`;
  return heldToken(async (signal) => {
    const headers = { Metadata: "true" };
    const answer = await askForToken({ url, headers, direct: true, timeoutMs: NEIGHBOUR_TIMEOUT_MS }, signal).catch(
      () => {
        signal.throwIfAborted();
        throw refused("There are no credentials for Azure, and this machine has no managed identity", places);
      },
    );
    return tokenOf(answer, "The managed identity of this machine", places);
  });
}

/** @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
async function askEntra(
  tenantId: string,
  identity: Record<string, string>,
  env: Env,
  signal: AbortSignal,
): Promise<FreshToken> {
  const authority = (env.AZURE_AUTHORITY_HOST || AUTHORITY).replace(/\/+$/, "");
  const url = `${authority.includes("://") ? authority : `https://${authority}`}/${
    encodeURIComponent(tenantId)
  }/oauth2/v2.0/token`;
  requireEncryption(url);
  const form = new URLSearchParams({ ...identity, scope: `${RESOURCE}.default`, grant_type: "client_credentials" });
  const answer = await askForToken({ url, form }, signal).catch((error) => {
    throw isNetworkFailure(error) ? new TypeError("Microsoft's server of access tokens cannot be reached") : error;
  });
  return tokenOf(answer, "The application", "Check tenant, client and secret, and whether the secret has expired");
}

function tokenOf({ status, body, retryAfter }: TokenAnswer, who: string, hint: string): FreshToken {
  if (status === 429 || status >= 500) throw new ServiceFailure(status, "from the server of access tokens", retryAfter);
  const { access_token, expires_in } = body;
  if (status === 200 && typeof access_token === "string" && access_token !== "") {
    return { token: access_token, validForSeconds: Number(expires_in) || 0 };
  }
  const said = [/^\w{1,60}$/.exec(String(body.error))?.[0], /\bAADSTS\d+/.exec(String(body.error_description))?.[0]];
  throw refused(`${who} gets no access token: ${[status, ...said.filter(Boolean)].join(" ")}`, hint);
}

function refused(message: string, hint: string): UploadError {
  return new UploadError(message, { transient: false, code: "UPLOAD_CREDENTIALS", hint });
}
