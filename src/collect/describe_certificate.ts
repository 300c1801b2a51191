import type { CertificateFacts } from "./x509_certificate.ts";

/** A certificate in the bundle's form. It is valid in both of the seconds that bound its time.
 * @param name of where it was found, such as a Secret's key */
export function describeCertificate(name: string, facts: CertificateFacts, now: Date) {
  const { subject, issuer, dnsNames, notBefore, notAfter, isCA } = facts;
  return {
    certificate: name,
    subject,
    subjectAlternativeNames: dnsNames ?? null,
    issuer,
    notAfter: rfc3339(notAfter),
    notBefore: rfc3339(notBefore),
    isValid: notBefore <= now && now <= notAfter,
    isCA,
  };
}

function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.000Z$/, "Z");
}
