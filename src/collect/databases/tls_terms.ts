import { isIP } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { SupportBundleError } from "../../core/errors.ts";
import { authorityProblem, keyPairProblem } from "../../core/key_pair.ts";
import type { CollectContext } from "../collector.ts";
import type { TlsFields } from "./database_fields.ts";
import { readData, readText } from "./referenced_text.ts";

/** How a TLS connection is to be made. */
export interface TlsTerms {
  /** `full`: the chain up to an authority, and the host's name; `chain`: the chain alone; `none`: nothing. */
  verify: "full" | "chain" | "none";
  /** PEM text. Undefined: the authorities of this machine. */
  ca?: string;
  /** The client's certificate and its key, as PEM texts. They are shown whatever `verify` says. */
  cert?: string;
  key?: string;
  /** The name that the certificate must have, where it is not the host's. */
  servername?: string;
  alpn?: string[];
}

/** What the `tls` block of a spec asks for; undefined without one.
 * @param authorityNeeded whether a block without `skipVerify` must name an authority
 * @throws {UnresolvedReferenceError} for what the cluster does not give, {SupportBundleError} for a block that is incomplete */
export async function tlsTerms(
  tls: TlsFields | undefined,
  authorityNeeded: boolean,
  cluster: Pick<CollectContext, "kube" | "signal" | "namespace">,
): Promise<TlsTerms | undefined> {
  if (tls === undefined) return undefined;
  const { skipVerify, secret } = tls;
  let ca: string, cert: string, key: string;
  if (secret?.name) {
    const data = await readData("secrets", secret, "tls.secret", cluster);
    ({ cacert: ca = "", clientCert: cert = "", clientKey: key = "" } = data);
    if (!ca && !skipVerify) throw incomplete(`the Secret of tls.secret has no key "cacert"`);
  } else {
    ca = await readText(tls.cacert, "tls.cacert", cluster);
    cert = await readText(tls.clientCert, "tls.clientCert", cluster);
    key = await readText(tls.clientKey, "tls.clientKey", cluster);
    if (!ca && !skipVerify && authorityNeeded) {
      throw incomplete("tls names neither an authority (cacert, secret) nor skipVerify");
    }
  }
  if (!cert !== !key) {
    throw incomplete(
      `there is a ${cert ? "clientCert" : "clientKey"} without its ${cert ? "clientKey" : "clientCert"}`,
    );
  }
  return {
    verify: skipVerify ? "none" : "full",
    ...(ca && !skipVerify ? { ca } : {}),
    ...(cert ? { cert, key } : {}),
  };
}

function incomplete(what: string): SupportBundleError {
  return new SupportBundleError(`Cannot connect with TLS: ${what}`, { code: "SPEC_VALUE" });
}

/** The client's certificate and its key, as options of TLS have them; none where the terms have none.
 * @throws {SupportBundleError} for a pair that cannot be used, with which Deno's process would end */
export function clientPair({ cert, key = "" }: TlsTerms): { cert: string; key: string } | Record<never, never> {
  if (cert === undefined) return {};
  const problem = keyPairProblem(cert, key);
  if (problem !== undefined) throw incomplete(`the clientCert cannot be used: ${problem}`);
  return { cert, key };
}

/** The authorities, as options of TLS have them; none where the terms have none.
 * @throws {SupportBundleError} when they cannot be read */
export function authority({ ca }: TlsTerms): { ca?: string } {
  if (ca === undefined) return {};
  const problem = authorityProblem(ca);
  if (problem !== undefined) throw incomplete(`the authority (cacert) cannot be used: ${problem}`);
  return { ca };
}

/** The same terms for `node:tls`.
 * @param host the name, or the address, that the server's certificate must be for */
export function tlsOptions(terms: TlsTerms, host: string): ConnectionOptions {
  const servername = terms.servername ?? (isIP(host) ? undefined : host); // an address is no server name
  return {
    host,
    ...(servername === undefined ? {} : { servername }),
    ...(terms.alpn === undefined ? {} : { ALPNProtocols: terms.alpn }),
    rejectUnauthorized: terms.verify !== "none",
    ...(terms.verify === "chain" ? { checkServerIdentity: () => undefined } : {}),
    ...authority(terms),
    ...clientPair(terms),
  };
}
