import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { askCredentialHelper } from "./credential_helper.ts";
import {
  credentialsFor,
  type DockerConfig,
  type FoundCredentials,
  helperFor,
  parseDockerConfig,
  type RegistryCredentials,
} from "./docker_config.ts";
import type { ImageReference } from "./image_reference.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/** The credentials that the user of this machine has for registries, as `helm registry login`, `podman login` and
 * `docker login` leave them. Each file is read once, each helper asked once for a registry. */
export class AmbientCredentials {
  readonly #clock: Clock;
  readonly #paths: string[];
  readonly #configs = new Map<string, Promise<{ config?: DockerConfig; problem?: string }>>();
  readonly #helped = new Map<string, Promise<RegistryCredentials | undefined>>();

  constructor(env: Readonly<Record<string, string | undefined>>, clock: Clock, os: string = Deno.build.os) {
    this.#clock = clock;
    this.#paths = dockerConfigPaths(env, os);
  }

  /** From the first file that has any for this image. */
  async find(image: ImageReference, signal: AbortSignal): Promise<FoundCredentials> {
    const problems: string[] = [];
    for (const path of this.#paths) {
      const { config, problem } = await this.#read(path);
      if (problem !== undefined) problems.push(problem);
      if (config === undefined) continue;
      const credentials = credentialsFor(config, image);
      try {
        const helped = await this.#ask(config, image.registry, signal);
        if (helped !== undefined) credentials.unshift(helped);
      } catch (error) {
        signal.throwIfAborted();
        problems.push(describeError(error));
      }
      if (credentials.length > 0) return { credentials, problems };
    }
    return { credentials: [], problems };
  }

  #read(path: string): Promise<{ config?: DockerConfig; problem?: string }> {
    return remember(this.#configs, path, async () => {
      try {
        const { size } = await stat(path);
        if (size > MAX_BYTES) return { problem: `The registry credentials in "${path}" are not read: ${size} bytes` };
        return { config: parseDockerConfig(await readFile(path, "utf8"), `"${path}"`) };
      } catch (error) {
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
          return {};
        }
        return { problem: describeError(error) };
      }
    });
  }

  #ask(config: DockerConfig, registry: string, signal: AbortSignal): Promise<RegistryCredentials | undefined> {
    const helper = helperFor(config, registry);
    if (helper === undefined) return Promise.resolve(undefined);
    return remember(
      this.#helped,
      `${helper.helper} ${helper.server}`,
      () => askCredentialHelper(helper.helper, helper.server, { clock: this.#clock, signal }),
    );
  }
}

/** The files in which logins are kept, in the order in which they are asked. */
export function dockerConfigPaths(env: Readonly<Record<string, string | undefined>>, os: string): string[] {
  const home = (os === "windows" ? env.USERPROFILE : undefined) ?? env.HOME;
  const below = (folder: string | undefined, ...parts: string[]) => folder ? join(folder, ...parts) : undefined;
  const inHome = (...parts: string[]) => below(home, ...parts);
  const helmFolder = os === "windows"
    ? below(env.APPDATA, "helm")
    : os === "darwin"
    ? inHome("Library", "Preferences", "helm")
    : below(env.XDG_CONFIG_HOME, "helm");
  const paths = [
    env.HELM_REGISTRY_CONFIG || undefined,
    below(env.HELM_CONFIG_HOME || helmFolder, "registry", "config.json"),
    inHome(".config", "helm", "registry", "config.json"),
    env.REGISTRY_AUTH_FILE || undefined,
    below(env.XDG_RUNTIME_DIR, "containers", "auth.json"),
    below(env.XDG_CONFIG_HOME, "containers", "auth.json"),
    inHome(".config", "containers", "auth.json"),
    env.DOCKER_CONFIG ? join(env.DOCKER_CONFIG, "config.json") : inHome(".docker", "config.json"),
  ];
  return [...new Set(paths.filter((path) => path !== undefined))];
}

function remember<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let result = known.get(key);
  if (result === undefined) {
    result = make();
    known.set(key, result);
  }
  return result;
}
