import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parseSpecSource, shownSource } from "../../src/spec/spec_source.ts";

const sources = [ // text, what it means
  ["-", { kind: "stdin" }],
  ["spec.yaml", { kind: "file", path: "spec.yaml" }],
  ["/etc/spec.yaml", { kind: "file", path: "/etc/spec.yaml" }],
  ["C:\\specs\\a.yaml", { kind: "file", path: "C:\\specs\\a.yaml" }],
  ["secret/shop/spec", { kind: "object", resource: "secret", namespace: "shop", name: "spec", key: undefined }],
  ["secret/shop/spec/a.yaml", {
    kind: "object",
    resource: "secret",
    namespace: "shop",
    name: "spec",
    key: "a.yaml",
  }],
  ["configmap/shop/spec", { kind: "object", resource: "configmap", namespace: "shop", name: "spec", key: undefined }],
  ["./secret/shop/spec", { kind: "file", path: "./secret/shop/spec" }],
  ["secret/spec.yaml", { kind: "file", path: "secret/spec.yaml" }],
  ["secret/a/b/c/d.yaml", { kind: "file", path: "secret/a/b/c/d.yaml" }],
  ["secret//spec", { kind: "file", path: "secret//spec" }],
  ["Secret/shop/spec", { kind: "file", path: "Secret/shop/spec" }],
  ["oci://registry.example.com/app", { kind: "url", scheme: "oci" }],
  ["FILE:///etc/passwd", { kind: "url", scheme: "file" }],
] as const;
for (const [text, expected] of sources) {
  Deno.test(`parseSpecSource() reads ${text} as ${expected.kind}`, () => {
    deepStrictEqual(parseSpecSource(text), expected);
  });
}

Deno.test("parseSpecSource() reads http and https addresses in any case", () => {
  for (const text of ["http://example.com/a", "HTTPS://example.com/a?b"]) {
    const source = parseSpecSource(text);
    strictEqual(source.kind === "http" && source.url.pathname, "/a");
  }
});

const shown = [
  ["spec.yaml", "spec.yaml"],
  ["secret/shop/spec", "secret/shop/spec"],
  ["https://user:pass@example.com:8443/a.yaml?token=x#y", "https://example.com:8443/a.yaml"],
  ["ftp://user:pass@example.com/a?token=x", "ftp://example.com/a"],
] as const;
for (const [text, expected] of shown) {
  Deno.test(`shownSource() shows ${expected}`, () => strictEqual(shownSource(text), expected));
}
