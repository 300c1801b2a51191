import { SupportBundleError, type SupportBundleErrorOptions } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";

/** The API server answered, and not with what was asked for.
 *
 * `call` is the request in words (`list "pods" in namespace "x"`), `status` the HTTP status and `detail` the server's
 * own message, cut at 500 characters. */
export class KubeApiError extends SupportBundleError {
  readonly status: number;
  readonly detail?: string;
  /** `reason` of the Status object: `Forbidden`, `Expired`, `NotFound` … */
  readonly reason?: string;

  constructor(call: string, answer: KubeAnswer, options: SupportBundleErrorOptions = {}) {
    const detail = answer.message?.trim().slice(0, 500) || undefined;
    const why = answer.expired === undefined ? UNACCEPTED : `, ${answer.expired}`;
    super(
      `Cannot ${call}: the API server answered ${answer.status}${options.code === "KUBE_UNAUTHORIZED" ? why : ""}` +
        (detail === undefined ? "" : ` (${detail})`),
      { code: "KUBE_API", exitCode: EXIT.clusterAccess, ...options },
    );
    this.status = answer.status;
    this.detail = detail;
    this.reason = answer.reason;
  }
}

const UNACCEPTED = ", it does not accept these credentials";

export interface KubeAnswer {
  status: number;
  message?: string;
  reason?: string;
  /** Which of the credentials has expired, and when: in words. */
  expired?: string;
}

/** 403, or 401: the account may not do this, or is not known. */
export class KubeForbiddenError extends KubeApiError {
  constructor(call: string, answer: KubeAnswer, options: SupportBundleErrorOptions = {}) {
    super(call, answer, {
      ...(answer.status === 401
        ? {
          code: "KUBE_UNAUTHORIZED",
          hint: "Renew the credentials of this context, or choose another with --context or --kubeconfig",
        }
        : {
          code: "KUBE_FORBIDDEN",
          hint: "Grant the account this permission, or exclude the collector that needs it",
        }),
      ...options,
    });
  }
}

/** 404: the object, or the whole resource, does not exist. */
export class KubeNotFoundError extends KubeApiError {
  constructor(call: string, answer: KubeAnswer, options: SupportBundleErrorOptions = {}) {
    super(call, answer, { code: "KUBE_NOT_FOUND", ...options });
  }
}

/** No answer: no cluster is configured, nothing listens, or TLS failed. */
export class KubeUnreachableError extends SupportBundleError {
  constructor(message: string, options: SupportBundleErrorOptions = {}) {
    super(message, {
      code: "KUBE_UNREACHABLE",
      exitCode: EXIT.clusterAccess,
      hint: "Check that the cluster runs and that this machine can reach it",
      ...options,
    });
  }
}

/** A kubeconfig that cannot be used: missing, broken, or without the context that was asked for. */
export class KubeconfigError extends SupportBundleError {
  constructor(message: string, options: SupportBundleErrorOptions = {}) {
    super(message, { code: "KUBECONFIG", exitCode: EXIT.failure, ...options });
  }
}

/** The error that an HTTP status means. */
export function errorOfStatus(call: string, answer: KubeAnswer): KubeApiError {
  if (answer.status === 401 || answer.status === 403) return new KubeForbiddenError(call, answer);
  if (answer.status === 404) return new KubeNotFoundError(call, answer);
  return new KubeApiError(call, answer);
}
