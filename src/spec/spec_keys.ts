/** Keys under which Secrets and ConfigMaps hold specs. */
export const SPEC_KEYS = ["support-bundle-spec", "redactor-spec", "preflight.yaml", "preflight-spec"] as const;

/** The keys that a search of the cluster reads, in the order in which their specs are merged. */
export const SEARCHED_KEYS = ["support-bundle-spec", "preflight.yaml", "redactor-spec"] as const;

/** The base64 of a Secret as text; undefined when it is not base64, or not UTF-8. */
export function decodeSpec(base64: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(base64.replace(/\s/g, "")));
  } catch {
    return undefined;
  }
}

/** Whether a value under any key at all is meant to be a spec. */
export function looksLikeSpec(text: string): boolean {
  return /\bapiVersion["']?\s*:\s*["']?troubleshoot\./.test(text);
}
