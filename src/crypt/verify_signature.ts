import { isMinisignSignature, verifyMinisignSignature } from "./minisign.ts";
import { type GoodSignature, SignatureError, type TrustedKey } from "./signature.ts";
import { isSshSignature, verifySshSignature } from "./ssh_signature.ts";

/** @param text of a detached signature, of SSH or of minisign
 * @throws {SignatureError} unless one of the trusted keys has signed the file as it is */
export async function verifySignature(
  path: string,
  text: string,
  trusted: readonly TrustedKey[],
  now: Date,
): Promise<GoodSignature> {
  if (isSshSignature(text)) return await verifySshSignature(path, text, trusted, now);
  if (isMinisignSignature(text)) return await verifyMinisignSignature(path, text, trusted);
  throw new SignatureError(
    "The signature cannot be read: it is neither one of SSH nor one of minisign",
    "Name the right file with --signature",
  );
}
