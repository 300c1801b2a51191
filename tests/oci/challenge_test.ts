import { deepStrictEqual } from "node:assert/strict";
import { parseChallenge } from "../../src/oci/challenge.ts";

const bearer = { scheme: "bearer", realm: "https://auth.example/token" };
const behaviour: [name: string, header: string | null, expect: unknown][] = [
  ["nothing", null, undefined],
  ["Basic", 'Basic realm="x, y"', { scheme: "basic" }],
  ["Basic without parameters", "Basic", { scheme: "basic" }],
  [
    "Bearer with service and scope",
    'Bearer realm="https://auth.example/token",service="s",scope="repository:a/b:pull,push"',
    { ...bearer, service: "s", scope: "repository:a/b:pull,push" },
  ],
  ["other casing, blanks and plain values", "bearer  REALM = https://auth.example/token , service=s", {
    ...bearer,
    service: "s",
  }],
  ["escaped quotes", 'Bearer realm="https://auth.example/token",service="a\\"b"', { ...bearer, service: 'a"b' }],
  ["Bearer before Basic", 'Basic realm="x", Bearer realm="https://auth.example/token"', bearer],
  ["Basic where Bearer has no realm", 'Bearer service="s", Basic realm="x"', { scheme: "basic" }],
  ["an unknown scheme", 'Negotiate, Digest realm="x"', undefined],
  ["parameters of no scheme", 'realm="x"', undefined],
  ["what is no header", '"""===,,,', undefined],
];
for (const [name, header, expect] of behaviour) {
  Deno.test(`parseChallenge() reads ${name}`, () => {
    const { ...found } = parseChallenge(header) ?? {};
    deepStrictEqual(JSON.parse(JSON.stringify(found)), expect ?? {});
  });
}

Deno.test("parseChallenge() reads a long header in little time", () => {
  parseChallenge('a="'.repeat(5000));
  parseChallenge(`Bearer ${"realm ".repeat(5000)}`);
});
