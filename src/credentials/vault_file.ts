import { join } from "node:path";
import * as z from "zod";
import { CredentialError } from "../core/credential_reference.ts";
import { describeError } from "../core/errors.ts";
import { withFileLock } from "../core/file_lock.ts";
import { writePrivateFile } from "../core/private_file.ts";

export const KEY_PLACES = ["file", "keychain", "env"] as const;
/** Where the key of a vault is. */
export type KeyPlace = (typeof KEY_PLACES)[number];

const entrySchema = z.object({
  description: z.string().default(""),
  createdAt: z.iso.datetime(),
  /** When its value was last given. */
  updatedAt: z.iso.datetime(),
  /** When `rotate` gave it a new value. */
  rotatedAt: z.iso.datetime().optional(),
  /** An age file, armored: `{"name": …, "value": …}`. */
  sealed: z.string(),
});

const vaultSchema = z.object({
  schemaVersion: z.literal(1),
  /** Public key, `age1…`: all values are sealed for it. */
  recipient: z.string(),
  key: z.enum(KEY_PLACES),
  keyCreatedAt: z.iso.datetime(),
  credentials: z.record(z.string(), entrySchema),
});

export type SealedEntry = z.output<typeof entrySchema>;
/** What is written down. Everything but the values can be read without the key. */
export type VaultRecord = z.output<typeof vaultSchema>;

/** The file of a vault: `credentials.json` in a state folder, readable by its owner only, written whole or not at all. */
export class VaultFile {
  readonly path: string;

  constructor(private readonly folder: string) {
    this.path = join(folder, "credentials.json");
  }

  /** @returns undefined when there is none
   * @throws {CredentialError} */
  async read(): Promise<VaultRecord | undefined> {
    let text: string;
    try {
      text = await Deno.readTextFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new CredentialError(
        `Cannot read the vault ${this.path}: ${describeError(cause)}`,
        "Run this as the account that it belongs to",
        { cause },
      );
    }
    try {
      return vaultSchema.parse(JSON.parse(text));
    } catch {
      throw new CredentialError(
        `The vault ${this.path} is damaged, or of a later version`,
        "Put a copy of it back, or move it away and set the credentials again",
      );
    }
  }

  /** Changes it while nobody else does. @param change is told what is there; returns what is to be there
   * @throws {CredentialError} and what `change` throws; then nothing was changed */
  async change<T>(
    change: (before: VaultRecord | undefined, write: (record: VaultRecord) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    await Deno.mkdir(this.folder, { recursive: true, mode: 0o700 });
    return await withFileLock(
      join(this.folder, "credentials.lock"),
      async () =>
        await change(await this.read(), async (record) => {
          try {
            await writePrivateFile(this.path, JSON.stringify(record, null, 2) + "\n");
          } catch (cause) {
            throw new CredentialError(
              `Cannot write the vault ${this.path}: ${describeError(cause)}`,
              "Make room on the disk, and see to it that this account may write there",
              { cause },
            );
          }
        }),
    );
  }
}
