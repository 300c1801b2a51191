import { join } from "node:path";
import { CredentialError, type ReadSecret } from "../../core/credential_reference.ts";
import { UploadError } from "../upload_error.ts";
import type { Destination } from "../uploader.ts";

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const PLACES =
  "Name them with --upload-credentials env:NAME or file:/path (JSON with accessKeyId and secretAccessKey, or " +
  "KEY:SECRET), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use a profile of the shared credentials file";

/** The keys of a destination: of its reference; else, unless a profile is named, of the environment; else of the profile in
 * the shared credentials file.
 * @throws {UploadError} when there are none */
export async function s3Credentials(
  { credentials, options }: Destination,
  env: Env,
  secret: ReadSecret,
): Promise<S3Credentials> {
  if (credentials !== undefined) {
    const found = parseS3Credentials(
      await secret(credentials).catch((error) => {
        throw error instanceof CredentialError ? missing(error.message, error.hint ?? PLACES) : error;
      }),
    );
    if (found !== undefined) return found;
    throw missing(
      `What ${credentials} names is no pair of S3 keys`,
      'Write {"accessKeyId": …, "secretAccessKey": …, "sessionToken": …} or KEY:SECRET',
    );
  }
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (options.profile === undefined && accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN || undefined };
  }
  const profile = options.profile ?? (env.AWS_PROFILE || "default");
  const path = env.AWS_SHARED_CREDENTIALS_FILE || join(env.HOME ?? env.USERPROFILE ?? ".", ".aws", "credentials");
  const text = await Deno.readTextFile(path).catch(() => undefined);
  const found = text === undefined ? undefined : profileCredentials(text, profile);
  if (found !== undefined) return found;
  throw missing(
    options.profile === undefined
      ? "There are no credentials for S3: no reference, no AWS_ACCESS_KEY_ID in the environment, no profile with keys"
      : `The profile "${profile}" has no keys in ${path}`,
    PLACES,
  );
}

/** Reads JSON, or `KEY:SECRET`; undefined when it is neither. */
export function parseS3Credentials(text: string): S3Credentials | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    try {
      const { accessKeyId, secretAccessKey, sessionToken } = JSON.parse(trimmed);
      return complete(accessKeyId, secretAccessKey, sessionToken);
    } catch {
      return undefined;
    }
  }
  const pair = /^([^\s:]+):(\S+)$/.exec(trimmed);
  return pair === null ? undefined : complete(pair[1], pair[2], undefined);
}

/** The keys of one profile of a shared credentials file; undefined when it has none.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
export function profileCredentials(text: string, profile: string): S3Credentials | undefined {
  const values: Record<string, string> = {};
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line);
    if (section !== null) inside = section[1]!.replace(/^profile\s+/, "") === profile;
    const setting = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line);
    if (inside && setting !== null) values[setting[1]!.toLowerCase()] = setting[2]!;
  }
  return complete(values.aws_access_key_id, values.aws_secret_access_key, values.aws_session_token);
}

function complete(accessKeyId: unknown, secretAccessKey: unknown, sessionToken: unknown): S3Credentials | undefined {
  if (typeof accessKeyId !== "string" || typeof secretAccessKey !== "string") return undefined;
  if (accessKeyId === "" || secretAccessKey === "") return undefined;
  const hasToken = typeof sessionToken === "string" && sessionToken !== "";
  return { accessKeyId, secretAccessKey, sessionToken: hasToken ? sessionToken : undefined };
}

function missing(message: string, hint: string): UploadError {
  return new UploadError(message, { transient: false, code: "UPLOAD_CREDENTIALS", hint });
}
