import type { AttributeTypeAndValue, Name } from "@peculiar/asn1-x509";
import { describeError, SupportBundleError } from "../core/errors.ts";

/** What the bundle tells about a certificate. */
export interface CertificateFacts {
  /** RFC 2253 form, the most specific part first: `CN=web,O=Acme,C=DE`. */
  subject: string;
  issuer: string;
  /** DNS names alone; undefined when the certificate has none. */
  dnsNames?: string[];
  notBefore: Date;
  notAfter: Date;
  isCA: boolean;
}

/** A `CERTIFICATE` block that is no X.509 certificate. */
export class CertificateParseError extends SupportBundleError {
  /** @param position of the block among the `CERTIFICATE` blocks of its text, from 1 */
  constructor(position: number, why: string, options: ErrorOptions = {}) {
    super(`Cannot read certificate ${position}: ${why}`, { ...options, code: "CERTIFICATE_PARSE" });
  }
}

const BLOCK = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, in its order; other blocks and text between blocks don't count.
 * @returns an empty list when there is no `CERTIFICATE` block
 * @throws {CertificateParseError} at the first block that cannot be read */
export async function parseCertificates(pem: string): Promise<CertificateFacts[]> {
  const blocks = [...pem.matchAll(BLOCK)].map(([, base64]) => base64!);
  if (blocks.length === 0) return [];
  const read = await certificateReader();
  return blocks.map((base64, index) => {
    try {
      return read(Uint8Array.fromBase64(base64.replace(/\s+/g, "")));
    } catch (cause) {
      throw new CertificateParseError(index + 1, describeError(cause), { cause });
    }
  });
}

/** Loads the ASN.1 packages: node:crypto's X509Certificate has no alternative names under Deno. The second one's
 * CommonJS build is taken, since what the other imports from tslib is lost in a bundle. */
async function certificateReader(): Promise<(der: Uint8Array) => CertificateFacts> {
  const [{ AsnConvert }, x509] = await Promise.all([
    import("@peculiar/asn1-schema"),
    import("@peculiar/asn1-x509/build/cjs/index.js") as Promise<typeof import("@peculiar/asn1-x509")>,
  ]);
  const hexDer = (value: unknown) => new Uint8Array(AsnConvert.serialize(value)).toHex();
  return (der) => {
    const { subject, issuer, validity, extensions } = AsnConvert.parse(der, x509.Certificate).tbsCertificate;
    const extension = (id: string) => extensions?.find(({ extnID }) => extnID === id)?.extnValue.buffer;
    const constraints = extension(x509.id_ce_basicConstraints);
    const alternatives = extension(x509.id_ce_subjectAltName);
    const dnsNames = alternatives === undefined
      ? []
      : [...AsnConvert.parse(alternatives, x509.SubjectAlternativeName)].flatMap(({ dNSName }) => dNSName ?? []);
    return {
      subject: nameText(subject, hexDer),
      issuer: nameText(issuer, hexDer),
      ...(dnsNames.length > 0 ? { dnsNames } : {}),
      notBefore: validity.notBefore.getTime(),
      notAfter: validity.notAfter.getTime(),
      isCA: constraints !== undefined && AsnConvert.parse(constraints, x509.BasicConstraints).cA,
    };
  };
}

/** Attributes with a short name; any other is written as its OID and the hex of its DER.
 * @see https://www.rfc-editor.org/rfc/rfc4514#section-3 */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "SERIALNUMBER",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "STREET",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.17": "POSTALCODE",
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
};

function nameText(name: Name, hexDer: (value: unknown) => string): string {
  return [...name].reverse().map((parts) => [...parts].map((part) => attributeText(part, hexDer)).join("+")).join(",");
}

function attributeText({ type, value }: AttributeTypeAndValue, hexDer: (value: unknown) => string): string {
  const name = SHORT_NAMES[type];
  // A value that is no string has no text but its bytes.
  if (name === undefined || value.anyValue !== undefined) return `${name ?? type}=#${hexDer(value)}`;
  return `${name}=${escapeValue(value.toString())}`;
}

/** @see https://www.rfc-editor.org/rfc/rfc2253#section-2.4 */
function escapeValue(text: string): string {
  return text.replace(/[,+"\\<>;]|^[# ]| $/g, "\\$&").replaceAll("\0", "\\00");
}
