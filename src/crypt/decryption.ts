import type { Identity } from "age-encryption";
import { describeError, isAbort, SupportBundleError } from "../core/errors.ts";
import { type AgeHead, readAgeHead } from "./age_header.ts";
import { DecryptError } from "./crypt_error.ts";
import type { AgeIdentity } from "./identities.ts";

/** What opens encrypted files: asked for when there is one. */
export interface DecryptionKeys {
  identities(): Promise<readonly AgeIdentity[]> | readonly AgeIdentity[];
  /** For a file that a passphrase opens; undefined: there is none. */
  passphrase?(): Promise<string | undefined>;
  /** What all of that leads to, where it is known already. */
  fileKey?: Uint8Array;
}

/** Opens files that are encrypted with age, binary or armored. What is not encrypted passes as it is. */
export class Decryption {
  readonly #keys: DecryptionKeys;
  /** By header: a bundle is read several times, and a passphrase takes a second each. */
  readonly #fileKeys = new Map<string, Uint8Array>();

  constructor(keys: DecryptionKeys) {
    this.#keys = keys;
  }

  /** @param name of the file, for errors
   * @returns the plain bytes. A stream that ends without an error was complete, and nobody has changed it
   * @throws {DecryptError} when no key opens it; into the stream, where it is damaged or was tampered with */
  async open(source: ReadableStream<Uint8Array>, name?: string): Promise<ReadableStream<Uint8Array>> {
    return (await this.openAge(source, name)).plain;
  }

  /** As {@linkcode open}.
   * @returns with `encrypted` whether it was */
  async openAge(
    source: ReadableStream<Uint8Array>,
    name?: string,
  ): Promise<{ encrypted: boolean; plain: ReadableStream<Uint8Array> }> {
    let head: AgeHead | undefined;
    try {
      head = await readAgeHead(source);
      if (head.header === undefined) return { encrypted: false, plain: head.body };
      const { Decrypter } = await import("age-encryption");
      const fileKey = await this.#fileKey(head, name);
      const decrypter = new Decrypter();
      decrypter.addIdentity({ unwrapFileKey: () => fileKey });
      return { encrypted: true, plain: told(await decrypter.decrypt(head.body), name) };
    } catch (error) {
      await head?.body.cancel().catch(() => {});
      throw isOurs(error) ? error : damaged(name, error);
    }
  }

  async #fileKey({ header, stanzas }: AgeHead, name: string | undefined): Promise<Uint8Array> {
    const id = new TextDecoder("latin1").decode(header);
    const known = this.#keys.fileKey ?? this.#fileKeys.get(id);
    if (known !== undefined) return known;
    const { Decrypter } = await import("age-encryption");
    const decrypter = new Decrypter();
    const byPassphrase = stanzas.includes("scrypt");
    if (byPassphrase && stanzas.length > 1) throw new Error("it has other recipients beside a passphrase");
    if (byPassphrase) {
      const passphrase = await this.#keys.passphrase?.();
      if (passphrase === undefined) throw noPassphrase(name);
      decrypter.addPassphrase(passphrase);
    }
    const identities = await this.#keys.identities();
    for (const identity of identities) decrypter.addIdentity(identity as Identity);
    const fileKey = await decrypter.decryptHeader(header!).catch((cause) => {
      if (!/no identity matched/.test(describeError(cause))) throw cause;
      throw byPassphrase ? wrongPassphrase(name, cause) : noMatch(name, stanzas, identities.length, cause);
    });
    this.#fileKeys.set(id, fileKey);
    return fileKey;
  }
}

/** Says of a stream that breaks off what that means. */
function told(plain: ReadableStream<Uint8Array>, name: string | undefined): ReadableStream<Uint8Array> {
  const reader = plain.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (cause) {
        throw isOurs(cause) ? cause : damaged(name, cause);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
}

function isOurs(error: unknown): boolean {
  return error instanceof SupportBundleError || isAbort(error);
}

function damaged(name: string | undefined, cause: unknown): DecryptError {
  return new DecryptError(name, `it is encrypted, and damaged or tampered with: ${describeError(cause)}`, {
    code: "DECRYPT_DAMAGED",
    hint: "Copy or download it again, and do not trust what came out of it until then",
    cause,
  });
}

function noPassphrase(name: string | undefined): DecryptError {
  return new DecryptError(name, "it is encrypted with a passphrase, and none was given", {
    code: "DECRYPT_NO_KEY",
    hint: "Add --passphrase env:NAME or --passphrase file:/path",
  });
}

function wrongPassphrase(name: string | undefined, cause: unknown): DecryptError {
  return new DecryptError(name, "the passphrase is not the one that it was encrypted with", {
    code: "DECRYPT_NO_KEY",
    hint: "Use that one; each bundle may have another",
    cause,
  });
}

function noMatch(name: string | undefined, stanzas: string[], identities: number, cause: unknown): DecryptError {
  const counts = new Map<string, number>();
  for (const type of stanzas) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].map(([type, count]) => count === 1 ? type : `${count} × ${type}`).join(", ");
  const recipients = stanzas.length === 1 ? "a recipient" : `${stanzas.length} recipients`;
  const why = identities === 0 ? "no identity was named" : "no identity that was named is one of theirs";
  return new DecryptError(name, `it is encrypted to ${recipients} (${types}), and ${why}`, {
    code: "DECRYPT_NO_KEY",
    hint:
      "Name the identity of one of them with --identity FILE: X25519 is one of age-keygen, ssh-… a private key of SSH",
    cause,
  });
}
