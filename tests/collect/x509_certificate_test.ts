import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { parseCertificates } from "../../src/collect/x509_certificate.ts";
import { CertificateMaker, HAS_OPENSSL } from "./openssl.ts";

function opensslTest(name: string, test: (maker: CertificateMaker) => Promise<void>): void {
  Deno.test({
    name: HAS_OPENSSL ? name : `${name} (needs openssl)`,
    ignore: !HAS_OPENSSL,
    async fn() {
      await using maker = await CertificateMaker.create();
      await test(maker);
    },
  });
}

// Where openssl's own RFC 2253 form is the same, it is what is compared with.
const names: [what: string, subject: string, expect?: string][] = [
  ["an everyday name", "/C=DE/ST=Berlin/L=Mitte/O=Acme/OU=Web/CN=web.example"],
  ["what must be escaped", '/O=Acme, Inc./CN=a"b\\\\c<d>e;f\\+g'],
  ["a leading # and a trailing blank", "/O=#1/CN= x "],
  ["letters beyond ASCII", "/O=Müller & Söhne/CN=日本"],
  ["several attributes in one part", "/O=Acme/OU=a+OU=b/CN=x", "CN=x,OU=a+OU=b,O=Acme"],
  ["domain components", "/DC=org/DC=example/UID=me/CN=x"],
  [
    "an attribute without a short name, as its bytes",
    "/CN=x/emailAddress=a@b",
    "1.2.840.113549.1.9.1=#1603614062,CN=x",
  ],
  ["a serial number", "/CN=x/serialNumber=7", "SERIALNUMBER=7,CN=x"],
];
for (const [what, subject, expect] of names) {
  opensslTest(`parseCertificates() writes ${what} in RFC 2253's form`, async (maker) => {
    const { pem } = await maker.make("c", { subject });
    const [facts] = await parseCertificates(pem);
    const printed = await maker.openssl("x509", "-in", "c.crt", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb");
    strictEqual(facts!.subject, expect ?? printed.replace(/^subject=/, ""));
    strictEqual(facts!.issuer, facts!.subject);
  });
}

opensslTest("parseCertificates() reads every certificate of a chain, and what it is about", async (maker) => {
  const ca = await maker.make("ca", { subject: "/CN=Test CA", ca: true });
  const names = "DNS:a.example,DNS:*.b.example,IP:127.0.0.1,IP:::1,email:x@y.example,URI:spiffe://x/y";
  const leaf = await maker.make("leaf", { subject: "/CN=leaf", names, issuer: "ca" });
  const [first, second, ...more] = await parseCertificates(`text before\n${leaf.pem}between\r\n${leaf.key}${ca.pem}`);
  deepStrictEqual(more, []);
  const { notBefore, notAfter, ...rest } = first!;
  deepStrictEqual(rest, {
    subject: "CN=leaf",
    issuer: "CN=Test CA",
    dnsNames: ["a.example", "*.b.example"],
    isCA: false,
  });
  strictEqual(notAfter.getTime() - notBefore.getTime(), 2 * 86_400_000);
  deepStrictEqual([second!.subject, second!.isCA, second!.dnsNames], ["CN=Test CA", true, undefined]);
});

const algorithms = [
  ["rsa", ["-newkey", "rsa:2048"]],
  ["rsa-pss", ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"]],
  ["ed25519", ["-newkey", "ed25519"]],
] as const;
for (const [algorithm, newKey] of algorithms) {
  opensslTest(`parseCertificates() reads a certificate with a key of ${algorithm}`, async (maker) => {
    const pem = await maker.openssl(
      ...["req", "-x509", ...newKey, "-nodes", "-keyout", "k", "-subj", "/CN=x", "-days", "36500"],
    );
    const [facts] = await parseCertificates(pem);
    deepStrictEqual([facts!.subject, facts!.isCA], ["CN=x", true]);
    // Years from 2050 on are written in another type.
    strictEqual(facts!.notAfter.getUTCFullYear() - facts!.notBefore.getUTCFullYear(), 100);
  });
}

opensslTest("parseCertificates() says which certificate cannot be read", async (maker) => {
  const { pem } = await maker.make("c", { subject: "/CN=x" });
  const broken = pem.replace(/\n.{20}/, "\n" + "A".repeat(20));
  await rejects(parseCertificates(pem + broken), {
    code: "CERTIFICATE_PARSE",
    message: /^Cannot read certificate 2: /,
  });
});

const without = [
  ["an empty text", ""],
  ["a text that is no PEM", "hello"],
  ["other blocks", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"],
  ["a block that does not end", "-----BEGIN CERTIFICATE-----\nAAAA\n"],
] as const;
for (const [what, text] of without) {
  Deno.test(`parseCertificates() finds none in ${what}`, async () =>
    deepStrictEqual(await parseCertificates(text), []));
}

const garbage = [
  ["no base64", "*"],
  ["no DER", "AAAA"],
  ["nothing in it", ""],
  ["another structure", "MAMCAQE="],
] as const;
for (const [what, base64] of garbage) {
  Deno.test(`parseCertificates() refuses a block with ${what}`, async () => {
    const pem = `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
    await rejects(parseCertificates(pem), { code: "CERTIFICATE_PARSE", message: /^Cannot read certificate 1: ./ });
  });
}
