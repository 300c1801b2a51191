import { CredentialError } from "../core/credential_reference.ts";
import { UsageError } from "../core/errors.ts";
import { type KeyPlace, type SealedEntry, VaultFile, type VaultRecord } from "./vault_file.ts";
import {
  KEY_ENV,
  type KeyContext,
  type KeyStore,
  keyStoreAt,
  keyStoreOf,
  newVaultKey,
  nextVariableKey,
  type VaultKey,
} from "./vault_key.ts";

/** A credential of a vault, without its value. Times are RFC 3339, UTC. */
export interface VaultEntry extends Omit<SealedEntry, "sealed"> {
  name: string;
}

/** Credentials of a state folder, each sealed by age for the vault's key. Names and times can be read without it. */
export class Vault {
  readonly file: VaultFile;

  /** @param folder the state folder */
  constructor(private readonly folder: string, private readonly context: KeyContext) {
    this.file = new VaultFile(folder);
  }

  /** By name. @throws {CredentialError} */
  async list(): Promise<VaultEntry[]> {
    const { credentials = {} } = await this.file.read() ?? {};
    return Object.entries(credentials)
      .map(([name, { sealed: _, ...entry }]) => ({ name, ...entry }))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }

  /** Undefined: there is no vault yet. */
  async keyPlace(): Promise<KeyPlace | undefined> {
    return (await this.file.read())?.key;
  }

  /** The value. @throws {CredentialError} when there is none, or the key does not open it */
  async read(name: string): Promise<string> {
    // Between two looks, a rotation may have replaced the key of the first.
    return await this.#read(name, false) ?? (await this.#read(name, true))!;
  }

