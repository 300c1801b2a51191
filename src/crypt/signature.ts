import { createHash } from "node:crypto";
import { SupportBundleError } from "../core/errors.ts";

/** A finished file, as it is signed. */
export interface SignedFile {
  path: string;
  /** Lower-case hex. */
  sha256: string;
}

/** Makes detached signatures with one private key. */
export interface Signer {
  /** Behind the file's name, of its signature. */
  readonly suffix: ".sig" | ".minisig";
  /** @returns the whole text of the signature */
  sign(file: SignedFile, now: Date): Promise<string>;
}

/** A public key whose signatures count. */
export type TrustedKey =
  | { kind: "ssh"; wire: Uint8Array; principals?: string; namespaces?: string[]; validAfter?: Date; validBefore?: Date }
  | { kind: "minisign"; id: string; key: Uint8Array<ArrayBuffer> };

/** A signature that is good. */
export interface GoodSignature {
  kind: "ssh" | "minisign";
  /** Fingerprint or id of its key. */
  key: string;
  /** Who signed, as the list of allowed signers has it. */
  signer?: string;
  /** What is signed with it, of minisign. */
  comment?: string;
}

/** A signature that is not good, or that nobody can say of whether it is. */
export class SignatureError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "SIGNATURE", hint });
  }
}

/** What a signature of `ssh-keygen -Y sign -n` must be for, here. */
export const SSH_NAMESPACE = "support-bundle";

/** Hash of a file, in bounded memory. */
export async function hashFile(
  path: string,
  algorithm: "sha256" | "sha512" | "blake2b512",
): Promise<Uint8Array<ArrayBuffer>> {
  const hash = createHash(algorithm);
  for await (const chunk of (await Deno.open(path)).readable) hash.update(chunk);
  return new Uint8Array(hash.digest());
}
