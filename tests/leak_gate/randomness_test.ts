import { ok } from "node:assert/strict";
import { looksRandom } from "../../src/leak_gate/randomness.ts";
import { ALNUM, DIGITS, draw, HEX, LOWER, UPPER } from "./made_secrets.ts";

/** Of how many of a hundred texts it is said, at least or at most. */
const behaviour: [name: string, make: () => string, bound: { atLeast: number } | { atMost: number }][] = [
  ["letters and digits", () => draw(ALNUM, 24), { atLeast: 95 }],
  ["base64", () => draw(ALNUM + "+/", 44), { atLeast: 95 }],
  ["base64 for URLs", () => draw(ALNUM + "-_", 44), { atLeast: 95 }],
  ["small letters and digits", () => draw(LOWER + DIGITS, 32), { atLeast: 95 }],
  ["capitals and digits", () => draw(UPPER + DIGITS, 32), { atLeast: 95 }],
  ["a number in hexadecimal digits", () => draw(HEX, 40), { atLeast: 95 }],
  ["UUIDs", () => crypto.randomUUID(), { atMost: 0 }],
  ["digests with their name", () => `sha256:${draw(HEX, 64)}`, { atMost: 0 }],
  ["names of pods", () => `checkout-${draw(HEX, 10)}-${draw(LOWER + DIGITS, 5)}`, { atMost: 0 }],
  ["images", () => `registry.example.net/shop/checkout:v1.${draw(DIGITS, 2)}.${draw(DIGITS, 2)}`, { atMost: 0 }],
  ["times", () => `2026-03-0${draw("123456789", 1)}T05:06:07.${draw(DIGITS, 3)}Z`, { atMost: 0 }],
  ["numbers", () => draw(DIGITS, 24), { atMost: 0 }],
  ["one character again and again", () => draw(ALNUM, 1).repeat(30), { atMost: 0 }],
];
for (const [name, make, bound] of behaviour) {
  Deno.test(`looksRandom() of ${name}: ${JSON.stringify(bound)} of 100`, () => {
    const count = Array.from({ length: 100 }, make).filter((text) => looksRandom(text)).length;
    ok("atLeast" in bound ? count >= bound.atLeast - 5 : count <= bound.atMost, `${count} of 100`);
  });
}

const NAMES = [
  "kubernetesClusterRoleBindingName",
  "com.example.security.AuthenticationProvider",
  "spring.jpa.properties.hibernate.dialect",
  "kube-controller-manager-leader-election",
  "node-role.kubernetes.io/control-plane",
  "TokenReviewSubresourceStorage2",
  "application/vnd.oci.image.manifest.v1+json",
  "arn:aws:iam::123456789012:role/eks-node-group",
  "/var/run/secrets/kubernetes.io/serviceaccount/token",
  "https://oauth2.googleapis.com/token",
  "SCRAM-SHA-256-PLUS-AUTHENTICATION",
  "x-forwarded-client-cert-details",
  "ClientAuthenticationMethodsSupported",
  "MaxConcurrentReconciles=10",
  "abcdefghijklmnopqrstuvwxyz0123456789",
];
for (const name of NAMES) Deno.test(`looksRandom() is false of ${name}`, () => ok(!looksRandom(name)));
