import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

const MIN_RSA_BITS = 2048;
/** Deno's TLS takes keys on this curve, and its crypto cannot read them. */
const P521 = Buffer.from("06052b81040023", "hex");

/** What is wrong with a certificate and its private key (both PEM; of several certificates the first), in words that follow
 * "Cannot use the client certificate: ". Deno's whole process ends when it connects with a pair that it cannot use, so this
 * is to be asked before. */
export function keyPairProblem(cert: string, key: string): string | undefined {
  const certificate = pemBlock(cert, "CERTIFICATE");
  if (certificate === undefined) return "there is none in it";
  try {
    new X509Certificate(certificate);
  } catch {
    return "it cannot be read";
  }
  const text = pemBlock(key, "(?:RSA |EC )?PRIVATE KEY");
  if (text === undefined) return "there is no key in its key file";
  let publicKey: Buffer;
  try {
    const privateKey = createPrivateKey(text);
    if (!isUsable(privateKey)) {
      return "its key is of a sort that TLS does not take here (RSA from 2048 bits, ECDSA, Ed25519)";
    }
    publicKey = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  } catch {
    return bytesOf(text).includes(P521) ? undefined : "its key cannot be read";
  }
  // A certificate has the public key in this very form.
  return bytesOf(certificate).includes(publicKey) ? undefined : "the key does not belong to it";
}

/** What is wrong with the certificates of authorities (PEM), in words. `node:tls` with an authority that cannot be read
 * neither connects nor fails. */
export function authorityProblem(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (blocks === null) return "there is no certificate in it";
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    return "it cannot be read";
  }
}

function isUsable({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  return type === "ec" || type === "ed25519" || type === "rsa" && (details?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

function pemBlock(text: string, label: string): string | undefined {
  return new RegExp(`-----BEGIN (${label})-----[^-]+-----END \\1-----`).exec(text)?.[0];
}

function bytesOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----|\s+/g, ""), "base64");
}
