import { resolve } from "node:path";
import type { Recipient } from "age-encryption";
import { describeError, UsageError } from "../core/errors.ts";
import { isPrivateKeyText, isSshPublicKey, parseSshPublicKey } from "./ssh_key.ts";
import { SshRecipient } from "./ssh_stanza.ts";

/** As the library takes them: its own as texts. */
export type AgeRecipient = string | Recipient;

const FLAG = "--encrypt-to";
const FORMS =
  "Write a recipient (age1…, or an SSH public key: ssh-ed25519 … or ssh-rsa …), or a file that has one a line";
const MAX_FILE_BYTES = 1024 * 1024;

/** Those that a file will be encrypted to: what was named, and what is in the files that were named.
 * @param named as of {@linkcode recipientSource}; files are such as `age -R` reads
 * @throws {UsageError} for what cannot be encrypted to. It repeats nothing that may be a secret */
export async function readRecipients(named: readonly string[]): Promise<AgeRecipient[]> {
  const recipients: AgeRecipient[] = [];
  const postQuantum = new Set<boolean>();
  const add = async (text: string, place: string) => {
    recipients.push(await toRecipient(text, place));
    postQuantum.add(/^age1(?:pq|tagpq)1/.test(text));
  };
  for (const text of named.map((text) => text.trim())) {
    if (isRecipient(text)) await add(text, FLAG);
    else {
      for (const [index, line] of (await readLines(text)).entries()) {
        const recipient = line.trim();
        if (recipient === "" || recipient.startsWith("#")) continue;
        if (!isRecipient(recipient)) {
          throw new UsageError(`${FLAG}: line ${index + 1} of "${text}" is not a recipient`, FORMS);
        }
        await add(recipient, `${FLAG}: line ${index + 1} of "${text}"`);
      }
    }
  }
  if (recipients.length === 0) throw new UsageError(`${FLAG}: there is no recipient, and nobody could read it`, FORMS);
  if (postQuantum.size > 1) {
    throw new UsageError(
      `${FLAG}: recipients that withstand quantum computers, and others that do not, exclude each other`,
      "Name recipients of one sort: the others would take the protection from them",
    );
  }
  return recipients;
}

/** A recipient, or the absolute path of a file of recipients, as it may be stored.
 * @throws {UsageError} for an identity that was taken for its recipient: it is secret, and repeated nowhere */
export function recipientSource(named: string, cwd: string): string {
  const text = named.trim();
  if (isRecipient(text)) return text;
  if (/^AGE-(?:SECRET-KEY|PLUGIN)-/i.test(text) || isPrivateKeyText(text)) {
    throw new UsageError(
      `${FLAG}: that is an identity, which is secret, and no recipient (it is not repeated here)`,
      "age-keygen -y prints its recipient. Make a new identity if others may have seen this command",
    );
  }
  return resolve(cwd, text);
}

/** True for what is meant as a recipient, not as a path. */
export function isRecipient(text: string): boolean {
  return /^age1[a-z0-9]/.test(text) || isSshPublicKey(text);
}

async function toRecipient(text: string, place: string): Promise<AgeRecipient> {
  try {
    if (/^age1(?!pq1|tag1|tagpq1)[a-z0-9]+1/.test(text)) throw new Error("recipients of plugins cannot be used here");
    const recipient = isSshPublicKey(text) ? new SshRecipient(parseSshPublicKey(text)) : text;
    const { Encrypter } = await import("age-encryption");
    const trial = new Encrypter();
    trial.addRecipient(recipient);
    await trial.encrypt(new Uint8Array(0)); // some are found out by their use only
    return recipient;
  } catch (cause) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new UsageError(`${place}: "${shown}" is not a recipient: ${describeError(cause)}`, FORMS, { cause });
  }
}

async function readLines(path: string): Promise<string[]> {
  try {
    const info = await Deno.stat(path);
    if (!info.isFile) throw new Error("it is not a file");
    if (info.size > MAX_FILE_BYTES) throw new Error("it is too large for a list of recipients");
    const text = await Deno.readTextFile(path);
    if (isPrivateKeyText(text) || /^AGE-SECRET-KEY-/im.test(text)) {
      throw new Error("it is an identity, which is secret: name its public half");
    }
    return text.split(/\r?\n/);
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? "there is no such file, and it is no recipient"
      : describeError(cause);
    throw new UsageError(`${FLAG}: cannot read "${path.slice(0, 200)}": ${why}`, FORMS, { cause });
  }
}
