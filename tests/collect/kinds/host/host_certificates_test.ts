import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { certificate } from "../../../../src/collect/kinds/host/certificate.ts";
import { certificatesCollection } from "../../../../src/collect/kinds/host/certificates_collection.ts";
import { keyPairStatus } from "../../../../src/collect/kinds/host/key_pair_status.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../../../fixtures/certificates.ts";
import { collectAll } from "../../collect_all.ts";
import { CertificateMaker } from "../../openssl.ts";
import { collectUntilFailure } from "./collect_until_failure.ts";

const made = hasOpenssl ? await makeCertificates() : undefined;

const pairs: [string, (certificates: Certificates) => [string, string], string][] = [
  ["a pair", ({ server }) => [server.cert, server.key], "key-pair-valid"],
  ["a chain that begins with its certificate", ({ server, ca }) => [server.cert + ca, server.key], "key-pair-valid"],
  ["text around the blocks", ({ server }) => [`# web\n${server.cert}`, `\n\n${server.key}`], "key-pair-valid"],
  ["the key of another", ({ server, client }) => [server.cert, client.key], "key-pair-mismatch"],
  ["the two files switched", ({ server }) => [server.key, server.cert], "key-pair-switched"],
  ["a certificate in both", ({ server }) => [server.cert, server.cert], "key-pair-switched"],
  ["no PEM at all", () => ["x", "y"], "key-pair-invalid"],
  ["a damaged certificate", ({ server }) => [damaged(server.cert), server.key], "key-pair-invalid"],
  ["a damaged key", ({ server }) => [server.cert, damaged(server.key)], "key-pair-invalid"],
];

/** With an octet in the middle of its base64 gone. */
function damaged(pem: string): string {
  const lines = pem.trim().split("\n");
  return [lines[0], lines[1]!.slice(9), ...lines.slice(2)].join("\n");
}

for (const [name, texts, expect] of pairs) {
  Deno.test({
    name: `keyPairStatus() of ${name} is ${expect}`,
    ignore: made === undefined,
    fn: () => strictEqual(keyPairStatus(...texts(made!)), expect),
  });
}

const keys = [
  ["RSA", ["-newkey", "rsa:2048"]],
  ["small RSA", ["-newkey", "rsa:1024"]],
  ["P-384", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]],
  ["P-521", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"]],
  ["Ed25519", ["-newkey", "ed25519"]],
] as const;
for (const [name, options] of keys) {
  Deno.test({
    name: `keyPairStatus() knows a pair of ${name}, another one's key, and an encrypted one`,
    ignore: !hasOpenssl,
    async fn() {
      await using maker = await CertificateMaker.create();
      const make = async (file: string) => {
        const out = ["-keyout", `${file}.key`, "-out", `${file}.crt`];
        await maker.openssl("req", "-x509", ...options, "-nodes", "-subj", "/CN=a", "-days", "2", ...out);
        const read = (ending: string) => Deno.readTextFile(join(maker.folder, `${file}.${ending}`));
        return { cert: await read("crt"), key: await read("key") };
      };
      const [a, b] = [await make("a"), await make("b")];
      strictEqual(keyPairStatus(a.cert, a.key), "key-pair-valid");
      strictEqual(keyPairStatus(a.cert, b.key), "key-pair-mismatch");
      const locked = await maker.openssl("pkcs8", "-topk8", "-in", "a.key", "-passout", "pass:planted");
      strictEqual(keyPairStatus(a.cert, locked), "key-pair-encrypted");
    },
  });
}

Deno.test({
  name: "keyPairStatus() knows keys in the older forms, encrypted or not",
  ignore: !hasOpenssl,
  async fn() {
    await using maker = await CertificateMaker.create();
    const out = ["-keyout", "a.key", "-out", "a.crt", "-days", "2"];
    await maker.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", ...out);
    const certificate = await Deno.readTextFile(join(maker.folder, "a.crt"));
    const older = await maker.openssl("rsa", "-in", "a.key", "-traditional");
    const locked = await maker.openssl("rsa", "-in", "a.key", "-traditional", "-aes256", "-passout", "pass:planted");
    match(older, /BEGIN RSA PRIVATE KEY/);
    strictEqual(keyPairStatus(certificate, older), "key-pair-valid");
    match(locked, /Proc-Type: 4,ENCRYPTED/);
    strictEqual(keyPairStatus(certificate, locked), "key-pair-encrypted");
  },
});

async function withFiles(files: Record<string, string>, test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "host-certificates-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, name), text);
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "certificate writes the bare status, and counts everything but a pair as a failure",
  ignore: made === undefined,
  fn: () =>
    withFiles({ "a.crt": made!.server.cert, "a.key": made!.server.key, "b.key": made!.client.key }, async (folder) => {
      const certificatePath = join(folder, "a.crt");
      const rows = [
        ["a.key", undefined, "certificate", "key-pair-valid", undefined],
        ["b.key", "web", "web", "key-pair-mismatch", "KEY_PAIR"],
        ["none.key", undefined, "certificate", "key-pair-missing", "KEY_PAIR"],
      ] as const;
      for (const [key, collectorName, name, status, code] of rows) {
        const { files, error } = await collectUntilFailure(certificate, {
          certificatePath,
          keyPath: join(folder, key),
          collectorName,
        });
        deepStrictEqual(files, { [`host-collectors/certificate/${name}.json`]: status });
        strictEqual((error as { code?: string } | undefined)?.code, code);
      }
    }),
});

Deno.test({
  name: "certificatesCollection tells what is in each file, in the order of the spec",
  ignore: made === undefined,
  fn: () =>
    withFiles({ "chain.crt": made!.server.cert + made!.ca, "a.key": made!.server.key }, async (folder) => {
      const paths = ["chain.crt", "a.key", "none.crt"].map((name) => join(folder, name));
      const { files } = await collectAll(certificatesCollection, { paths });
      const text = files["host-collectors/certificatesCollection/certificatesCollection.json"]!;
      match(text, /^\[\n\t\{\n\t\t"certificatePath": /);
      ok(!text.includes("PRIVATE"));
      const [chain, key, none] = JSON.parse(text);
      deepStrictEqual(key, { certificatePath: paths[1], message: "cert-invalid" });
      deepStrictEqual(none, { certificatePath: paths[2], message: "cert-missing" });
      strictEqual(chain.message, "cert-valid");
      const [server, ca] = chain.certificateChain;
      deepStrictEqual([server.certificate, server.subject, server.issuer], ["", "CN=server", "CN=ca"]);
      deepStrictEqual([server.subjectAlternativeNames, server.isValid, server.isCA], [["localhost"], true, false]);
      deepStrictEqual([ca.subject, ca.subjectAlternativeNames, ca.isCA], ["CN=ca", null, true]);
      match(server.notAfter, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }),
});
