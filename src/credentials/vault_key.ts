import { dirname, join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { CredentialError } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { writePrivateFile } from "../core/private_file.ts";
import { Keychain } from "./keychain.ts";
import { readSecretFile } from "./secret_file.ts";
import type { KeyPlace } from "./vault_file.ts";

/** The key itself, an age identity. */
export const KEY_ENV = "TROUBLESHOOT_VAULT_KEY";
/** The path of the file that has it. */
export const KEY_FILE_ENV = "TROUBLESHOOT_VAULT_KEY_FILE";
/** For `credential rotate`: the key that shall be in `TROUBLESHOOT_VAULT_KEY` from then on. */
export const NEW_KEY_ENV = "TROUBLESHOOT_VAULT_NEW_KEY";

/** Never for children: they get what the vault has by other ways. */
export const KEY_VARIABLES: readonly string[] = [KEY_ENV, NEW_KEY_ENV];

export interface KeyContext {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

/** A key of a vault with its public half. */
export interface VaultKey {
  /** `AGE-SECRET-KEY-1…` */
  identity: string;
  /** `age1…` */
  recipient: string;
}

/** Where the keys of a vault are, and how a key is put there. There are two for the moment in which one replaces the other. */
export interface KeyStore {
  place: KeyPlace;
  /** For messages: `the variable TROUBLESHOOT_VAULT_KEY`. */
  title: string;
  /** @returns the keys, the newest first; none when there is nothing
   * @throws {CredentialError} */
  read(): Promise<VaultKey[]>;
  /** Puts these in the place of what is there. Undefined: whoever keeps it there does that.
   * @throws {CredentialError} */
  write?(keys: readonly VaultKey[]): Promise<void>;
}

/** The key store that counts: a variable where one is set, else that of the vault.
 * @param recorded where the vault's key was put; default: a file */
export function keyStoreOf(folder: string, recorded: KeyPlace | undefined, context: KeyContext): KeyStore {
  const { env } = context;
  if (env[KEY_ENV]) return keyStoreAt("env", folder, context);
  if (env[KEY_FILE_ENV]) return keyStoreAt("file", folder, context);
  return keyStoreAt(recorded ?? "file", folder, context);
}

export function keyStoreAt(place: KeyPlace, folder: string, context: KeyContext): KeyStore {
  switch (place) {
    case "env":
      return variableStore(context);
    case "file":
      return fileStore(context.env[KEY_FILE_ENV] || join(folder, "vault.key"), context);
    case "keychain":
      return keychainStore(folder, context);
  }
}

export async function newVaultKey(): Promise<VaultKey> {
  const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

/** Reads the lines or words that are age identities; `#` begins a comment.
 * @param title where the text is from
 * @throws {CredentialError} that repeats nothing of it */
export async function parseKeys(text: string, title: string): Promise<VaultKey[]> {
  const { identityToRecipient } = await import("age-encryption");
  const words = text.split(/\r?\n/).filter((line) => !line.trim().startsWith("#")).join(" ").split(/[\s,]+/);
  const keys: VaultKey[] = [];
  for (const identity of words.filter((word) => word !== "")) {
    try {
      keys.push({ identity, recipient: await identityToRecipient(identity) });
    } catch {
      throw new CredentialError(
        `What is in ${title} is no key of a vault`,
        "It is an age identity, AGE-SECRET-KEY-1…, as age-keygen makes it",
      );
    }
  }
  return keys;
}

function variableStore({ env }: KeyContext): KeyStore {
  const title = `the variable ${KEY_ENV}`;
  return { place: "env", title, read: () => parseKeys(env[KEY_ENV] ?? "", title) };
}

/** The key that `rotate` is to put in the place of that in the variable.
 * @throws {UsageError} when there is none */
export async function nextVariableKey({ env }: KeyContext): Promise<VaultKey> {
  const [key] = await parseKeys(env[NEW_KEY_ENV] ?? "", `the variable ${NEW_KEY_ENV}`);
  if (key !== undefined) return key;
  throw new UsageError(
    `The key of this vault is in ${KEY_ENV}, which this program cannot change`,
    `Make a new one with age-keygen, set ${NEW_KEY_ENV} to it, rotate, and put it into ${KEY_ENV} wherever that is set`,
  );
}

function fileStore(path: string, { env }: KeyContext): KeyStore {
  const title = `the file "${path}"`;
  return {
    place: "file",
    title,
    async read() {
      if (!await Deno.lstat(path).then(() => true, (error) => !(error instanceof Deno.errors.NotFound))) return [];
      // One of LoadCredential= is guarded by its folder.
      const access = env.CREDENTIALS_DIRECTORY && dirname(path) === env.CREDENTIALS_DIRECTORY ? "any" : "owner";
      return await parseKeys(await readSecretFile(path, `${title}, the key of the vault`, access), title);
    },
    async write(keys) {
      const lines = keys.map(({ identity, recipient }) => `# public key: ${recipient}\n${identity}\n`);
      try {
        await writePrivateFile(path, lines.join(""));
      } catch (cause) {
        throw new CredentialError(
          `Cannot write the key of the vault to ${title}`,
          "Make room on the disk, and see to it that this account may write there",
          { cause },
        );
      }
    },
  };
}

function keychainStore(folder: string, context: KeyContext): KeyStore {
  const title = "the system's keychain";
  const keychain = new Keychain(folder, context);
  return {
    place: "keychain",
    title,
    read: async () => await parseKeys(await keychain.find() ?? "", title),
    write: (keys) => keychain.keep(keys.map(({ identity }) => identity).join(",")),
  };
}
