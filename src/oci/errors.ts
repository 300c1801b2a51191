import { SupportBundleError, type SupportBundleErrorOptions } from "../core/errors.ts";

const MAX_QUOTED = 300;

/** A registry could not be asked, or did not give what was asked for. */
export class OciError extends SupportBundleError {
  constructor(message: string, options: SupportBundleErrorOptions = {}) {
    super(message, { code: "REGISTRY", ...options });
  }
}

/** Not the name of an image. */
export class OciReferenceError extends OciError {
  constructor(text: string, why: string) {
    super(`"${quoted(text)}" is not an image reference: ${why}`, {
      code: "IMAGE_REFERENCE",
      hint: "Write it as [host[:port]/]name[:tag] or [host[:port]/]name@sha256:…",
    });
  }
}

/** No answer: no connection, TLS failed, or the time was over. */
export class OciUnreachableError extends OciError {
  readonly why: UnreachableReason;

  /** @param host that was really asked: the registry's own, or one that it refers to */
  constructor(
    registry: string,
    host: string,
    why: UnreachableReason,
    detail: string,
    options: SupportBundleErrorOptions = {},
  ) {
    super(`Cannot reach the registry ${registry}${host === registry ? "" : ` (${host})`}: ${detail}`, {
      code: "REGISTRY_UNREACHABLE",
      hint: why === "certificate"
        ? `Put the certificate of the registry's authority into /etc/docker/certs.d/${host}/ca.crt`
        : "Check the registry's name, and the network and proxy settings of this machine",
      ...options,
    });
    this.why = why;
  }
}

/** `certificate`: TLS works, and the certificate is not trusted; `cut`: a connection ended before the answer did. */
export type UnreachableReason = "certificate" | "timeout" | "connect" | "cut" | "refused-by-us";

/** An answer with an error status. */
export class OciStatusError extends OciError {
  readonly status: number;
  /** `code` of the registry's own error: `MANIFEST_UNKNOWN`, `DENIED` …; undefined when it gave none. */
  readonly reason?: string;
  /** What the registry asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;

  constructor(
    call: string,
    { status, reason, detail, retryAfterMs }: RegistryAnswer,
    options: SupportBundleErrorOptions = {},
  ) {
    const said = [reason, detail === undefined ? undefined : quoted(detail)].filter((part) => part).join(": ");
    super(`Cannot ${call}: the registry answered ${status}${said === "" ? "" : ` (${said})`}`, {
      code: "REGISTRY_STATUS",
      ...options,
    });
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface RegistryAnswer {
  status: number;
  reason?: string;
  detail?: string;
  retryAfterMs?: number;
}

/** 401 or 403: it wants credentials, or better ones. */
export class OciAuthError extends OciStatusError {
  constructor(call: string, answer: RegistryAnswer, had: "none" | "some", options: SupportBundleErrorOptions = {}) {
    super(call, answer, {
      code: "REGISTRY_AUTH",
      hint: had === "none"
        ? "Give it credentials: an image pull secret in the cluster, `docker login` on this machine"
        : "Check that the credentials for this registry are right, and may pull this image",
      ...options,
    });
  }
}

/** 404. */
export class OciNotFoundError extends OciStatusError {
  constructor(call: string, answer: RegistryAnswer, options: SupportBundleErrorOptions = {}) {
    super(call, answer, { code: "REGISTRY_NOT_FOUND", ...options });
  }
}

/** 429: too many requests. */
export class OciRateLimitError extends OciStatusError {
  constructor(call: string, answer: RegistryAnswer, options: SupportBundleErrorOptions = {}) {
    super(call, answer, {
      code: "REGISTRY_RATE_LIMIT",
      hint: "Try again later, or with credentials that have a higher limit",
      ...options,
    });
  }
}

/** The error that a status means. */
export function errorOfAnswer(call: string, answer: RegistryAnswer, had: "none" | "some"): OciStatusError {
  if (answer.status === 401 || answer.status === 403) return new OciAuthError(call, answer, had);
  if (answer.status === 404) return new OciNotFoundError(call, answer);
  if (answer.status === 429) return new OciRateLimitError(call, answer);
  return new OciStatusError(call, answer);
}

/** Text of others, on one line and short. */
function quoted(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trim().slice(0, MAX_QUOTED);
}
