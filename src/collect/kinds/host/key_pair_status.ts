import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

export type KeyPairStatus =
  | "key-pair-missing"
  | "key-pair-switched"
  | "key-pair-encrypted"
  | "key-pair-mismatch"
  | "key-pair-invalid"
  | "key-pair-valid";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/;
const KEY = /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[^]+?-----END \1-----/;

/** Judges the text of a certificate file (the first certificate counts) and that of a key file. */
export function keyPairStatus(certificateText: string, keyText: string): KeyPairStatus {
  const certificate = CERTIFICATE.exec(certificateText)?.[0];
  const key = KEY.exec(keyText)?.[0];
  if (certificate === undefined && KEY.test(certificateText)) return "key-pair-switched";
  if (key === undefined && CERTIFICATE.test(keyText)) return "key-pair-switched";
  if (certificate === undefined || key === undefined) return "key-pair-invalid";
  if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key)) return "key-pair-encrypted";
  try {
    new X509Certificate(certificate);
    // A certificate has the public key in this very form.
    return bytesOf(certificate).includes(publicPart(key)) ? "key-pair-valid" : "key-pair-mismatch";
  } catch {
    return "key-pair-invalid";
  }
}

/** The public key as its DER (SubjectPublicKeyInfo), or the point of it on the curve P-521, which Deno's crypto cannot
 * read: such keys hold it as a bit string of 134 bytes, after their private part. */
function publicPart(pem: string): Buffer {
  try {
    return createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "der" });
  } catch (error) {
    const der = bytesOf(pem);
    const start = der.lastIndexOf(Buffer.from("0381860004", "hex"));
    if (start < 0) throw error;
    return der.subarray(start, start + 137);
  }
}

function bytesOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----|\s+/g, ""), "base64");
}
