import { parseRetryAfter } from "../../core/retry.ts";
import { UploadError } from "../upload_error.ts";
import { connectionFailure, isCertificateFailure, isNetworkFailure } from "../network_failure.ts";

/** What the SDK's errors have in common, as far as it is used. They also hold what the server echoed, the key's id for one,
 * so none of them becomes a `cause`. */
interface ServiceFailure {
  name: string;
  message: string;
  $metadata: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

const TRANSIENT = new Set([
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "RequestTimeoutException",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
]);

/** Of versitygw, MinIO and Ceph; AWS has always room. */
const NO_ROOM = new Set([
  "InsufficientStorage",
  "XMinioStorageFull",
  "QuotaExceeded",
  "XMinioAdminBucketQuotaExceeded",
]);

const CREDENTIAL_FAILURES: Readonly<Record<string, string>> = {
  ExpiredToken: "The session has expired: get new keys",
  InvalidAccessKeyId:
    "The server does not know this access key: check the credentials, and that they belong to this endpoint",
  InvalidToken: "The session token is not valid: get new keys",
  SignatureDoesNotMatch: "The secret key does not belong to the access key: check the credentials",
};

/** Whether a request may succeed when it is sent again, and when the server wants it. */
export function judgeS3(error: unknown, now: Date): { retry: boolean; afterMs?: number } {
  if (error instanceof UploadError) return { retry: error.transient };
  if (!isServiceFailure(error)) return { retry: isNetworkFailure(error) };
  if (NO_ROOM.has(error.name)) return { retry: false };
  const status = error.$metadata.httpStatusCode ?? 0;
  return {
    retry: TRANSIENT.has(error.name) || status >= 500 || status === 429 || status === 408,
    afterMs: parseRetryAfter(error.$response?.headers?.["retry-after"], now),
  };
}

/** HTTP status of an answer; undefined when there was none. */
export function s3Status(error: unknown): number | undefined {
  return isServiceFailure(error) ? error.$metadata.httpStatusCode : undefined;
}

/** The failure in the words of an {@linkcode UploadError}: what could not be done, where, and what to do.
 * @param where names bucket and endpoint: `bucket "b" at https://…` */
export function explainS3(error: unknown, where: string, keptIn: string, now: Date): UploadError {
  if (error instanceof UploadError) return error;
  const fail = (why: string, hint: string, code: Uppercase<string> = "UPLOAD_FAILED") =>
    new UploadError(`Cannot deliver the bundle to ${where}: ${why}`, {
      transient: judgeS3(error, now).retry,
      code,
      hint: `${hint}. The bundle is still in ${keptIn}`,
    });
  if (!isServiceFailure(error)) {
    if (isCertificateFailure(error)) {
      return fail(
        `its certificate is not trusted (${connectionFailure(error)})`,
        "Add the CA to the system's trust store, or name its file in DENO_CERT",
        "UPLOAD_TLS",
      );
    }
    return isNetworkFailure(error)
      ? fail(`no connection (${connectionFailure(error)})`, "Check the endpoint and the network", "UPLOAD_UNREACHABLE")
      : fail(connectionFailure(error), "Check the destination");
  }
  const status = error.$metadata.httpStatusCode;
  const answer = `the server answered ${status ?? "with an error"} ${error.name}`;
  const credentialHint = CREDENTIAL_FAILURES[error.name];
  if (credentialHint !== undefined) return fail(answer, credentialHint, "UPLOAD_CREDENTIALS");
  if (NO_ROOM.has(error.name)) {
    return fail(answer, "There is no space left: make room there, then deliver it again", "DISK_FULL");
  }
  switch (error.name) {
    case "NoSuchBucket":
      return fail(answer, "Make the bucket, or correct its name", "UPLOAD_NO_BUCKET");
    case "PermanentRedirect":
    case "AuthorizationHeaderMalformed":
      return fail(answer, "The bucket is in another region: pass --upload-options region=…");
    case "RequestTimeTooSkewed":
      return fail(answer, "Set this machine's clock right");
    case "EntityTooLarge":
      return fail(answer, "The server's limit is lower: collect less, or use another destination");
  }
  if (status === 403 || status === 401) {
    return fail(answer, "Grant these credentials s3:PutObject on the bucket and prefix", "UPLOAD_DENIED");
  }
  return fail(
    answer,
    judgeS3(error, now).retry ? "Try again later" : "Check bucket, endpoint and options of the destination",
  );
}

function isServiceFailure(error: unknown): error is ServiceFailure {
  return error instanceof Error && "$metadata" in error && "$fault" in error;
}
