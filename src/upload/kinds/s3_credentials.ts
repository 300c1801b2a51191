import { join } from "node:path";
import { CredentialError, type ReadSecret } from "../../core/credential_reference.ts";
import { describeError } from "../../core/errors.ts";
import { UploadError } from "../upload_error.ts";
import type { Destination } from "../uploader.ts";
import { judgeS3 } from "./s3_failure.ts";
import { containerCredentials, instanceCredentials } from "./s3_machine_credentials.ts";
import { regionOf } from "./s3_options.ts";

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Undefined: they do not expire. */
  expiration?: Date;
}

/** Gives credentials that are valid now: it is asked again before they expire.
 * @throws {UploadError} when there are none any more */
export type CredentialSource = () => Promise<S3Credentials>;

type Env = Readonly<Record<string, string>>;

const PLACES =
  "Name them with --upload-credentials env:NAME or file:/path (JSON with accessKeyId and secretAccessKey, or " +
  "KEY:SECRET), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, use a profile of the shared credentials file, or give " +
  "this machine or pod a role";

/** The keys of a destination: of its reference; else, unless a profile is named, of the environment; else of the profile in
 * the shared files; else of the role that the environment's web identity, the container or the machine has.
 * @throws {UploadError} when there are none */
export async function s3Credentials(destination: Destination, env: Env, secret: ReadSecret): Promise<CredentialSource> {
  const { credentials, options } = destination;
  if (credentials !== undefined) return always(await namedCredentials(credentials, secret));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  if (options.profile === undefined && accessKeyId && secretAccessKey) {
    return always({ accessKeyId, secretAccessKey, sessionToken: AWS_SESSION_TOKEN || undefined });
  }
  const named = options.profile || env.AWS_PROFILE || undefined;
  const ofProfile = await profileSource(named ?? "default", destination, env);
  if (ofProfile !== undefined) return ofProfile;
  if (options.profile !== undefined) {
    throw missing(`The profile "${options.profile}" has no keys in ${sharedFiles(env).filepath}`, PLACES);
  }
  const ofIdentity = webIdentitySource(destination, env) ?? ofMachine("the container", containerCredentials(env));
  if (ofIdentity !== undefined) return await begun(ofIdentity);
  const instance = instanceCredentials(env);
  const first = await instance?.().catch(() => undefined);
  if (first !== undefined) return startingWith(first, ofMachine("the machine", instance)!);
  throw missing(
    "There are no credentials for S3: no reference, no AWS_ACCESS_KEY_ID in the environment, no profile with keys, no role " +
      "of this machine",
    PLACES,
  );
}

async function namedCredentials(reference: string, secret: ReadSecret): Promise<S3Credentials> {
  const found = parseS3Credentials(
    await secret(reference).catch((error) => {
      throw error instanceof CredentialError ? missing(error.message, error.hint ?? PLACES) : error;
    }),
  );
  if (found !== undefined) return found;
  throw missing(
    `What ${reference} names is no pair of S3 keys`,
    'Write {"accessKeyId": …, "secretAccessKey": …, "sessionToken": …} or KEY:SECRET',
  );
}

/** Keys that are in the files are read here; what has to be asked for (a role, a process, single sign-on) is the SDK's. */
async function profileSource(
  profile: string,
  destination: Destination,
  env: Env,
): Promise<CredentialSource | undefined> {
  const files = sharedFiles(env);
  const read = (path: string) => Deno.readTextFile(path).catch(() => "");
  const settings = {
    ...profileSettings(await read(files.configFilepath), profile),
    ...profileSettings(await read(files.filepath), profile),
  };
  const keys = complete(settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token);
  if (keys !== undefined) return always(keys);
  if (!["role_arn", "credential_process", "sso_account_id"].some((name) => settings[name])) return undefined;
  const { fromIni } = await import("@aws-sdk/credential-provider-ini");
  const clientConfig = await stsConfig(destination, env);
  const source = fromIni({ profile, ...files, ignoreCache: true, clientConfig });
  return await begun(explained(`the profile "${profile}"`, () =>
    source().catch((error) => {
      // The SDK's message has the command line, and what the command wrote.
      throw settings.credential_process === undefined ? error : new Error("its credential_process gave none");
    })));
}

function webIdentitySource(destination: Destination, env: Env): CredentialSource | undefined {
  const { AWS_WEB_IDENTITY_TOKEN_FILE: webIdentityTokenFile, AWS_ROLE_ARN: roleArn } = env;
  if (!webIdentityTokenFile || !roleArn) return undefined;
  return explained(`the web identity in ${webIdentityTokenFile}`, async () => {
    const { fromTokenFile } = await import("@aws-sdk/credential-provider-web-identity");
    const roleSessionName = env.AWS_ROLE_SESSION_NAME || "support-bundle";
    const clientConfig = await stsConfig(destination, env);
    return await fromTokenFile({ webIdentityTokenFile, roleArn, roleSessionName, clientConfig })();
  });
}

/** For the SDK's own client of the service that gives out the keys of roles. */
async function stsConfig(destination: Destination, env: Env) {
  const { FetchHttpHandler } = await import("@smithy/fetch-http-handler");
  return {
    region: regionOf(destination, env),
    endpoint: env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL || undefined,
    requestHandler: new FetchHttpHandler({ requestTimeout: 10_000 }),
  };
}

function ofMachine(what: string, source: CredentialSource | undefined): CredentialSource | undefined {
  return source && explained(`the role of ${what}`, source);
}

/** A source whose failures say whose they are. */
function explained(what: string, source: CredentialSource): CredentialSource {
  return () =>
    source().catch((error) => {
      throw new UploadError(`Cannot get credentials for S3 from ${what}: ${describeError(error)}`, {
        transient: judgeS3(error, new Date()).retry,
        code: "UPLOAD_CREDENTIALS",
        hint: "Check the role and who may assume it, or name other credentials with --upload-credentials",
      });
    });
}

/** Asks once before anything is sent, so that what is wrong is known at once. */
async function begun(source: CredentialSource): Promise<CredentialSource> {
  return startingWith(await source(), source);
}

function startingWith(first: S3Credentials, source: CredentialSource): CredentialSource {
  let next: S3Credentials | undefined = first;
  return async () => {
    const credentials = next ?? await source();
    next = undefined;
    return credentials;
  };
}

function always(credentials: S3Credentials): CredentialSource {
  return () => Promise.resolve(credentials);
}

function sharedFiles(env: Env): { filepath: string; configFilepath: string } {
  const folder = join(env.HOME ?? env.USERPROFILE ?? ".", ".aws");
  return {
    filepath: env.AWS_SHARED_CREDENTIALS_FILE || join(folder, "credentials"),
    configFilepath: env.AWS_CONFIG_FILE || join(folder, "config"),
  };
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

/** What one profile of a shared file says, names in lower case.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
export function profileSettings(text: string, profile: string): Record<string, string> {
  const values: Record<string, string> = {};
  let inside = false;
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[\s*(.*?)\s*\]/.exec(line);
    if (section !== null) inside = section[1]!.replace(/^profile\s+/, "") === profile;
    const setting = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line);
    if (inside && setting !== null) values[setting[1]!.toLowerCase()] = setting[2]!;
  }
  return values;
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
