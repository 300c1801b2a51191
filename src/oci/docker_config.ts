import { Buffer } from "node:buffer";
import { OciError } from "./errors.ts";
import type { ImageReference } from "./image_reference.ts";

/** What opens a registry: a name and a password, or a token of its own. */
export interface RegistryCredentials {
  username?: string;
  password?: string;
  /** Exchanged for access tokens (`identitytoken`). */
  identityToken?: string;
  /** Sent as it is (`registrytoken`). */
  registryToken?: string;
}

/** Credentials for an image, the most specific first, and why others could not be read. No problem quotes a secret. */
export interface FoundCredentials {
  credentials: RegistryCredentials[];
  problems: string[];
}

/** A `config.json` of Docker and its relatives, or the content of an image pull secret. */
export interface DockerConfig {
  entries: ConfigEntry[];
  /** Program that keeps the credentials of every registry: `docker-credential-<name>`. */
  credsStore?: string;
  /** The same, for single registries. */
  credHelpers: { registry: string; helper: string }[];
}

interface ConfigEntry extends RegistryPattern {
  credentials: RegistryCredentials;
}

/** A key of a config: `https://host:port/path`, where labels of the host may hold `*`. */
interface RegistryPattern {
  host: string;
  /** Begins of the repositories it is for; empty: all. */
  path: string;
}

const HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/** Reads `{"auths": {…}}`, and the older form without `auths`.
 * @param what names the source in errors
 * @throws {OciError} when it is not JSON of that form; nothing of the text is quoted */
export function parseDockerConfig(text: string, what: string): DockerConfig {
  const invalid = (why: string) =>
    new OciError(`Cannot read the registry credentials of ${what}: ${why}`, { code: "REGISTRY_CREDENTIALS" });
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (!isRecord(config)) throw invalid("it is not a JSON object");
  const { auths, credsStore, credHelpers } = config;
  const legacy = Object.values(config).some((value) => isRecord(value) && ("auth" in value || "password" in value));
  const entries = isRecord(auths) ? auths : auths === undefined && legacy ? config : {};
  return {
    entries: Object.entries(entries).flatMap(([key, value]) => {
      const credentials = isRecord(value) ? readEntry(value) : undefined;
      return credentials === undefined ? [] : [{ ...parsePattern(key), credentials }];
    }),
    ...(typeof credsStore === "string" && credsStore !== "" ? { credsStore } : {}),
    credHelpers: isRecord(credHelpers)
      ? Object.entries(credHelpers).flatMap(([registry, helper]) =>
        typeof helper === "string" ? [{ registry, helper }] : []
      )
      : [],
  };
}

/** The credentials of a config that are for this image, the most specific first. */
export function credentialsFor(
  config: Pick<DockerConfig, "entries">,
  image: Pick<ImageReference, "registry" | "repository">,
): RegistryCredentials[] {
  return config.entries
    .filter((entry) => matches(entry, image))
    .sort((a, b) => b.path.length - a.path.length || stars(a.host) - stars(b.host))
    .map(({ credentials }) => credentials);
}

/** The program that keeps the credentials of a registry, and the name it knows the registry by. */
export function helperFor(
  { credHelpers, credsStore }: DockerConfig,
  registry: string,
): { helper: string; server: string } | undefined {
  const own = credHelpers.find((entry) => sameHost(parsePattern(entry.registry).host, registry));
  if (own !== undefined) return { helper: own.helper, server: own.registry };
  if (credsStore === undefined) return undefined;
  return { helper: credsStore, server: HUB.has(registry) ? "https://index.docker.io/v1/" : registry };
}

/** `username` and `password` count before `auth`, which is base64 of both, or both in the clear. */
function readEntry(entry: Record<string, unknown>): RegistryCredentials | undefined {
  const text = (key: string) => typeof entry[key] === "string" && entry[key] !== "" ? entry[key] as string : undefined;
  const identityToken = text("identitytoken");
  const registryToken = text("registrytoken");
  let username = text("username");
  let password = text("password");
  const auth = text("auth");
  if ((username === undefined || password === undefined) && auth !== undefined) {
    const decoded = decodeAuth(auth);
    const colon = decoded.indexOf(":");
    if (colon > 0) {
      username = decoded.slice(0, colon);
      password = decoded.slice(colon + 1);
    }
  }
  if (username !== undefined && password !== undefined) return { username, password, identityToken, registryToken };
  return identityToken || registryToken ? { identityToken, registryToken } : undefined;
}

function decodeAuth(auth: string): string {
  if (auth.includes(":")) return auth;
  return Buffer.from(auth, "base64").toString("utf8").replace(/\0+$/, "");
}

function parsePattern(key: string): RegistryPattern {
  const bare = key.trim().replace(/^https?:\/\//i, "").replace(/\/+$/, "");
  const slash = bare.indexOf("/");
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? "" : bare.slice(slash + 1);
  return { host: HUB.has(host) ? "docker.io" : host, path: /^v[12]$/.test(path) ? "" : path };
}

function matches({ host, path }: RegistryPattern, image: Pick<ImageReference, "registry" | "repository">): boolean {
  return sameHost(host, image.registry) &&
    (path === "" || image.repository === path || image.repository.startsWith(`${path}/`));
}

/** Label by label; the ports must be equal. */
function sameHost(pattern: string, registry: string): boolean {
  const wanted = HUB.has(registry) ? "docker.io" : registry;
  if (pattern === wanted) return true;
  if (!pattern.includes("*")) return false;
  const [a, b] = [splitPort(pattern), splitPort(wanted)];
  const [labels, own] = [a.name.split("."), b.name.split(".")];
  return a.port === b.port && labels.length === own.length && labels.every((label, i) => fits(label, own[i]!));
}

function splitPort(host: string): { name: string; port: string } {
  const [, name = host, port = ""] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name, port };
}

/** `*` stands for any text, in time that grows with the product of the lengths at most. */
function fits(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split("*") as [string, ...string[]];
  if (rest.length === 0) return pattern === text;
  const last = rest.pop()!;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

function stars(text: string): number {
  return text.split("*").length - 1;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
