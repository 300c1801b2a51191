import { CredentialError, type ReadSecret } from "../core/credential_reference.ts";
import { describeError } from "../core/errors.ts";
import { MinisignSigner, parseMinisignSecretKey } from "./minisign.ts";
import type { Signer } from "./signature.ts";
import { isPrivateKeyText, parseSshPrivateKey } from "./ssh_key.ts";
import { SshSigner } from "./ssh_signature.ts";

/** Makes ready to sign, so that a wrong key is found before there is something to sign.
 * @param reference credential reference of a private key: of SSH, or of minisign
 * @throws {CredentialError} when it leads to none. No message repeats a part of it */
export async function openSigner(reference: string, secret: ReadSecret): Promise<Signer> {
  const text = await secret(reference);
  try {
    if (isPrivateKeyText(text)) return new SshSigner(parseSshPrivateKey(text));
    return new MinisignSigner(parseMinisignSecretKey(text));
  } catch (cause) {
    const kind = isPrivateKeyText(text) ? "of SSH" : "of minisign";
    throw new CredentialError(
      `--sign: what ${reference} leads to is no private key ${kind} that can sign: ${describeError(cause)}`,
      "ssh-keygen -t ed25519 makes one, and minisign -G -W another one",
    );
  }
}
