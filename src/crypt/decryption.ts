import type { Identity } from "age-encryption";
import { describeError, isAbort, SupportBundleError } from "../core/errors.ts";
import { type AgeHead, readAgeHead } from "./age_header.ts";
import { DecryptError } from "./crypt_error.ts";
import type { AgeIdentity } from "./identities.ts";

/** What opens encrypted files. */
export interface DecryptionKeys {
  identities: readonly AgeIdentity[];
  /** Asked once, and only for a file that a passphrase opens; undefined: there is none. */
  passphrase?(): Promise<string | undefined>;
}

/** Opens files that are encrypted with age, binary or armored. What is not encrypted passes as it is. */
export class Decryption {
  readonly #keys: DecryptionKeys;
  /** By header: a bundle is read several times, and a passphrase takes a second each. */
  readonly #fileKeys = new Map<string, Uint8Array>();

  constructor(keys: DecryptionKeys) {
    this.#keys = keys;
  }

  /** @returns the plain bytes. A stream that ends without an error was complete, and nobody has changed it
   * @throws {DecryptError} when no key opens it; into the stream, where it is damaged or was tampered with */
  async open(source: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
    return (await this.openAge(source)).plain;
  }

  /** As {@linkcode open}.
   * @returns with `encrypted` whether it was */
  async openAge(
    source: ReadableStream<Uint8Array>,
  ): Promise<{ encrypted: boolean; plain: ReadableStream<Uint8Array> }> {
    let head: AgeHead;
    try {
      head = await readAgeHead(source);
    } catch (cause) {
      throw isOurs(cause) ? cause : damaged(cause);
    }
    if (head.header === undefined) return { encrypted: false, plain: head.body };
    try {
      const { Decrypter } = await import("age-encryption");
      const fileKey = await this.#fileKey(head);
      const decrypter = new Decrypter();
      decrypter.addIdentity({ unwrapFileKey: () => fileKey });
      return { encrypted: true, plain: told(await decrypter.decrypt(head.body)) };
    } catch (error) {
      await head.body.cancel().catch(() => {});
      throw isOurs(error) ? error : damaged(error);
    }
  }

  async #fileKey({ header, stanzas }: AgeHead): Promise<Uint8Array> {
    const name = new TextDecoder("latin1").decode(header);
    const known = this.#fileKeys.get(name);
    if (known !== undefined) return known;
    const { Decrypter } = await import("age-encryption");
    const decrypter = new Decrypter();
    const byPassphrase = stanzas.includes("scrypt");
    if (byPassphrase && stanzas.length > 1) throw new Error("it has other recipients beside a passphrase");
    if (byPassphrase) {
      const passphrase = await this.#keys.passphrase?.();
      if (passphrase === undefined) {
        throw new DecryptError(
          "It is encrypted with a passphrase, and none was given",
          "Add --passphrase env:NAME or --passphrase file:/path",
          { code: "DECRYPT_NO_KEY" },
        );
      }
      decrypter.addPassphrase(passphrase);
    }
    for (const identity of this.#keys.identities) decrypter.addIdentity(identity as Identity);
    const fileKey = await decrypter.decryptHeader(header!).catch((cause) => {
      if (!/no identity matched/.test(describeError(cause))) throw cause;
      throw byPassphrase ? wrongPassphrase(cause) : noMatch(stanzas, this.#keys.identities.length, cause);
    });
    this.#fileKeys.set(name, fileKey);
    return fileKey;
  }
}

/** Says of a stream that breaks off what that means. */
function told(plain: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = plain.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        throw isOurs(cause) ? cause : damaged(cause);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function isOurs(error: unknown): boolean {
  return error instanceof SupportBundleError || isAbort(error);
}

function damaged(cause: unknown): DecryptError {
  return new DecryptError(
    `It is encrypted, and damaged or tampered with: ${describeError(cause)}`,
    "Copy or download it again, and do not trust what came out of it until then",
    { code: "DECRYPT_DAMAGED", cause },
  );
}

function wrongPassphrase(cause: unknown): DecryptError {
  return new DecryptError("The passphrase does not open it", "Use the passphrase that it was encrypted with", {
    code: "DECRYPT_NO_KEY",
    cause,
  });
}

function noMatch(stanzas: string[], identities: number, cause: unknown): DecryptError {
  const counts = new Map<string, number>();
  for (const type of stanzas) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => count === 1 ? type : `${count} × ${type}`).join(", ");
  const why = identities === 0 ? "and no identity was named" : "and no identity that was named is one of theirs";
  return new DecryptError(
    `It is encrypted to ${stanzas.length === 1 ? "a recipient" : `${stanzas.length} recipients`} (${types}), ${why}`,
    "Name the file with the identity of one of them with --identity: X25519 is one of age-keygen, ssh-… a private key of SSH",
    { code: "DECRYPT_NO_KEY", cause },
  );
}
