import type { KubeObject } from "../../../../kube/kube_client.ts";

/** What is shown of an image pull secret: the user name for each registry, and what could not be read. */
export interface PullSecretSummary {
  usernames: Record<string, string>;
  /** By registry; the key "" means the secret as a whole. */
  errors: Record<string, string>;
}

/** Reads `.dockerconfigjson`. Passwords stay where they are; no error quotes the secret.
 * @param secret of type `kubernetes.io/dockerconfigjson` */
export function summarizePullSecret(secret: KubeObject): PullSecretSummary {
  const usernames: [string, string][] = [];
  const errors: [string, string][] = [];
  let auths: Record<string, { auth?: string } | null>;
  try {
    auths = (JSON.parse(decodeBase64(secret.data?.[".dockerconfigjson"] ?? "")) as { auths?: typeof auths }).auths ??
      {};
  } catch {
    return { usernames: {}, errors: { "": "Its .dockerconfigjson is not base64 of JSON" } };
  }
  for (const [registry, entry] of Object.entries(auths)) {
    try {
      usernames.push([registry, decodeBase64(entry?.auth ?? "").split(":")[0]!]);
    } catch {
      errors.push([registry, "Its auth is not base64"]);
    }
  }
  return { usernames: Object.fromEntries(usernames), errors: Object.fromEntries(errors) };
}

/** Standard base64 of UTF-8. @throws when it is not */
export function decodeBase64(text: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(text));
}
