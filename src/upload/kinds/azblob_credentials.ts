import { CredentialError } from "../../core/credential_reference.ts";
import type { AccessToken } from "../access_token.ts";
import { parseEndpoint } from "../endpoint.ts";
import { UploadError } from "../upload_error.ts";
import type { Destination, UploadContext } from "../uploader.ts";
import { clientSecretToken, federatedToken, managedIdentityToken } from "./azblob_token.ts";
import type { SharedKey } from "./azblob_signature.ts";

/** How requests are authorized. */
export type AzureAccess = SharedKey | { sas: string } | { token: AccessToken };

export interface AzureAccount {
  /** Address of the Blob service: `https://account.blob.core.windows.net`. */
  endpoint: string;
  access: AzureAccess;
}

type Env = Readonly<Record<string, string | undefined>>;

/** What one piece of text says; the rest is known from elsewhere. */
interface Told {
  account?: string;
  endpoint?: string;
  key?: string;
  sas?: string;
  token?: AccessToken;
}

const FORMS = "a connection string, an account key, a SAS token, or JSON with tenantId, clientId and clientSecret";
const PLACES = `Name them with --upload-credentials env:NAME or file:/path (${FORMS}), set ` +
  "AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or give this machine or pod an identity";

/** The account of a destination and the credentials for it: of its reference; else of the environment, in the order of the
 * Azure CLI; else a service principal, a workload identity, or the managed identity of this machine.
 * @throws {UploadError} when there are none */
export async function azureAccount(
  { credentials, options }: Destination,
  { env, secret }: Pick<UploadContext, "env" | "secret">,
): Promise<AzureAccount> {
  const told = credentials === undefined ? fromEnvironment(env) : parseAzureCredentials(
    await secret(credentials).catch((error) => {
      throw error instanceof CredentialError ? missing(error.message, error.hint ?? PLACES) : error;
    }),
    env,
  );
  if (told === undefined) {
    throw missing(
      `What ${credentials ?? "AZURE_STORAGE_CONNECTION_STRING"} names are no credentials of Azure Storage`,
      `Write ${FORMS}`,
    );
  }
  const named = options.account || told.account || env.AZURE_STORAGE_ACCOUNT || undefined;
  const endpoint = options.endpoint || told.endpoint ||
    (named === undefined ? undefined : `https://${named}.blob.core.windows.net`);
  if (endpoint === undefined) {
    throw new UploadError("The storage account of the destination is not known", {
      transient: false,
      hint: "Pass --upload-options account=NAME, or set AZURE_STORAGE_ACCOUNT",
    });
  }
  const account = named ?? /^https?:\/\/([a-z0-9]{3,24})\.blob\./.exec(endpoint)?.[1];
  return { endpoint: parseEndpoint(endpoint), access: accessOf(told, account) };
}

function accessOf({ token, key, sas }: Told, account: string | undefined): AzureAccess {
  if (token !== undefined) return { token };
  if (key === undefined) return { sas: sas! };
  if (account !== undefined) return { account, key };
  throw missing(
    "The account that the key belongs to is not known",
    "Pass --upload-options account=NAME, or set AZURE_STORAGE_ACCOUNT",
  );
}

function fromEnvironment(env: Env): Told | undefined {
  const { AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN } = env;
  if (AZURE_STORAGE_CONNECTION_STRING) return parseConnectionString(AZURE_STORAGE_CONNECTION_STRING);
  if (AZURE_STORAGE_KEY) return { key: checkKey(AZURE_STORAGE_KEY) };
  if (AZURE_STORAGE_SAS_TOKEN) return { sas: sasOf(AZURE_STORAGE_SAS_TOKEN) };
  const { AZURE_TENANT_ID: tenantId, AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret } = env;
  if (tenantId && clientId && clientSecret) {
    return { token: clientSecretToken({ tenantId, clientId, clientSecret }, env) };
  }
  const { AZURE_FEDERATED_TOKEN_FILE: tokenFile } = env;
  if (tenantId && clientId && tokenFile) return { token: federatedToken({ tenantId, clientId, tokenFile }, env) };
  return { token: managedIdentityToken(clientId, env, PLACES) };
}

/** Undefined when the text is none of the forms. */
export function parseAzureCredentials(text: string, env: Env): Told | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return parseObject(trimmed, env);
  if (
    /(?:^|;)\s*(?:AccountName|AccountKey|BlobEndpoint|SharedAccessSignature|DefaultEndpointsProtocol)=/i.test(trimmed)
  ) {
    return parseConnectionString(trimmed);
  }
  if (/(?:^|[?&])sig=/.test(trimmed)) return { sas: sasOf(trimmed) };
  return isKey(trimmed) ? { key: trimmed } : undefined;
}

/** A service principal, also as `az ad sp create-for-rbac` prints it, or an account and its key. */
function parseObject(text: string, env: Env): Told | undefined {
  let fields: Record<string, unknown>;
  try {
    fields = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const field = (...names: string[]) =>
    names.map((name) => fields[name]).find((value): value is string => typeof value === "string" && value !== "");
  const tenantId = field("tenantId", "tenant");
  const clientId = field("clientId", "appId");
  const clientSecret = field("clientSecret", "password");
  if (tenantId !== undefined && clientId !== undefined && clientSecret !== undefined) {
    const AZURE_AUTHORITY_HOST = field("activeDirectoryEndpointUrl") ?? env.AZURE_AUTHORITY_HOST;
    return { token: clientSecretToken({ tenantId, clientId, clientSecret }, { ...env, AZURE_AUTHORITY_HOST }) };
  }
  const key = field("accountKey");
  return key !== undefined && isKey(key) ? { key, account: field("accountName") } : undefined;
}

/** @see https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string */
function parseConnectionString(text: string): Told | undefined {
  const fields = new Map(
    text.split(";").filter((part) => part.includes("=")).map((part) => {
      const at = part.indexOf("=");
      return [part.slice(0, at).trim().toLowerCase(), part.slice(at + 1).trim()];
    }),
  );
  const account = fields.get("accountname");
  const protocol = fields.get("defaultendpointsprotocol") || "https";
  const suffix = fields.get("endpointsuffix") || "core.windows.net";
  const endpoint = fields.get("blobendpoint") || (account && `${protocol}://${account}.blob.${suffix}`) || undefined;
  const sas = fields.get("sharedaccesssignature");
  if (sas) return { account, endpoint, sas: sasOf(sas) };
  const key = fields.get("accountkey");
  return key && isKey(key) ? { account, endpoint, key } : undefined;
}

function sasOf(text: string): string {
  return text.trim().replace(/^\?/, "");
}

function checkKey(key: string): string {
  if (isKey(key.trim())) return key.trim();
  throw missing("What AZURE_STORAGE_KEY holds is no account key", "Copy it again: it is base64 of 88 characters");
}

function isKey(text: string): boolean {
  return text.length >= 8 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function missing(message: string, hint: string): UploadError {
  return new UploadError(message, { transient: false, code: "UPLOAD_CREDENTIALS", hint });
}
