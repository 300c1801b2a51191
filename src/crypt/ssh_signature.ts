import { Buffer } from "node:buffer";
import { concatBytes } from "../core/concat_bytes.ts";
import { fingerprint, fromWire, type SshPrivateKey, type SshPublicKey } from "./ssh_key.ts";
import { SshReader, sshStrings, uint32 } from "./ssh_wire.ts";
import {
  type GoodSignature,
  hashFile,
  SignatureError,
  type SignedFile,
  type Signer,
  SSH_NAMESPACE,
  type TrustedKey,
} from "./signature.ts";

const MAGIC = new TextEncoder().encode("SSHSIG");
const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const LINE_LENGTH = 70;
const HASHES = ["sha256", "sha512"] as const;
const RSA_HASHES: Record<string, string> = { "rsa-sha2-256": "SHA-256", "rsa-sha2-512": "SHA-512" };

/** Signs as `ssh-keygen -Y sign -n support-bundle` does.
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig */
export class SshSigner implements Signer {
  readonly suffix = ".sig";

  constructor(readonly key: SshPrivateKey) {}

  async sign({ sha256 }: SignedFile): Promise<string> {
    const { type, wire } = this.key.public;
    const algorithm = type === "ssh-rsa" ? "rsa-sha2-512" : type;
    const signed = signedData("sha256", new Uint8Array(Buffer.from(sha256, "hex")));
    const key = await importKey(this.key.jwk, algorithm, "sign");
    const signature = new Uint8Array(await crypto.subtle.sign(key.algorithm.name, key, signed));
    const blob = concatBytes([
      MAGIC,
      uint32(1),
      sshStrings(wire, SSH_NAMESPACE, "", "sha256", sshStrings(algorithm, signature)),
    ]);
    const lines = Buffer.from(blob).toString("base64").match(new RegExp(`.{1,${LINE_LENGTH}}`, "g"))!;
    return [BEGIN, ...lines, END, ""].join("\n");
  }
}

export function isSshSignature(text: string): boolean {
  return text.trimStart().startsWith(BEGIN);
}

/** @param trusted those of other kinds are passed over
 * @throws {SignatureError} unless one of the keys has signed the file */
export async function verifySshSignature(
  path: string,
  text: string,
  trusted: readonly TrustedKey[],
  now: Date,
): Promise<GoodSignature> {
  const { key, namespace, hash, algorithm, signature } = parse(text);
  const shown = fingerprint(key);
  if (namespace !== SSH_NAMESPACE) {
    throw new SignatureError(
      `The signature is for "${namespace}", not for "${SSH_NAMESPACE}"`,
      `Sign with: ssh-keygen -Y sign -n ${SSH_NAMESPACE} -f KEY FILE`,
    );
  }
  const own = trusted.filter((it) => it.kind === "ssh" && Buffer.from(it.wire).equals(key.wire)) as SshTrust[];
  if (own.length === 0) {
    throw new SignatureError(
      `The signature is of a key that is not trusted, ${shown}`,
      "Name the public key of its signer",
    );
  }
  const valid = own.find((it) => whyNot(it, now) === undefined);
  if (valid === undefined) {
    throw new SignatureError(
      `The signature is of the key ${shown}, ${whyNot(own[0]!, now)}`,
      "Look at the allowed signers",
    );
  }
  const imported = await importKey(key.jwk, algorithm, "verify");
  const data = signedData(hash, await hashFile(path, hash));
  if (!await crypto.subtle.verify(imported.algorithm.name, imported, signature, data)) {
    throw new SignatureError(
      `The signature of ${shown} is not one of this file`,
      "The file, or its signature, was changed",
    );
  }
  return { kind: "ssh", key: shown, signer: valid.principals };
}

type SshTrust = Extract<TrustedKey, { kind: "ssh" }>;

function whyNot({ namespaces, validAfter, validBefore }: SshTrust, now: Date): string | undefined {
  if (namespaces !== undefined && !namespaces.includes(SSH_NAMESPACE)) {
    return `which may not sign for "${SSH_NAMESPACE}"`;
  }
  if (validAfter !== undefined && now < validAfter) return "which is not valid yet";
  if (validBefore !== undefined && now >= validBefore) return "which is no longer valid";
  return undefined;
}

function signedData(hash: string, digest: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes([MAGIC, sshStrings(SSH_NAMESPACE, "", hash, digest)]) as Uint8Array<ArrayBuffer>;
}

async function importKey(jwk: JsonWebKey, algorithm: string, usage: "sign" | "verify"): Promise<CryptoKey> {
  const { alg: _, key_ops: __, ...key } = jwk;
  const parameters = jwk.kty === "RSA"
    ? { name: "RSASSA-PKCS1-v1_5", hash: RSA_HASHES[algorithm]! }
    : { name: "Ed25519" };
  return await crypto.subtle.importKey("jwk", key, parameters, false, [usage]);
}

interface Parsed {
  key: SshPublicKey;
  namespace: string;
  hash: (typeof HASHES)[number];
  algorithm: string;
  signature: Uint8Array<ArrayBuffer>;
}

function parse(text: string): Parsed {
  const body = text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END));
  try {
    const reader = new SshReader(new Uint8Array(Buffer.from(body, "base64")));
    if (!Buffer.from(reader.take(MAGIC.length)).equals(MAGIC)) throw new Error("it is none of SSH");
    if (reader.uint32() !== 1) throw new Error("it has a version that is not known");
    const key = fromWire(reader.string());
    const namespace = reader.text();
    reader.string(); // reserved
    const named = reader.text();
    const hash = HASHES.find((name) => name === named);
    const signature = new SshReader(reader.string());
    const algorithm = signature.text();
    const wanted = key.type === "ssh-rsa" ? Object.keys(RSA_HASHES) : [key.type];
    if (hash === undefined || !wanted.includes(algorithm)) throw new Error(`it is made with ${algorithm}`);
    return { key, namespace, hash, algorithm, signature: signature.string() };
  } catch (cause) {
    throw new SignatureError(
      `The signature cannot be read: ${(cause as Error).message}`,
      "ssh-keygen -Y sign, or --sign, makes one, with an Ed25519 or RSA key",
      { cause },
    );
  }
}
