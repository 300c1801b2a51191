import { createDecipheriv } from "node:crypto";
import type { OpensshFile } from "./ssh_key.ts";
import { SshReader } from "./ssh_wire.ts";

/** Bytes of the key and of the vector it begins with. */
const CIPHERS: Record<string, { key: number; vector: number }> = {
  "aes256-ctr": { key: 32, vector: 16 },
  "aes192-ctr": { key: 24, vector: 16 },
  "aes128-ctr": { key: 16, vector: 16 },
  "aes256-cbc": { key: 32, vector: 16 },
  "aes128-cbc": { key: 16, vector: 16 },
};
/** `ssh-keygen -a`: above it, a key would take minutes. */
const MAX_ROUNDS = 1_000;

type Pbkdf = (
  ...args: [
    pass: Uint8Array,
    passBytes: number,
    salt: Uint8Array,
    saltBytes: number,
    key: Uint8Array,
    keyBytes: number,
    rounds: number,
  ]
) => number;

/** @returns what the passphrase makes of it, right or not; undefined for a cipher that is not known */
export async function decryptKeySection(
  { cipher, kdf, kdfOptions, section }: OpensshFile,
  passphrase: string,
): Promise<Uint8Array | undefined> {
  const size = CIPHERS[cipher];
  const options = new SshReader(kdfOptions);
  if (size === undefined || kdf !== "bcrypt") return undefined;
  const [salt, rounds] = [options.string(), options.uint32()];
  if (rounds > MAX_ROUNDS) return undefined;
  const { default: { pbkdf } } = await import("bcrypt-pbkdf") as { default: { pbkdf: Pbkdf } };
  const pass = new TextEncoder().encode(passphrase);
  const derived = new Uint8Array(size.key + size.vector);
  if (pbkdf(pass, pass.length, salt, salt.length, derived, derived.length, rounds) !== 0) return undefined;
  const name = cipher.replace(/^aes/, "aes-");
  const decipher = createDecipheriv(name, derived.subarray(0, size.key), derived.subarray(size.key));
  decipher.setAutoPadding(false);
  return new Uint8Array([...decipher.update(section), ...decipher.final()]);
}
