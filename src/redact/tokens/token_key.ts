import { CredentialError, type ReadSecret } from "../../core/credential_reference.ts";

const KEY_BYTES = 32;
const MIN_LENGTH = 16;

export interface TokenKey {
  bytes: Uint8Array;
  /** As it was found where the reference leads; absent for a random one, which is nowhere. */
  text?: string;
}

/** The key of a run's tokens: what a credential reference names, or a random one that nobody keeps.
 * @throws {CredentialError} when the reference names nothing, or a key that could be guessed */
export async function tokenKey(reference: string | undefined, secret: ReadSecret): Promise<TokenKey> {
  if (reference === undefined) return { bytes: crypto.getRandomValues(new Uint8Array(KEY_BYTES)) };
  const text = await secret(reference);
  if (text.length >= MIN_LENGTH) return { bytes: new TextEncoder().encode(text), text };
  throw new CredentialError(
    `The token key has less than ${MIN_LENGTH} characters: whoever guesses it can guess the values, too`,
    "Make one with: openssl rand -hex 32",
  );
}
