import { Buffer } from "node:buffer";
import { basename } from "node:path";
import { concatBytes } from "../core/concat_bytes.ts";
import {
  type GoodSignature,
  hashFile,
  SignatureError,
  type SignedFile,
  type Signer,
  type TrustedKey,
} from "./signature.ts";

/** Why a text is no key of minisign that can be used. The message never repeats it. */
export class MinisignKeyError extends Error {}

const PUBLIC_BYTES = 2 + 8 + 32;
const SECRET_BYTES = 2 + 2 + 2 + 32 + 8 + 8 + 8 + 64 + 32;
const SIGNATURE_BYTES = 2 + 8 + 64;
const KEY_ALGORITHM = "Ed";
/** Of a hash of the file, not of the file itself: what minisign makes since version 0.8. */
const HASHED = "ED";
/** In front of the 32 bytes of a private key, for `importKey`. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** Signs as `minisign -S` does.
 * @see https://jedisct1.github.io/minisign/#signature-format */
export class MinisignSigner implements Signer {
  readonly suffix = ".minisig";

  constructor(readonly key: { id: Uint8Array; seed: Uint8Array }) {}

  async sign({ path }: SignedFile, now: Date): Promise<string> {
    const pkcs8 = concatBytes([PKCS8, this.key.seed]) as Uint8Array<ArrayBuffer>;
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
    const sign = async (bytes: Uint8Array<ArrayBuffer>) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", key, bytes));
    const signature = await sign(await hashFile(path, "blake2b512"));
    const comment = `timestamp:${Math.floor(now.getTime() / 1000)}\tfile:${basename(path)}\thashed`;
    const all = await sign(concatBytes([signature, utf8(comment)]) as Uint8Array<ArrayBuffer>);
    return [
      "untrusted comment: signature from support-bundle",
      base64(concatBytes([utf8(HASHED), this.key.id, signature])),
      `trusted comment: ${comment}`,
      base64(all),
      "",
    ].join("\n");
  }
}

export function isMinisignSignature(text: string): boolean {
  return /^untrusted comment:.*\r?\nR[UW][A-Za-z0-9+/=]+\r?\ntrusted comment:/i.test(text.trimStart());
}

/** @param text of a file as `minisign -G` writes it, or its second line
 * @throws {MinisignKeyError} */
export function parseMinisignSecretKey(text: string): { id: Uint8Array; seed: Uint8Array } {
  const bytes = keyBytes(text, SECRET_BYTES);
  if (bytes[2] !== 0 || bytes[3] !== 0) {
    throw new MinisignKeyError("it is encrypted with a password; minisign -C -W takes that from a copy of it");
  }
  return { id: bytes.subarray(54, 62), seed: bytes.subarray(62, 94) };
}

/** @param text of a file as `minisign -G` writes it, or its second line: `RW…`
 * @throws {MinisignKeyError} */
export function parseMinisignPublicKey(text: string): Extract<TrustedKey, { kind: "minisign" }> {
  const bytes = keyBytes(text, PUBLIC_BYTES);
  return { kind: "minisign", id: keyId(bytes.subarray(2, 10)), key: bytes.slice(10) };
}

/** @param trusted those of other kinds are passed over
 * @throws {SignatureError} unless one of the keys has signed the file */
export async function verifyMinisignSignature(
  path: string,
  text: string,
  trusted: readonly TrustedKey[],
): Promise<GoodSignature> {
  const [, first = "", trustedLine = "", last = ""] = text.trimStart().split(/\r?\n/);
  const [own, all] = [fromBase64(first), fromBase64(last)];
  const comment = trustedLine.replace(/^trusted comment: /, "");
  if (own.length !== SIGNATURE_BYTES || all.length !== 64 || comment === trustedLine) {
    throw new SignatureError("The signature cannot be read: it is damaged", "minisign -S, or --sign, makes one");
  }
  if (ascii(own.subarray(0, 2)) !== HASHED) {
    throw new SignatureError(
      "The signature is of the old form of minisign, for which the whole file has to be in memory",
      "Sign it again, without -l",
    );
  }
  const id = keyId(own.subarray(2, 10));
  const key = trusted.find((it) => it.kind === "minisign" && it.id === id) as
    | { key: Uint8Array<ArrayBuffer> }
    | undefined;
  if (key === undefined) {
    throw new SignatureError(
      `The signature is of a key that is not trusted, ${id}`,
      "Name the public key of its signer",
    );
  }
  const imported = await crypto.subtle.importKey("raw", key.key, "Ed25519", false, ["verify"]);
  const signature = own.slice(10);
  const verify = (of: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) =>
    crypto.subtle.verify("Ed25519", imported, signature, of);
  if (!await verify(await hashFile(path, "blake2b512"), signature)) {
    throw new SignatureError(
      `The signature of ${id} is not one of this file`,
      "The file, or its signature, was changed",
    );
  }
  if (!await verify(concatBytes([signature, utf8(comment)]) as Uint8Array<ArrayBuffer>, all)) {
    throw new SignatureError(
      `The comment of the signature of ${id} is not what was signed`,
      "The signature was changed",
    );
  }
  return { kind: "minisign", key: id, comment };
}

function keyBytes(text: string, length: number): Uint8Array<ArrayBuffer> {
  const line = text.split(/\r?\n/).map((it) => it.trim()).find((it) =>
    it !== "" && !it.startsWith("untrusted comment:")
  );
  const bytes = fromBase64(line ?? "");
  if (bytes.length !== length || ascii(bytes.subarray(0, 2)) !== KEY_ALGORITHM) {
    throw new MinisignKeyError("it is damaged");
  }
  return bytes;
}

/** As minisign shows it. */
function keyId(bytes: Uint8Array): string {
  return Buffer.from(bytes).reverse().toString("hex").toUpperCase();
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function ascii(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, "base64"));
}
