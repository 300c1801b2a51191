/** What a request is about, read from its API path. */
export interface ApiSubject {
  /** Plural resource name, with its subresource: `pods`, `pods/log`. Undefined for paths such as `/version`. */
  resource?: string;
  group?: string;
  version?: string;
  namespace?: string;
  name?: string;
}

/** Reads `/api/v1/namespaces/x/pods/y/log` and `/apis/GROUP/VERSION/…`; anything else is a path without a resource.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris */
export function parseApiPath(path: string): ApiSubject {
  const parts = path.replace(/\?.*$/, "").split("/").filter((part) => part !== "").map(decodePart);
  let rest: string[];
  let group = "";
  let version: string | undefined;
  if (parts[0] === "api" && parts.length > 2) {
    [version, ...rest] = parts.slice(1);
  } else if (parts[0] === "apis" && parts.length > 3) {
    group = parts[1]!;
    [version, ...rest] = parts.slice(2);
  } else {
    return {};
  }
  let namespace: string | undefined;
  // `/namespaces/x` alone is the object x of the resource `namespaces`.
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1];
    rest = rest.slice(2);
  }
  const [resource, name, ...sub] = rest;
  if (resource === undefined) return {};
  return {
    resource: sub.length > 0 ? `${resource}/${sub.join("/")}` : resource,
    ...(group === "" ? {} : { group }),
    version,
    namespace,
    name,
  };
}

/** The request in words, after "Cannot": `list "pods" in namespace "x"`. */
export function describeCall(method: string, path: string): string {
  const { resource, namespace, name } = parseApiPath(path);
  // An exec is permitted as `create pods/exec`, however it is sent.
  const creates = method === "POST" || resource?.endsWith("/exec");
  const verb = creates ? "create" : resource !== undefined && name === undefined ? "list" : "get";
  if (resource === undefined) return `${verb} "${path.replace(/\?.*$/, "")}"`;
  const named = name === undefined ? "" : ` "${name}"`;
  return `${verb} "${resource}"${named}${namespace === undefined ? "" : ` in namespace "${namespace}"`}`;
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
