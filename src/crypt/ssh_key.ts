import { Buffer } from "node:buffer";
import { createHash, createPrivateKey } from "node:crypto";
import { sshMpint, SshReader, sshStrings } from "./ssh_wire.ts";

/** The two types that age and `ssh-keygen -Y` have in common with this program. */
export type SshKeyType = "ssh-ed25519" | "ssh-rsa";

export interface SshPublicKey {
  type: SshKeyType;
  /** As SSH sends it: what is in Base64 in `id_….pub`. */
  wire: Uint8Array<ArrayBuffer>;
  jwk: JsonWebKey;
}

export interface SshPrivateKey {
  public: SshPublicKey;
  jwk: JsonWebKey;
}

/** Why a text is no key that can be used. The message never repeats it. */
export class SshKeyError extends Error {}

const OPENSSH = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END OPENSSH PRIVATE KEY-----/;
const PEM = /-----BEGIN (?<kind>(?:RSA |ENCRYPTED )?PRIVATE KEY)-----[\s\S]+?-----END \k<kind>-----/;

/** True for what looks like a line of `id_….pub`. */
export function isSshPublicKey(line: string): boolean {
  return /^(?:ssh|ecdsa|sk)-[\w@.-]+ +AAAA/.test(line);
}

export function isPrivateKeyText(text: string): boolean {
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
}

/** @param line of `id_….pub`: type, Base64, and a comment that does not matter
 * @throws {SshKeyError} */
export function parseSshPublicKey(line: string): SshPublicKey {
  const [type = "", base64 = ""] = line.trim().split(/\s+/);
  if (type !== "ssh-ed25519" && type !== "ssh-rsa") {
    throw new SshKeyError(`keys of type "${type.slice(0, 40)}" cannot be used, ssh-ed25519 and ssh-rsa can`);
  }
  return fromWire(new Uint8Array(Buffer.from(base64, "base64")), type);
}

/** @throws {SshKeyError} */
export function fromWire(wire: Uint8Array<ArrayBuffer>, wanted?: SshKeyType): SshPublicKey {
  const reader = new SshReader(wire);
  const key = readingKey(() => readPublic(reader));
  if (!reader.ended || (wanted !== undefined && key.type !== wanted)) throw new SshKeyError("it is damaged");
  return key;
}

/** `SHA256:…`, as `ssh-keygen -l` shows it. */
export function fingerprint({ wire }: SshPublicKey): string {
  return `SHA256:${createHash("sha256").update(wire).digest("base64").replace(/=+$/, "")}`;
}

/** A private key as OpenSSH writes it, or as PEM has it.
 * @throws {SshKeyError} for others, and for encrypted ones */
export function parseSshPrivateKey(text: string): SshPrivateKey {
  const file = readOpensshFile(text);
  if (file?.cipher === "none") return readingKey(() => readPrivate(file.section));
  if (file !== undefined) throw encrypted();
  const pem = PEM.exec(text)?.[0];
  if (pem === undefined) throw new SshKeyError("there is no private key in it, as OpenSSH or PEM have it");
  if (/ENCRYPTED/.test(pem.slice(0, 200))) throw encrypted();
  return readingKey(() => ofJwk(createPrivateKey(pem).export({ format: "jwk" }) as JsonWebKey));
}

/** A private key with a passphrase. */
export interface LockedSshKey {
  public: SshPublicKey;
  /** @throws {SshKeyError} when it is another one's passphrase */
  unlock(passphrase: string): Promise<SshPrivateKey>;
}

/** A private key as OpenSSH encrypts it; undefined for any other.
 * @throws {SshKeyError} for one that cannot be used */
export function lockedSshKey(text: string): LockedSshKey | undefined {
  const file = readOpensshFile(text);
  if (file === undefined || file.cipher === "none") return undefined;
  return {
    public: readingKey(() => fromWire(file.publicWire)),
    unlock: async (passphrase) => {
      const { decryptKeySection } = await import("./ssh_passphrase.ts");
      const section = await decryptKeySection(file, passphrase);
      if (section === undefined) throw encrypted();
      return readingKey(() => readPrivate(section));
    },
  };
}

function encrypted(): SshKeyError {
  return new SshKeyError('it is encrypted with a passphrase; ssh-keygen -p -N "" -f COPY takes that from a copy of it');
}

