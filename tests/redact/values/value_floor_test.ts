import { equal } from "node:assert/strict";
import { isDistinctive, isUserValue, type Weight } from "../../../src/redact/values/value_floor.ts";

// What a value is, for each weight: named, entry, part.
const floor: [text: string, named: boolean, entry: boolean, part: boolean, why: string][] = [
  ["hunt3", false, false, false, "five characters"],
  ["hunter2", true, false, false, "a short password"],
  ["hunter", false, false, false, "a word"],
  ["swordfish", false, false, false, "a longer word"],
  ["correct-horse-battery", true, false, false, "a passphrase, or a name"],
  ["correct horse battery", true, false, false, "a passphrase, or prose"],
  ["aaaaaa1", false, false, false, "too uniform"],
  ["aaaaaaaaaaaaaaa1", false, false, false, "too uniform, however long"],
  ["Xk3-9fQz", true, false, false, "a generated password"],
  ["p@ss-word", true, false, false, "letters and signs"],
  ["Xk39fQz7Lm2p", true, true, true, "twelve generated characters"],
  ["Xk39fQz7Lm2", true, false, false, "eleven generated characters"],
  ["kXvQbRtZpLmN", true, true, false, "letters in mixed cases"],
  ["9f86d081884c7d659a2feaa0c55ad015", true, true, false, "a key in hexadecimal digits, or a checksum"],
  ["123e4567-e89b-12d3-a456-426614174000", true, false, false, "a UUID"],
  ["JBSWY3DPEHPK3PXP", true, true, true, "base32"],
  ["true", false, false, false, "a word of configurations"],
  ["Password", false, false, false, "a common word"],
  ["administrator", false, false, false, "a common user name"],
  ["localhost", false, false, false, "a host"],
  ["postgres-0.postgres.shop.svc.cluster.local", false, false, false, "a host of the cluster"],
  ["db.example.com:5432/shop", false, false, false, "a host with port and path"],
  ["https://issuer.example.com/realms/shop", false, false, false, "a URL"],
  ["/var/run/secrets/tokens/vault", false, false, false, "a path"],
  ["12345678", false, false, false, "a number"],
  ["2026-01-02T03:04:05Z", false, false, false, "a time"],
  ["10.96.0.0/12", false, false, false, "a range of addresses"],
  ["2001:db8:85a3::8a2e:370:7334", false, false, false, "an address of IPv6"],
  ["sha256:9f86d081884c7d659a2feaa0c55ad015", false, false, false, "a digest"],
  ["${DB_PASSWORD_FROM_ENV}", false, false, false, "a reference"],
  ["ReadWriteOnce", true, false, false, "words in one"],
  ["SHA256withRSA", true, false, false, "the name of an algorithm"],
  ["TLS_AES_128_GCM_SHA256", true, false, false, "words and numbers"],
  ["shop-backups-eu-central-1", true, false, false, "the name of a bucket"],
  ["bob.builder1@example.org", true, false, false, "an address"],
  ["HIDDEN", false, false, false, "a part of the mask"],
];
for (const [text, named, entry, part, why] of floor) {
  Deno.test(`isDistinctive() of ${why}: ${text}`, () => {
    const weights: Weight[] = ["named", "entry", "part"];
    equal(weights.map((weight) => isDistinctive(text, weight)).join(), [named, entry, part].join());
  });
}

const users: [text: string, taken: boolean][] = [
  ["4711", true],
  ["471", false],
  ["true", true],
  ["äöü", false],
  ["HIDDEN", false],
];
for (const [text, taken] of users) {
  Deno.test(`isUserValue() ${taken ? "takes" : "refuses"} "${text}"`, () => equal(isUserValue(text), taken));
}
