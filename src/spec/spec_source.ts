/** What a source of specs names: the positional arguments, `--redactors`, the specs of a job. */
export type SpecSource =
  | { kind: "stdin" }
  | { kind: "http"; url: URL }
  | ObjectSource
  /** A URL of a scheme that is none of the above, without its colon. */
  | { kind: "url"; scheme: string }
  | { kind: "file"; path: string };

/** A Secret or ConfigMap of the cluster, or one key of it. */
export interface ObjectSource {
  kind: "object";
  resource: "secret" | "configmap";
  namespace: string;
  name: string;
  key?: string;
}

/** Tells what a text names; nothing is looked up. `secret/…` and `configmap/…` with a namespace and a name mean the
 * cluster, as in Troubleshoot, even where a file has that path: `./secret/a/b` means the file. */
export function parseSpecSource(text: string): SpecSource {
  if (text === "-") return { kind: "stdin" };
  const object = /^(secret|configmap)\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(text);
  if (object !== null) {
    const [, resource, namespace, name, key] = object;
    return { kind: "object", resource: resource as ObjectSource["resource"], namespace: namespace!, name: name!, key };
  }
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https") {
    const url = URL.parse(text);
    if (url !== null) return { kind: "http", url };
  }
  return scheme === undefined ? { kind: "file", path: text } : { kind: "url", scheme };
}

/** How messages name a source: a URL without its user, password and query, which may be secrets. */
export function shownSource(text: string): string {
  const source = parseSpecSource(text);
  if (source.kind === "http") return shownUrl(source.url);
  return source.kind === "url" ? text.replace(/\/\/[^/@]*@/, "//").replace(/[?#].*$/s, "") : text;
}

/** An address without user, password, query and fragment. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
