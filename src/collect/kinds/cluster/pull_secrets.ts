import { Buffer } from "node:buffer";
import { describeError, SupportBundleError } from "../../../core/errors.ts";
import type { KubeClient } from "../../../kube/kube_client.ts";
import {
  credentialsFor,
  type DockerConfig,
  type FoundCredentials,
  parseDockerConfig,
} from "../../../oci/docker_config.ts";
import type { ImageReference } from "../../../oci/image_reference.ts";
import { rethrowFatal } from "./kube_failure.ts";

const KEYS = [".dockerconfigjson", ".dockercfg"];

/** Image pull secrets of the cluster, each read once. Their content goes to registries alone: no error quotes it. */
export class PullSecrets {
  readonly #kube: KubeClient;
  readonly #read = new Map<string, Promise<{ config?: DockerConfig; problem?: string }>>();

  constructor(kube: KubeClient) {
    this.#kube = kube;
  }

  /** The credentials that these secrets have for an image; a secret that cannot be read is a problem.
   * @throws what the cluster's being out of reach throws */
  async find(
    namespace: string,
    names: Iterable<string>,
    image: ImageReference,
    signal: AbortSignal,
  ): Promise<FoundCredentials> {
    const found: FoundCredentials = { credentials: [], problems: [] };
    for (const name of names) {
      const { config, problem } = await this.#config(namespace, name, signal);
      if (problem !== undefined) found.problems.push(problem);
      if (config !== undefined) found.credentials.push(...credentialsFor(config, image));
    }
    return found;
  }

  #config(namespace: string, name: string, signal: AbortSignal): Promise<{ config?: DockerConfig; problem?: string }> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
    let read = this.#read.get(path);
    if (read === undefined) {
      read = this.#kube.get(path, { signal }).then(
        (secret) => ({ config: pullSecretConfig(secret.data, `the secret "${name}" in "${namespace}"`) }),
      ).catch((error) => {
        rethrowFatal(error, signal);
        return { problem: describeError(error) };
      });
      read.catch(() => this.#read.delete(path));
      this.#read.set(path, read);
    }
    return read;
  }
}

/** The logins that a secret holds.
 * @param data values in base64
 * @param what names it in errors
 * @throws {SupportBundleError} when it holds none */
export function pullSecretConfig(data: Readonly<Record<string, string>> | undefined, what: string): DockerConfig {
  const key = KEYS.find((key) => data?.[key] !== undefined);
  if (key === undefined) {
    throw new SupportBundleError(`Cannot read the registry credentials of ${what}: it has no ${KEYS[0]}`, {
      code: "REGISTRY_CREDENTIALS",
    });
  }
  return parseDockerConfig(Buffer.from(data![key]!, "base64").toString("utf8"), what);
}
