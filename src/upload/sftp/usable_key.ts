import { Buffer } from "node:buffer";
import { createPrivateKey, createSign } from "node:crypto";

/** A private key as `ssh2` parses it: what is used of it here. */
export interface PrivateKey {
  type: string;
  getPrivatePEM(): string;
  /** On the wire. */
  getPublicSSH(): Uint8Array;
  /** @returns the signature in DER */
  sign(data: Uint8Array, hash?: string): Uint8Array | Error;
}

const CURVES: Readonly<Record<string, { name: string; bytes: number; hash: string }>> = {
  "ecdsa-sha2-nistp256": { name: "P-256", bytes: 32, hash: "sha256" },
  "ecdsa-sha2-nistp384": { name: "P-384", bytes: 48, hash: "sha384" },
};

/** A key that can sign under Deno. Of ECDSA keys it refuses every other one as `ssh2` writes them, with a zero before the number;
 * they are handed over as JWK. Those of P-521 it has not at all.
 * @returns undefined when the key cannot be used */
export function usableKey(key: PrivateKey): PrivateKey | undefined {
  if (!key.type.startsWith("ecdsa-")) return key;
  const curve = CURVES[key.type];
  if (curve === undefined) return undefined;
  const { name, bytes, hash } = curve;
  const point = key.getPublicSSH().subarray(-2 * bytes);
  const text = (number: Uint8Array) => number.toBase64({ alphabet: "base64url", omitPadding: true });
  const jwk = {
    kty: "EC",
    crv: name,
    d: text(exactly(bytes, privateNumber(key.getPrivatePEM()))),
    x: text(point.subarray(0, bytes)),
    y: text(point.subarray(bytes)),
  };
  const own = createPrivateKey({ key: jwk, format: "jwk" });
  key.sign = (data) => Buffer.from(createSign(hash).update(data).sign(own));
  return key;
}

/** Of `EC PRIVATE KEY`: a sequence of the version and an octet string, and more that does not matter.
 * @see https://www.rfc-editor.org/rfc/rfc5915 */
function privateNumber(pem: string): Uint8Array {
  const der = Uint8Array.fromBase64(pem.replace(/-----[^-]+-----|\s/g, ""));
  const sequence = der[1]! < 0x80 ? 2 : 2 + (der[1]! & 0x7f);
  const octets = sequence + 3;
  return der.subarray(octets + 2, octets + 2 + der[octets + 1]!);
}

/** Zeros in front make no difference to a number. */
function exactly(bytes: number, number: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes);
  const end = number.subarray(-bytes);
  result.set(end, bytes - end.length);
  return result;
}
