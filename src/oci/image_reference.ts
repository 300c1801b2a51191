import { OciReferenceError } from "./errors.ts";

/** An image by its place, as specs and pods name it. */
export interface ImageReference {
  /** Host in lower case, with its port if it has one; `docker.io` where the reference names none. */
  registry: string;
  /** Path below the registry: `library/nginx`. */
  repository: string;
  /** Undefined where the reference has a digest and no tag; else `latest` by default. */
  tag?: string;
  /** `sha256:` or `sha512:` and hex digits. Counts more than the tag. */
  digest?: string;
}

const MAX_REPOSITORY = 255;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Reads `nginx`, `app/web:1.2`, `registry.example:5000/app@sha256:…`, `localhost/app`, `[::1]:5000/app`.
 *
 * What stands before the first slash is a host when it has a dot or a colon, or is `localhost`.
 * @throws {OciReferenceError}
 * @see https://pkg.go.dev/github.com/distribution/reference */
export function parseImageReference(text: string): ImageReference {
  const slash = text.indexOf("/");
  const head = text.slice(0, Math.max(slash, 0));
  const hasHost = /[.:]/.test(head) || head === "localhost";
  return hasHost ? imageAt(head, text.slice(slash + 1), text) : imageAt("docker.io", text, text);
}

/** The image that a registry has under `name[:tag][@digest]`.
 * @param text how errors name it
 * @throws {OciReferenceError} */
export function imageAt(host: string, name: string, text = `${host}/${name}`): ImageReference {
  const invalid = (why: string) => new OciReferenceError(text, why);
  const [tagged, digest, ...more] = name.split("@") as [string, ...string[]];
  if (more.length > 0) throw invalid("it has more than one @");
  if (digest !== undefined && !DIGEST.test(digest)) throw invalid("what follows the @ is no sha256 or sha512 digest");

  let registry = host.toLowerCase();
  if (registry === "index.docker.io") registry = "docker.io";
  if (!HOST.test(registry) || !URL.canParse(`https://${registry}`)) throw invalid("it begins with what is no host");

  const colon = tagged.indexOf(":", tagged.lastIndexOf("/") + 1);
  let repository = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) throw invalid("what follows the last colon is no tag");
  if (repository === "") throw invalid("it has no name");
  if (!repository.split("/").every((part) => COMPONENT.test(part))) {
    throw invalid(
      /[A-Z]/.test(repository) ? "its name has upper-case letters" : "its name has signs that none may have",
    );
  }
  if (registry === "docker.io" && !repository.includes("/")) repository = `library/${repository}`;
  if (repository.length > MAX_REPOSITORY) throw invalid(`its name is longer than ${MAX_REPOSITORY} characters`);
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest !== undefined ? { digest } : {}),
  };
}

/** The whole reference: `docker.io/library/nginx:latest`. Two texts that mean the same give the same. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The host that answers for a registry, which is another one for Docker Hub alone. */
export function apiHost(registry: string): string {
  return registry === "docker.io" ? "registry-1.docker.io" : registry;
}
