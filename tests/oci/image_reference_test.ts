import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { apiHost, formatImageReference, parseImageReference } from "../../src/oci/image_reference.ts";

const SHA256 = `sha256:${"0a".repeat(32)}`;
const SHA512 = `sha512:${"0a".repeat(64)}`;

const behaviour: [text: string, whole: string, host?: string][] = [
  ["nginx", "docker.io/library/nginx:latest", "registry-1.docker.io"],
  ["nginx:1.27", "docker.io/library/nginx:1.27"],
  ["app/web", "docker.io/app/web:latest"],
  ["docker.io/nginx", "docker.io/library/nginx:latest"],
  ["index.docker.io/library/nginx", "docker.io/library/nginx:latest"],
  ["registry.example.com/nginx", "registry.example.com/nginx:latest", "registry.example.com"],
  ["registry.example.com/a/b/c:x", "registry.example.com/a/b/c:x"],
  ["host:5000/app", "host:5000/app:latest", "host:5000"],
  ["host:5000/app:1", "host:5000/app:1"],
  ["localhost/app", "localhost/app:latest", "localhost"],
  ["localhost:5000/app", "localhost:5000/app:latest"],
  ["Registry.Example/app", "registry.example/app:latest"],
  ["[::1]:5000/app:1", "[::1]:5000/app:1", "[::1]:5000"],
  ["[fd00::1]/app", "[fd00::1]/app:latest"],
  [`nginx@${SHA256}`, `docker.io/library/nginx@${SHA256}`],
  [`nginx:1@${SHA256}`, `docker.io/library/nginx:1@${SHA256}`],
  [`host:5000/app@${SHA512}`, `host:5000/app@${SHA512}`],
  ["a__b/c--d/e.f_g", "docker.io/a__b/c--d/e.f_g:latest"],
];
for (const [text, whole, host] of behaviour) {
  Deno.test(`parseImageReference() reads ${text}`, () => {
    const image = parseImageReference(text);
    strictEqual(formatImageReference(image), whole);
    deepStrictEqual(parseImageReference(whole), image);
    if (host !== undefined) strictEqual(apiHost(image.registry), host);
  });
}

const refused: [text: string, why: RegExp][] = [
  ["", /no name/],
  ["Nginx", /upper-case/],
  ["registry.example.com/", /no name/],
  ["registry.example.com//app", /signs/],
  ["/app", /signs/],
  ["app/../../etc", /signs/],
  ["app:", /no tag/],
  ["app/b:x:", /no tag/],
  ["Registry/app", /upper-case/],
  ["app:-x", /no tag/],
  [`app:${"x".repeat(129)}`, /no tag/],
  ["app@sha256:12", /digest/],
  ["app@md5:0123", /digest/],
  [`app@${SHA256}@${SHA256}`, /more than one @/],
  ["user:pass@host.example/app", /no host/],
  ["host.example:99999/app", /no host/],
  ["host..example:x/app", /no host/],
  ["[::1/app", /no host/],
  ["host.example?x/app", /no host/],
  ["a b", /signs/],
  [`a.b/${"x".repeat(256)}`, /longer than 255/],
];
for (const [text, message] of refused) {
  Deno.test(`parseImageReference() refuses ${text.slice(0, 40) || "nothing"}`, () => {
    throws(() => parseImageReference(text), { name: "OciReferenceError", code: "IMAGE_REFERENCE", message });
  });
}
