import type { Recipient } from "age-encryption";
import type { ReadSecret } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { Decryption } from "./decryption.ts";
import { PassphraseRecipient } from "./passphrase_recipient.ts";
import { type AgeRecipient, readRecipients } from "./recipients.ts";

/** To whom a file is encrypted. Serializable, and without secrets. */
export interface EncryptTo {
  /** Of age and SSH, or paths of files that have them. */
  recipients: string[];
  /** Or a credential reference: age has one or the other. */
  passphrase?: string;
}

const MIN_PASSPHRASE = 12;

/** Encrypts one file, with recipients that are known to be good. */
export class Encryption {
  #fileKey?: Uint8Array;

  private constructor(readonly recipients: readonly AgeRecipient[]) {}

  /** Finds out all that could be wrong, before there is something to encrypt.
   * @throws {UsageError} for what cannot be encrypted to
   * @throws {CredentialError} when there is no such passphrase */
  static async prepare({ recipients, passphrase }: EncryptTo, secret: ReadSecret): Promise<Encryption> {
    refuseBoth(recipients, passphrase);
    if (passphrase === undefined) return new Encryption(await readRecipients(recipients));
    const text = await secret(passphrase);
    if (text.length >= MIN_PASSPHRASE) return new Encryption([new PassphraseRecipient(text)]);
    throw new UsageError(
      `--encrypt-passphrase: it has less than ${MIN_PASSPHRASE} characters, and could be guessed`,
      "Use a longer one, such as five random words, or --encrypt-to",
    );
  }

  /** @returns an age file, as fast as it is read */
  async encrypt(plain: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
    const { Encrypter } = await import("age-encryption");
    const encrypter = new Encrypter();
    for (const recipient of this.recipients) encrypter.addRecipient(recipient);
    encrypter.addRecipient(this.#keeper());
    return await encrypter.encrypt(plain);
  }

  /** What {@linkcode encrypt} has made, as whoever gets it would read it: its key is still known here, and nowhere else. */
  async reopen(encrypted: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
    return await new Decryption({ identities: () => [], fileKey: this.#fileKey }).open(encrypted);
  }

  /** Takes part in the encryption, and adds nothing to the file. */
  #keeper(): Recipient {
    return {
      wrapFileKey: (fileKey) => {
        this.#fileKey = fileKey.slice();
        return [];
      },
    };
  }
}

/** @throws {UsageError} */
export function refuseBoth(recipients: readonly string[], passphrase: string | undefined): void {
  if (recipients.length === 0 || passphrase === undefined) return;
  throw new UsageError(
    "--encrypt-to and --encrypt-passphrase exclude each other: age has one or the other",
    "Use one of them",
  );
}