  async #read(name: string, last: boolean): Promise<string | undefined> {
    const record = await this.file.read();
    const entry = record && ownEntry(record, name);
    if (entry === undefined) throw unknown(name);
    const store = keyStoreOf(this.folder, record!.key, this.context);
    const key = findKey(await store.read(), record!);
    if (key !== undefined) return await unseal(name, entry, key);
    if (last) throw wrongKey(store);
    return undefined;
  }

  /** Keeps a value, in place of the one that has the name. The first one makes the vault, and its key.
   * @param options `place`: where the key of a new vault is to be; `rotated`: the value replaces one that must be there
   * @returns whether it replaced one
   * @throws {CredentialError} when the key is not there: what is sealed now could not be read later */
  async set(
    name: string,
    value: string,
    options: { description?: string; place?: KeyPlace; rotated?: boolean } = {},
  ): Promise<"added" | "replaced"> {
    return await this.file.change(async (before, write) => {
      const record = before ?? await this.#make(options.place);
      if (options.place !== undefined && options.place !== record.key) {
        throw new UsageError(
          `The vault has its key already: ${record.key}, not ${options.place}`,
          `Move it with \`support-bundle credential rotate --key ${options.place}\``,
        );
      }
      if (before !== undefined) await this.#key(record);
      const old = ownEntry(record, name);
      if (options.rotated && old === undefined) throw unknown(name);
      const now = this.context.clock.now().toISOString();
      record.credentials[name] = {
        description: options.description ?? old?.description ?? "",
        createdAt: old?.createdAt ?? now,
        updatedAt: now,
        rotatedAt: options.rotated ? now : old?.rotatedAt,
        sealed: await seal(name, value, record.recipient),
      };
      await write(record);
      return old === undefined ? "added" : "replaced";
    });
  }

  /** @returns false when there is none of this name. Needs no key. */
  async remove(name: string): Promise<boolean> {
    return await this.file.change(async (record, write) => {
      if (record === undefined || ownEntry(record, name) === undefined) return false;
      delete record.credentials[name];
      await write(record);
      return true;
    });
  }

  /** Seals everything for a new key. However it ends, there is a key that opens what is there.
   * @param place where the new key is to be; default: where the old one is
   * @returns how many credentials there are
   * @throws {CredentialError} when the old key does not open all of them; then nothing has changed */
  async rotateKey(place?: KeyPlace): Promise<number> {
    return await this.file.change(async (record, write) => {
      if (record === undefined) {
        throw new CredentialError(
          "There is no vault yet, and no key",
          "`support-bundle credential set NAME` makes both",
        );
      }
      const old = await this.#key(record);
      const to = keyStoreAt(place ?? record.key, this.folder, this.context);
      const key = to.place === "env" ? await nextVariableKey(this.context) : await newVaultKey();
      const credentials: VaultRecord["credentials"] = {};
      for (const [name, entry] of Object.entries(record.credentials)) {
        credentials[name] = { ...entry, sealed: await seal(name, await unseal(name, entry, old), key.recipient) };
      }
      await to.write?.(to.place === record.key ? [key, old] : [key]);
      const keyCreatedAt = this.context.clock.now().toISOString();
      await write({ ...record, recipient: key.recipient, key: to.place, keyCreatedAt, credentials });
      if (to.place === record.key) await to.write?.([key]);
      return Object.keys(credentials).length;
    });
  }

  /** Where the key was before it moved elsewhere, and may be removed. */
  keyTitle(place: KeyPlace): string {
    return keyStoreAt(place, this.folder, this.context).title;
  }

  /** A vault with nothing in it. Its key is made, unless it is there. */
  async #make(place: KeyPlace | undefined): Promise<VaultRecord> {
    const store = place === undefined
      ? keyStoreOf(this.folder, undefined, this.context)
      : keyStoreAt(place, this.folder, this.context);
    let [key] = await store.read();
    if (key === undefined) {
      if (store.write === undefined) {
        throw new UsageError(
          `The key of the vault is to be in ${store.title}, which is not set`,
          `Make one with age-keygen, and set ${KEY_ENV} to its AGE-SECRET-KEY-1…, here and for the daemon`,
        );
      }
      key = await newVaultKey();
      await store.write([key]);
    }
    const keyCreatedAt = this.context.clock.now().toISOString();
    return { schemaVersion: 1, recipient: key.recipient, key: store.place, keyCreatedAt, credentials: {} };
  }

  /** @throws {CredentialError} when it is not there */
  async #key(record: VaultRecord): Promise<VaultKey> {
    const store = keyStoreOf(this.folder, record.key, this.context);
    const key = findKey(await store.read(), record);
    if (key === undefined) throw wrongKey(store);
    return key;
  }
}

function ownEntry({ credentials }: VaultRecord, name: string): SealedEntry | undefined {
  return Object.hasOwn(credentials, name) ? credentials[name] : undefined;
}

function findKey(keys: readonly VaultKey[], { recipient }: VaultRecord): VaultKey | undefined {
  return keys.find((key) => key.recipient === recipient);
}

async function seal(name: string, value: string, recipient: string): Promise<string> {
  const { armor, Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(JSON.stringify({ name, value })));
}

async function unseal(name: string, { sealed }: SealedEntry, { identity }: VaultKey): Promise<string> {
  const { armor, Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  let opened: { name?: unknown; value?: unknown } = {};
  try {
    opened = JSON.parse(await decrypter.decrypt(armor.decode(sealed), "text"));
  } catch {
    // What could not be read may have parts of it in its message.
  }
  // The name is sealed, too: nobody can give one credential the name of another.
  if (opened.name === name && typeof opened.value === "string") return opened.value;
  throw new CredentialError(
    `The credential ${name} in the vault is damaged`,
    `Set it again: support-bundle credential set ${name}`,
  );
}

function unknown(name: string): CredentialError {
  return new CredentialError(
    `There is no credential ${name} in the vault`,
    `Add it with \`support-bundle credential set ${name}\`, or see \`support-bundle credential list\``,
  );
}

function wrongKey(store: KeyStore): CredentialError {
  return new CredentialError(
    `The key of the vault is not in ${store.title}`,
    "Put the key back that the vault was made with; without it, set the credentials again in a new vault",
  );
}
