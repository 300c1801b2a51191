import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import * as z from "zod";
import { databaseFields } from "../../../src/collect/databases/database_fields.ts";
import { readText, referenceNeeds, UnresolvedReferenceError } from "../../../src/collect/databases/referenced_text.ts";
import { tlsTerms } from "../../../src/collect/databases/tls_terms.ts";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import { KubeForbiddenError, KubeNotFoundError } from "../../../src/kube/errors.ts";

const schema = z.object(databaseFields("uri"));
const asked: string[] = [];
const objects: Record<string, unknown> = {
  "/api/v1/namespaces/default/secrets/s": { data: { uri: btoa("from-secret"), empty: "" } },
  "/api/v1/namespaces/cli/secrets/s": { data: { uri: btoa("from-cli") } },
  "/api/v1/namespaces/other/secrets/s": { data: { uri: btoa("from-other") } },
  "/api/v1/namespaces/default/configmaps/c": { data: { uri: "from-map" } },
  "/api/v1/namespaces/default/secrets/tls": {
    data: { cacert: btoa("CA"), clientCert: btoa("CERT"), clientKey: btoa("KEY") },
  },
  "/api/v1/namespaces/default/secrets/half": { data: { cacert: btoa("CA"), clientCert: btoa("CERT") } },
  "/api/v1/namespaces/default/secrets/noca": { data: { clientCert: btoa("CERT"), clientKey: btoa("KEY") } },
};
const kube = {
  get(path: string) {
    asked.push(path);
    if (path.includes("forbidden")) {
      return Promise.reject(new KubeForbiddenError(`get ${path}`, { status: 403, message: "no" }));
    }
    return path in objects
      ? Promise.resolve(objects[path])
      : Promise.reject(new KubeNotFoundError(`get ${path}`, { status: 404 }));
  },
} as unknown as KubeClient;
const cluster = (namespace?: string) => ({ kube, signal: new AbortController().signal, namespace });

