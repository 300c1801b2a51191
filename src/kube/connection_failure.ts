import { describeError, SupportBundleError } from "../core/errors.ts";
import { shownProxy } from "../core/proxy_tunnel.ts";
import type { ClusterProxy } from "./cluster_proxy.ts";
import { KubeUnreachableError } from "./errors.ts";

/** A certificate can have hundreds of names. */
const MAX_DETAIL = 400;

/** What TLS says, and what that means to whoever has to put it right. The first that matches counts. */
const TLS_FAILURES: readonly [pattern: RegExp, message: (detail: string) => string, hint: string][] = [
  [
    /certificate expired|certificate: Expired|certificate has expired/i,
    () => "its certificate has expired",
    "Renew the API server's certificate, and check this machine's clock",
  ],
  [
    /not valid yet|NotValidYet/i,
    () => "its certificate is not valid yet",
    "Check this machine's clock",
  ],
  [
    /UnknownIssuer|unable to get (?:local )?issuer|self[- ]signed certificate/i,
    () => "its certificate is signed by an authority that is not trusted here (UnknownIssuer)",
    "Name the cluster's authority: certificate-authority in the kubeconfig, --certificate-authority or SSL_CERT_FILE",
  ],
  [
    /not valid for name|NotValidForName|Hostname\/IP does not match/i,
    (detail) => detail.replace(/^.*?invalid peer certificate: /s, ""),
    "Use a --server that the certificate names, or one of its names as --tls-server-name",
  ],
  [
    /CertificateRequired|BadCertificate|CertificateUnknown|UnknownCA|CertificateExpired|CertificateRevoked/,
    (detail) => `it refuses the client certificate (${detail})`,
    "Renew the client certificate of this user",
  ],
  [
    /certificate|handshake|\btls\b|InvalidContentType|corrupt message/i,
    (detail) => detail,
    "Check that the address is that of an API server, and its authority (--certificate-authority)",
  ],
];

/** Why there is no answer from the API server, in one line, and what to do about it.
 * @param cause what fetch, or a socket, threw; or the reason in words */
export function connectionFailure(server: URL, cause: unknown, proxy?: ClusterProxy): KubeUnreachableError {
  const detail = (typeof cause === "string" ? cause : shorten(describeError(cause))).slice(0, MAX_DETAIL);
  const tls = TLS_FAILURES.find(([pattern]) => pattern.test(detail));
  const through = proxy === undefined ? "" : ` through the proxy ${shownProxy(proxy.url)} (from ${proxy.origin})`;
  const ownHint = cause instanceof SupportBundleError ? cause.hint : undefined;
  const hint = tls?.[2] ?? ownHint ?? (proxy === undefined ? undefined : proxyHint(proxy));
  return new KubeUnreachableError(
    `Cannot reach the API server ${server.origin}${through}: ${tls === undefined ? detail : tls[1](detail)}`,
    hint === undefined ? {} : { hint }, // no cause: its words would say the same again
  );
}

function proxyHint({ origin }: ClusterProxy): string {
  return origin === "the kubeconfig"
    ? "Check proxy-url in the kubeconfig, and that the proxy runs and may reach the API server"
    : `Check ${origin}, or except the API server from it: NO_PROXY=HOST`;
}

/** Fetch's own messages name the request twice; what comes last is the reason. */
function shorten(message: string): string {
  return message.replace(/^.*?error sending request.*?for [^:]*:\/\/\S+ ?(?:\([^)]*\))?:? ?/s, "")
    .replace(/^client error \(Connect\): /, "")
    .replace(/^connect ECONNREFUSED .*/, "Connection refused")
    .replace(/^getaddrinfo \w+ .*/, "failed to lookup address information") || message;
}
