import type { Clock } from "../core/clock.ts";
import type { CredentialReference, CredentialScheme } from "../core/credential_reference.ts";
import type { KubeOptions } from "../kube/kube_client.ts";

/** A place where secrets are. A file in `sources/` defines one; a line in `registry.ts` makes it known. */
export interface CredentialSource<Scheme extends CredentialScheme = CredentialScheme> {
  scheme: Scheme;
  /** One line, for people. */
  summary: string;
  /** Looks the secret up, anew each time. Bounded in time and size. Loads what it needs when it is called.
   * @throws {CredentialError} in which no secret is, nor its cause */
  read(reference: Extract<CredentialReference, { scheme: Scheme }>, context: SourceContext): Promise<string>;
}

export interface SourceContext {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** The cluster that `k8s-secret:` asks; default: as the environment says. */
  kube?: KubeOptions;
  /** The state folder whose vault `vault:` means. */
  vaultFolder: string;
}
