import { strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { authorityProblem, keyPairProblem } from "../../src/core/key_pair.ts";
import { CertificateMaker, HAS_OPENSSL } from "../collect/openssl.ts";

const SORT = "its key is of a sort that TLS does not take here (RSA from 2048 bits, ECDSA, Ed25519)";
const FOREIGN = "the key does not belong to it";
const UNREADABLE = "its key cannot be read";

/** How openssl makes a key; what is wrong with it and its certificate, and with it and another one's. */
const keys: [name: string, make: string[], own: string | undefined, foreign: string | undefined][] = [
  ["EC", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1"], undefined, FOREIGN],
  ["EC on another curve, in its older form", ["ecparam", "-name", "secp384r1", "-genkey"], undefined, FOREIGN],
  ["EC on P-521", ["ecparam", "-name", "secp521r1", "-genkey", "-noout"], undefined, undefined],
  ["EC on a curve that TLS does not know", ["ecparam", "-name", "secp256k1", "-genkey"], UNREADABLE, UNREADABLE],
  ["RSA", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], undefined, FOREIGN],
  ["RSA with 1024 bits", ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], SORT, SORT],
  ["RSA-PSS", ["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"], SORT, SORT],
  ["Ed25519", ["genpkey", "-algorithm", "ED25519"], undefined, FOREIGN],
  ["Ed448", ["genpkey", "-algorithm", "ED448"], UNREADABLE, UNREADABLE],
];
for (const [name, make, own, foreign] of keys) {
  Deno.test({
    name: `keyPairProblem() judges keys: ${name}`,
    ignore: !HAS_OPENSSL,
    fn: async () => {
      await using maker = await CertificateMaker.create();
      const pair = async (name: string) => {
        await maker.openssl(...make, "-out", `${name}.key`);
        await maker.openssl("req", "-x509", "-key", `${name}.key`, "-subj", `/CN=${name}`, "-out", `${name}.crt`);
        const read = (ending: string) => Deno.readTextFileSync(join(maker.folder, `${name}.${ending}`));
        return { cert: read("crt"), key: read("key") };
      };
      const [one, other] = [await pair("one"), await pair("other")];
      strictEqual(keyPairProblem(one.cert, one.key), own);
      strictEqual(keyPairProblem(one.cert, other.key), foreign);
      strictEqual(keyPairProblem(one.cert + other.cert, one.key), own);
      strictEqual(keyPairProblem(other.cert + one.cert, one.key), foreign);
      const damage = (pem: string) => pem.replace(/(?<=KEY-----\n|CERTIFICATE-----\n).{20}/, "");
      strictEqual(keyPairProblem(one.cert, damage(one.key)), name === "EC on P-521" ? undefined : UNREADABLE);
      strictEqual(keyPairProblem(damage(one.cert), one.key), "it cannot be read");
      strictEqual(keyPairProblem(one.key, one.key), "there is none in it");
      strictEqual(keyPairProblem(one.cert, one.cert), "there is no key in its key file");
    },
  });
}

Deno.test({
  name: "authorityProblem() judges certificates of authorities",
  ignore: !HAS_OPENSSL,
  fn: async () => {
    await using maker = await CertificateMaker.create();
    const { pem, key } = await maker.make("ca", { subject: "/CN=ca", ca: true });
    strictEqual(authorityProblem(`# two\n${pem}${pem}`), undefined);
    strictEqual(authorityProblem(pem + pem.replace(/(?<=CERTIFICATE-----\n).{20}/, "")), "it cannot be read");
    for (const none of ["hello", key]) strictEqual(authorityProblem(none), "there is no certificate in it");
  },
});
