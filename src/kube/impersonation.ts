import { KubeconfigError } from "./errors.ts";
import type { KubeUser } from "./kubeconfig.ts";

/** The headers that ask the API server to answer as somebody else.
 * @throws {KubeconfigError} for a group, uid or extra value without a user, and for values that no header can carry
 * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
export function impersonationHeaders(user: KubeUser): [string, string][] {
  const { as: name, "as-uid": uid, "as-groups": groups, "as-user-extra": extra } = user;
  if (name === undefined) {
    if (uid === undefined && !groups?.length && !extra) return [];
    throw new KubeconfigError("Cannot impersonate a uid, group or extra value: no user to impersonate is named", {
      hint: "Add --as",
    });
  }
  const headers: [string, string][] = [["impersonate-user", headerValue(name)]];
  if (uid !== undefined) headers.push(["impersonate-uid", headerValue(uid)]);
  for (const group of groups ?? []) headers.push(["impersonate-group", headerValue(group)]);
  for (const [key, values] of Object.entries(extra ?? {})) {
    for (const value of values) headers.push([`impersonate-extra-${headerKey(key)}`, headerValue(value)]);
  }
  return headers;
}

/** Percent-encodes what is not allowed in the name of a header. */
function headerKey(key: string): string {
  return encodeURIComponent(key.toLowerCase()).replace(/[()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** Headers are bytes; the API server reads them as UTF-8. */
function headerValue(text: string): string {
  // deno-lint-ignore no-control-regex -- those are the ones
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(text) || text !== text.trim()) {
    throw new KubeconfigError(
      `Cannot impersonate ${JSON.stringify(text)}: a name has no control characters or blanks around it`,
      {
        hint: "Check --as, --as-group, --as-uid and --as-user-extra",
      },
    );
  }
  return String.fromCharCode(...new TextEncoder().encode(text));
}
