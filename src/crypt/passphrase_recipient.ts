import { Buffer } from "node:buffer";
import { scrypt } from "node:crypto";
import type { Recipient, Stanza } from "age-encryption";

const LABEL = "age-encryption.org/v1/scrypt";
/** 64 MB for a moment, in a process that may have little: age's own 18 takes 256 MB. */
const WORK_FACTOR = 16;

/** Encrypts to whoever knows a passphrase. It must be a file's only recipient.
 * @see https://c2sp.org/age#scrypt-recipient-stanza */
export class PassphraseRecipient implements Recipient {
  constructor(readonly passphrase: string) {}

  async wrapFileKey(fileKey: Uint8Array): Promise<Stanza[]> {
    const salt = crypto.getRandomValues(new Uint8Array(16));
    const options = { N: 2 ** WORK_FACTOR, r: 8, p: 1, maxmem: 2 ** WORK_FACTOR * 8 * 128 * 2 };
    const key = await new Promise<Uint8Array>((resolve, reject) =>
      scrypt(
        this.passphrase,
        Buffer.concat([Buffer.from(LABEL), salt]),
        32,
        options,
        (error, derived) => error ? reject(error) : resolve(new Uint8Array(derived!)),
      )
    );
    const { chacha20poly1305 } = await import("@noble/ciphers/chacha.js");
    const body = chacha20poly1305(key, new Uint8Array(12)).encrypt(fileKey);
    const encoded = Buffer.from(salt).toString("base64").replace(/=+$/, "");
    return [{ args: ["scrypt", encoded, String(WORK_FACTOR)], body }];
  }
}
