import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { credentialsFor, helperFor, parseDockerConfig } from "../../src/oci/docker_config.ts";
import { parseImageReference } from "../../src/oci/image_reference.ts";

/** The user names that a config has for an image, each as name and password. */
function usersFor(config: unknown, image: string): string[] {
  const parsed = parseDockerConfig(JSON.stringify(config), "the test");
  return credentialsFor(parsed, parseImageReference(image)).map((found) =>
    found.username === undefined
      ? `token ${found.identityToken ?? found.registryToken}`
      : `${found.username} ${found.password}`
  );
}

/** A config with one user for each key. */
const keys = (...names: string[]) => ({
  auths: Object.fromEntries(names.map((name, i) => [name, { username: `u${i}`, password: "p" }])),
});

const behaviour: [name: string, config: unknown, image: string, expect: string[]][] = [
  ["auth in base64", { auths: { "r.example": { auth: btoa("u:p:q") } } }, "r.example/a", ["u p:q"]],
  ["auth in the clear", { auths: { "r.example": { auth: "u:p" } } }, "r.example/a", ["u p"]],
  ["auth that ends with NUL", { auths: { "r.example": { auth: btoa("u:p\0") } } }, "r.example/a", ["u p"]],
  [
    "username and password before auth",
    { auths: { "r.example": { username: "u", password: "p", auth: btoa("x:y") } } },
    "r.example/a",
    ["u p"],
  ],
  ["an identity token", { auths: { "r.example": { identitytoken: "t" } } }, "r.example/a", ["token t"]],
  ["a registry token", { auths: { "r.example": { registrytoken: "t" } } }, "r.example/a", ["token t"]],
  ["the form without auths", { "r.example": { auth: btoa("u:p") } }, "r.example/a", ["u p"]],
  ["no entry for another host", keys("other.example"), "r.example/a", []],
  ["no entry for another port", keys("r.example", "r.example:5001"), "r.example:5000/a", []],
  ["keys as addresses", keys("https://r.example/v2/", "http://r.example"), "r.example/a", ["u0 p", "u1 p"]],
  [
    "every name of Docker Hub",
    keys("https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"),
    "nginx",
    ["u0 p", "u1 p", "u2 p"],
  ],
  ["the longest path first", keys("r.example", "r.example/a/b", "r.example/a"), "r.example/a/b/c", [
    "u1 p",
    "u2 p",
    "u0 p",
  ]],
  ["no path that only begins alike", keys("r.example/app"), "r.example/apple", []],
  ["stars, one label each", keys("*.example", "*.*.example", "r*.example"), "reg.example/a", ["u0 p", "u2 p"]],
  ["stars never for a port", keys("*.example"), "r.example:5000/a", []],
  ["a host before a star", keys("*.example", "r.example"), "r.example/a", ["u1 p", "u0 p"]],
  ["entries of other forms as none", { auths: { "r.example": null, "x": 3, "y": { auth: 4 } } }, "r.example/a", []],
  ["a config without logins", { credsStore: "desktop" }, "r.example/a", []],
];
for (const [name, config, image, expect] of behaviour) {
  Deno.test(`credentialsFor() takes ${name}`, () => deepStrictEqual(usersFor(config, image), expect));
}

for (const text of ["", "planted-secret", "[1]", "null", '"planted-secret"']) {
  Deno.test(`parseDockerConfig() refuses ${JSON.stringify(text)} and does not quote it`, () =>
    throws(() => parseDockerConfig(text, "the test"), (error: Error & { code: string }) => {
      strictEqual(error.code, "REGISTRY_CREDENTIALS");
      return !error.message.includes("planted");
    }));
}

Deno.test("helperFor() prefers the registry's own helper to the common one", () => {
  const config = parseDockerConfig(JSON.stringify({ credsStore: "all", credHelpers: { "r.example": "one" } }), "x");
  deepStrictEqual(helperFor(config, "r.example"), { helper: "one", server: "r.example" });
  deepStrictEqual(helperFor(config, "other.example"), { helper: "all", server: "other.example" });
  deepStrictEqual(helperFor(config, "docker.io"), { helper: "all", server: "https://index.docker.io/v1/" });
  strictEqual(helperFor({ entries: [], credHelpers: [] }, "r.example"), undefined);
});
