import type { Identity } from "age-encryption";
import { describeError, UsageError } from "../core/errors.ts";
import { isPrivateKeyText, parseSshPrivateKey } from "./ssh_key.ts";
import { SshIdentity } from "./ssh_stanza.ts";

/** As the library takes them: its own as texts. */
export type AgeIdentity = string | Identity;

const FORMS = "Name a file as age-keygen writes it, or an SSH private key (ed25519 or RSA, without a passphrase)";
const MAX_FILE_BYTES = 1024 * 1024;

/** What is in a file of identities: that of `age-keygen`, or an SSH private key.
 * @throws {UsageError} that repeats nothing of it */
export async function readIdentities(path: string): Promise<AgeIdentity[]> {
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
      return [new SshIdentity(parseSshPrivateKey(text))];
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
