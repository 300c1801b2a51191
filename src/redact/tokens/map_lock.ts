import { describeError, UsageError } from "../../core/errors.ts";
import { RedactionMapError } from "./map_error.ts";

/** Who can open an encrypted map: the owners of age identities, or whoever knows a passphrase. */
export type MapLock = { recipients: string[] } | { passphrase: string };

/** What opens one. */
export interface MapKeys {
  /** Lines of an age identity file. */
  identities?: string[];
  passphrase?: string;
}

/** 64 MB for a moment, at the end of a run that may have little: age's own 18 takes 256 MB. */
const SCRYPT_WORK_FACTOR = 16;

/** Makes ready to encrypt, so that a wrong recipient is found before there is something to encrypt.
 * @returns the text as an age file, armored
 * @throws {UsageError} for what is no recipient */
export async function encryptFor(lock: MapLock): Promise<(text: string) => Promise<string>> {
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  if ("passphrase" in lock) {
    encrypter.setPassphrase(lock.passphrase);
    encrypter.setScryptWorkFactor(SCRYPT_WORK_FACTOR);
  } else {
    for (const recipient of lock.recipients) {
      try {
        encrypter.addRecipient(recipient);
      } catch (cause) {
        // An identity that was taken for a recipient is a secret.
        const shown = recipient.startsWith("age1") ? `"${recipient.slice(0, 80)}" is` : "there is something that is";
        throw new UsageError(
          `--redaction-map-recipients: ${shown} not an age recipient: ${describeError(cause)}`,
          "age-keygen makes an identity, and prints its recipient, which begins with age1",
        );
      }
    }
  }
  return async (text) => armor.encode(await encrypter.encrypt(text));
}

/** True for an age file that a passphrase opens. */
export async function wantsPassphrase(armored: string): Promise<boolean> {
  const head = new TextDecoder().decode((await decode(armored)).subarray(0, 200));
  return /^age-encryption\.org\/v1\n-> scrypt /.test(head);
}

/** @throws {RedactionMapError} when the keys do not open it */
export async function decryptWith(armored: string, keys: MapKeys): Promise<string> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  if (keys.passphrase !== undefined) decrypter.addPassphrase(keys.passphrase);
  for (const identity of keys.identities ?? []) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw new RedactionMapError(
        "The identity file has a line that is no age identity",
        "Name a file as age-keygen writes it; identities that are encrypted themselves, and those of SSH, do not open maps",
      );
    }
  }
  try {
    return await decrypter.decrypt(await decode(armored), "text");
  } catch (cause) {
    throw new RedactionMapError(
      keys.passphrase === undefined
        ? "The map is not encrypted for this identity, or it is damaged"
        : "The passphrase does not open the map, or the map is damaged",
      "Use what the map was encrypted for",
      { cause },
    );
  }
}

async function decode(armored: string): Promise<Uint8Array> {
  const { armor } = await import("age-encryption");
  try {
    return armor.decode(armored);
  } catch (cause) {
    throw new RedactionMapError("The encrypted part of the map is damaged", "Use an undamaged copy of the map", {
      cause,
    });
  }
}
