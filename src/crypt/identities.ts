import type { Identity } from "age-encryption";
import { describeError, UsageError } from "../core/errors.ts";
import {
  isPrivateKeyText,
  type LockedSshKey,
  lockedSshKey,
  parseSshPrivateKey,
  type SshPrivateKey,
} from "./ssh_key.ts";
import { LockedSshIdentity, SshIdentity } from "./ssh_stanza.ts";

/** As the library takes them: its own as texts. */
export type AgeIdentity = string | Identity;

const FORMS = "Name a file as age-keygen writes it, or an SSH private key (ed25519 or RSA)";
const MAX_FILE_BYTES = 1024 * 1024;

/** Asks for the passphrase of something; undefined: there is nobody to ask. */
export type AskPassphrase = (of: string) => Promise<string | undefined>;

/** What is in a file of identities: that of `age-keygen`, or an SSH private key.
 * @param ask for the passphrase of an SSH key, once a file wants that key
 * @throws {UsageError} that repeats nothing of it; also when the identity is used */
export async function readIdentities(path: string, ask?: AskPassphrase): Promise<AgeIdentity[]> {
  const failure = (why: string, cause?: unknown) =>
    new UsageError(`--identity: cannot use "${path}": ${why}`, FORMS, { cause });
  let text: string;
  try {
    if ((await Deno.stat(path)).size > MAX_FILE_BYTES) throw new Error("it is too large for an identity");
    text = await Deno.readTextFile(path);
  } catch (cause) {
    throw failure(cause instanceof Deno.errors.NotFound ? "there is no such file" : describeError(cause), cause);
  }
  if (isPrivateKeyText(text)) {
    try {
      const locked = lockedSshKey(text);
      if (locked === undefined) return [new SshIdentity(parseSshPrivateKey(text))];
      return [new LockedSshIdentity(locked.public, () => unlock(locked, `the key "${path}"`, ask, failure))];
    } catch (cause) {
      throw failure(describeError(cause), cause);
    }
  }
  if (/^(?:age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE-----)/.test(text)) {
    throw failure("it is encrypted itself; open it first: age -d -o identity.txt FILE");
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const identities = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (identities.length === 0) throw failure("there is no identity in it");
  for (const identity of identities) await check(identity, lines.indexOf(identity) + 1, failure);
  return identities;
}

async function unlock(
  key: LockedSshKey,
  name: string,
  ask: AskPassphrase | undefined,
  failure: (why: string, cause?: unknown) => UsageError,
): Promise<SshPrivateKey> {
  const passphrase = await ask?.(name);
  if (passphrase === undefined) throw failure("it has a passphrase, and none was given: add --passphrase env:NAME");
  try {
    return await key.unlock(passphrase);
  } catch (cause) {
    throw failure(describeError(cause), cause);
  }
}

async function check(identity: string, line: number, failure: (why: string) => UsageError): Promise<void> {
  if (/^age1|^ssh-/.test(identity)) throw failure(`line ${line} is a recipient, not the identity that belongs to it`);
  if (/^AGE-PLUGIN-/.test(identity)) throw failure(`line ${line} is an identity of a plugin, which age can use`);
  const { Decrypter } = await import("age-encryption");
  try {
    new Decrypter().addIdentity(identity);
  } catch {
    // Its message could repeat it.
    throw failure(`line ${line} is no identity`);
  }
}
