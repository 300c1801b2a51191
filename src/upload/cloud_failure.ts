import { parseRetryAfter } from "../core/retry.ts";
import { UploadError } from "./upload_error.ts";
import { connectionFailure, isCertificateFailure, isNetworkFailure } from "./network_failure.ts";

/** An answer that is a refusal. It holds nothing of the request, and of the answer only what its service calls it. */
export class ServiceFailure extends Error {
  override readonly name = "ServiceFailure";

  constructor(
    readonly status: number,
    /** The service's own word, such as `ContainerNotFound`; empty when it said none. */
    readonly reason: string,
    readonly retryAfter?: string | null,
  ) {
    super(`${status} ${reason}`.trim());
  }
}

/** What a user can do about a refusal. */
export interface Advice {
  hint: string;
  /** Default: `UPLOAD_FAILED`. */
  code?: Uppercase<string>;
}

export interface CloudPlace {
  /** Names container and endpoint: `bucket "b" at https://…`. */
  where: string;
  /** Where the bundle is still to be found. */
  keptIn: string;
  now: Date;
  /** Undefined when the service's word says nothing special. */
  advise(failure: ServiceFailure): Advice | undefined;
}

/** Refusals of bytes that were damaged on their way. */
const DAMAGED = new Set(["Md5Mismatch", "Crc64Mismatch"]);

/** Whether a request may succeed when it is sent again, and when the server wants it. */
export function judgeCloud(error: unknown, now: Date): { retry: boolean; afterMs?: number } {
  if (error instanceof UploadError) return { retry: false };
  if (!(error instanceof ServiceFailure)) return { retry: isNetworkFailure(error) };
  const { status } = error;
  return {
    retry: (status >= 500 && status !== 501 && status !== 505) || status === 429 || status === 408 ||
      DAMAGED.has(error.reason),
    afterMs: parseRetryAfter(error.retryAfter, now),
  };
}

/** The failure in the words of an {@linkcode UploadError}: what could not be done, where, and what to do. */
export function explainCloud(error: unknown, { where, keptIn, now, advise }: CloudPlace): UploadError {
  if (error instanceof UploadError) return error;
  const fail = (why: string, { hint, code }: Advice) =>
    new UploadError(`Cannot deliver the bundle to ${where}: ${why}`, {
      transient: judgeCloud(error, now).retry,
      code,
      hint: `${hint}. The bundle is still in ${keptIn}`,
    });
  if (error instanceof ServiceFailure) {
    const advice = advise(error) ?? {
      hint: judgeCloud(error, now).retry ? "Try again later" : "Check the destination and its options",
    };
    return fail(`the server answered ${error.message}`, advice);
  }
  if (isCertificateFailure(error)) {
    return fail("the server's certificate is not trusted", {
      hint: "Add the CA to the system's trust store, or name its file in DENO_CERT",
      code: "UPLOAD_TLS",
    });
  }
  return isNetworkFailure(error)
    ? fail(`no connection (${connectionFailure(error)})`, {
      hint: "Check the endpoint and the network",
      code: "UPLOAD_UNREACHABLE",
    })
    : fail(connectionFailure(error), { hint: "Check the destination" });
}