function readingKey<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof SshKeyError) throw cause;
    throw new SshKeyError("it is damaged", { cause });
  }
}

function readPublic(reader: SshReader): SshPublicKey {
  const type = reader.text();
  if (type === "ssh-ed25519") return ed25519(reader.string());
  if (type === "ssh-rsa") {
    const e = reader.mpint();
    return rsa(e, reader.mpint());
  }
  throw new SshKeyError(`keys of type "${type.slice(0, 40)}" cannot be used, ssh-ed25519 and ssh-rsa can`);
}

function ed25519(key: Uint8Array): SshPublicKey {
  if (key.length !== 32) throw new SshKeyError("it is damaged");
  return {
    type: "ssh-ed25519",
    wire: sshStrings("ssh-ed25519", key),
    jwk: { kty: "OKP", crv: "Ed25519", x: base64url(key) },
  };
}

function rsa(e: Uint8Array, n: Uint8Array): SshPublicKey {
  if (n.length < 256) throw new SshKeyError("an RSA key needs 2048 bits, and this one has fewer");
  return {
    type: "ssh-rsa",
    wire: sshStrings("ssh-rsa", sshMpint(e), sshMpint(n)),
    jwk: { kty: "RSA", n: base64url(n), e: base64url(e) },
  };
}

/** A private key as OpenSSH stores it.
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
export interface OpensshFile {
  /** `none`, or what the section is encrypted with. */
  cipher: string;
  /** How a passphrase becomes a key: `bcrypt`. */
  kdf: string;
  kdfOptions: Uint8Array<ArrayBuffer>;
  publicWire: Uint8Array<ArrayBuffer>;
  /** The private key, and the public one once more. */
  section: Uint8Array<ArrayBuffer>;
}

/** @returns undefined for what is in another form */
function readOpensshFile(text: string): OpensshFile | undefined {
  const base64 = OPENSSH.exec(text)?.[1];
  if (base64 === undefined) return undefined;
  return readingKey(() => {
    const reader = new SshReader(new Uint8Array(Buffer.from(base64, "base64")));
    if (new TextDecoder().decode(reader.take(15)) !== "openssh-key-v1\0") throw new SshKeyError("it is damaged");
    const [cipher, kdf, kdfOptions] = [reader.text(), reader.text(), reader.string()];
    if (reader.uint32() !== 1) throw new SshKeyError("it holds several keys");
    return { cipher, kdf, kdfOptions, publicWire: reader.string(), section: reader.string() };
  });
}

function readPrivate(section: Uint8Array): SshPrivateKey {
  const secret = new SshReader(section);
  if (secret.uint32() !== secret.uint32()) throw new SshKeyError("it is damaged, or the passphrase is another one");
  const type = secret.text();
  if (type === "ssh-ed25519") {
    const key = ed25519(secret.string());
    return { public: key, jwk: { ...key.jwk, d: base64url(secret.string().subarray(0, 32)) } };
  }
  if (type !== "ssh-rsa") {
    throw new SshKeyError(`keys of type "${type.slice(0, 40)}" cannot be used, ssh-ed25519 and ssh-rsa can`);
  }
  const [n, e] = [secret.mpint(), secret.mpint()];
  const [d, qi, p, q] = [secret.mpint(), secret.mpint(), secret.mpint(), secret.mpint()];
  const modulo = (prime: Uint8Array) => fromBig(toBig(d) % (toBig(prime) - 1n));
  const parts = { d, p, q, qi, dp: modulo(p), dq: modulo(q) };
  const key = rsa(e, n);
  return {
    public: key,
    jwk: {
      ...key.jwk,
      ...Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, base64url(value)])),
    },
  };
}

function ofJwk(jwk: JsonWebKey): SshPrivateKey {
  const bytes = (text = "") => new Uint8Array(Buffer.from(text, "base64url"));
  if (jwk.kty === "RSA") return { public: rsa(bytes(jwk.e), bytes(jwk.n)), jwk };
  if (jwk.crv === "Ed25519") return { public: ed25519(bytes(jwk.x)), jwk };
  throw new SshKeyError("it is neither an Ed25519 nor an RSA key");
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function toBig(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
}

function fromBig(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}