const secretKeyRef = { name: "s", key: "uri" };
const configMapKeyRef = { name: "c", key: "uri" };
const texts: [string, unknown, string | undefined, string][] = [
  ["a text", "literal", undefined, "literal"],
  ["a number that YAML made of one", 15, undefined, "15"],
  ["nothing as empty", undefined, undefined, ""],
  ["a value", { value: "literal" }, undefined, "literal"],
  ["a value before references", { value: "literal", valueFrom: { secretKeyRef } }, undefined, "literal"],
  ["a Secret before a ConfigMap", { valueFrom: { secretKeyRef, configMapKeyRef } }, undefined, "from-secret"],
  ["a ConfigMap", { valueFrom: { configMapKeyRef } }, undefined, "from-map"],
  ["the command line's namespace", { valueFrom: { secretKeyRef } }, "cli", "from-cli"],
  [
    "the reference's namespace first",
    { valueFrom: { secretKeyRef: { ...secretKeyRef, namespace: "other" } } },
    "cli",
    "from-other",
  ],
  ["an empty object as empty", {}, undefined, ""],
  [
    "a missing optional object as empty",
    { valueFrom: { secretKeyRef: { name: "x", key: "k", optional: true } } },
    undefined,
    "",
  ],
  [
    "a missing optional key as empty",
    { valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
    undefined,
    "",
  ],
  [
    "a forbidden optional object as empty",
    { valueFrom: { secretKeyRef: { name: "forbidden", key: "k", optional: "true" } } },
    undefined,
    "",
  ],
];
for (const [name, uri, namespace, expect] of texts) {
  Deno.test(`readText() takes ${name}`, async () => {
    strictEqual(await readText(schema.parse({ uri }).uri, "uri", cluster(namespace)), expect);
  });
}

const unresolved: [string, unknown, string][] = [
  [
    "an object that is missing",
    { secretKeyRef: { name: "x", key: "k" } },
    'Cannot read uri from Secret "default/x": Cannot get',
  ],
  [
    "a key that is missing",
    { secretKeyRef: { name: "s", key: "k" } },
    'Cannot read uri: Secret "default/s" has no key "k"',
  ],
  [
    "an object that is forbidden",
    { configMapKeyRef: { name: "forbidden", key: "k" } },
    'Cannot read uri from ConfigMap "default/forbidden": Cannot get',
  ],
];
for (const [name, valueFrom, message] of unresolved) {
  Deno.test(`readText() says which reference names ${name}`, async () => {
    await rejects(readText(schema.parse({ uri: { valueFrom } }).uri, "uri", cluster()), (error: Error) => {
      ok(error instanceof UnresolvedReferenceError);
      ok(error.message.startsWith(message), error.message);
      return true;
    });
  });
}

Deno.test("referenceNeeds() names what the fields refer to, and nothing that is not read", () => {
  const config = schema.parse({
    uri: { valueFrom: { secretKeyRef: { ...secretKeyRef, namespace: "a" } } },
    tls: {
      cacert: { valueFrom: { configMapKeyRef } },
      clientCert: { value: "x", valueFrom: { secretKeyRef } },
    },
  });
  deepStrictEqual(referenceNeeds(config, { namespace: "cli" }), [
    { verb: "get", resource: "secrets", name: "s", namespace: "a" },
    { verb: "get", resource: "configmaps", name: "c", namespace: "cli" },
  ]);
  const withSecret = schema.parse({
    uri: "x",
    tls: { secret: { name: "tls" }, cacert: { valueFrom: { secretKeyRef } } },
  });
  deepStrictEqual(referenceNeeds(withSecret, {}), [{
    verb: "get",
    resource: "secrets",
    name: "tls",
    namespace: "default",
  }]);
  deepStrictEqual(referenceNeeds(schema.parse({ uri: "x" }), {}), []);
});

const terms: [string, unknown, boolean, unknown][] = [
  ["no block", undefined, true, undefined],
  ["an authority", { cacert: "CA" }, true, { verify: "full", ca: "CA" }],
  ["a client certificate", { cacert: "CA", clientCert: "C", clientKey: { value: "K" } }, true, {
    verify: "full",
    ca: "CA",
    cert: "C",
    key: "K",
  }],
  ["skipVerify, and keeps the client certificate", { skipVerify: true, clientCert: "C", clientKey: "K" }, true, {
    verify: "none",
    cert: "C",
    key: "K",
  }],
  ["a Secret before inline texts", { secret: { name: "tls" }, cacert: "x" }, true, {
    verify: "full",
    ca: "CA",
    cert: "CERT",
    key: "KEY",
  }],
  ["a Secret without an authority under skipVerify", { secret: { name: "noca" }, skipVerify: "true" }, true, {
    verify: "none",
    cert: "CERT",
    key: "KEY",
  }],
  ["an empty block where no authority is needed", {}, false, { verify: "full" }],
];
for (const [name, tls, authorityNeeded, expect] of terms) {
  Deno.test(`tlsTerms() takes ${name}`, async () => {
    deepStrictEqual(await tlsTerms(schema.parse({ tls }).tls, authorityNeeded, cluster()), expect);
  });
}

const incomplete: [string, unknown, RegExp][] = [
  ["an empty block", {}, /neither an authority/],
  ["a certificate without its key", { cacert: "CA", clientCert: "C" }, /clientCert without its clientKey/],
  ["a key without its certificate", { skipVerify: true, clientKey: "K" }, /clientKey without its clientCert/],
  ["a Secret with half a pair", { secret: { name: "half" } }, /clientCert without its clientKey/],
  ["a Secret without an authority", { secret: { name: "noca" } }, /no key "cacert"/],
  ["a Secret that is missing", { secret: { name: "x" } }, /Cannot read tls.secret from Secret "default\/x"/],
];
for (const [name, tls, message] of incomplete) {
  Deno.test(`tlsTerms() refuses ${name}`, async () => {
    await rejects(tlsTerms(schema.parse({ tls }).tls, true, cluster()), { message });
  });
}
