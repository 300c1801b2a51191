import { OciError } from "./errors.ts";

const ALGORITHMS: Readonly<Record<string, string>> = { sha256: "SHA-256", sha512: "SHA-512" };

/** `sha256:` and the hash of the bytes in hex. */
export async function digestOf(bytes: Uint8Array, algorithm: "sha256" | "sha512" = "sha256"): Promise<string> {
  const hash = await crypto.subtle.digest(ALGORITHMS[algorithm]!, bytes as Uint8Array<ArrayBuffer>);
  return `${algorithm}:${new Uint8Array(hash).toHex()}`;
}

/** Checks that the bytes are those that a digest names.
 * @param what names them in the error
 * @throws {OciError} when they are others, or when the digest is of no known kind */
export async function verifyDigest(bytes: Uint8Array, digest: string, what: string): Promise<void> {
  const algorithm = digest.slice(0, digest.indexOf(":"));
  if (algorithm !== "sha256" && algorithm !== "sha512") {
    throw new OciError(`Cannot check ${what}: its digest is neither sha256 nor sha512`, { code: "REGISTRY_DIGEST" });
  }
  if (await digestOf(bytes, algorithm) !== digest.toLowerCase()) {
    throw new OciError(`The registry sent other bytes for ${what} than its digest says`, {
      code: "REGISTRY_DIGEST",
      hint: "Try again; if it stays so, the registry or a proxy before it is broken or not to be trusted",
    });
  }
}
