import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { UsageError } from "../../src/core/errors.ts";
import { objectMetadata, objectSettings, S3_OPTIONS, validateS3 } from "../../src/upload/kinds/s3_options.ts";

const NOW = new Date("2026-01-31T08:00:00Z");
const FILE = { path: "/b", name: "b.tar.gz", bytes: 1, sha256: "ab" };
const FIXED = { ContentType: "application/gzip", Metadata: { sha256: "ab" } };

const GOOD: [options: Record<string, string>, settings: Record<string, unknown>][] = [
  [{}, {}],
  [{ storageClass: "STANDARD_IA" }, { StorageClass: "STANDARD_IA" }],
  [{ serverSideEncryption: "AES256" }, { ServerSideEncryption: "AES256" }],
  [{ serverSideEncryption: "aws:kms", kmsKeyId: "alias/bundles" }, {
    ServerSideEncryption: "aws:kms",
    SSEKMSKeyId: "alias/bundles",
  }],
  [{ acl: "bucket-owner-full-control" }, { ACL: "bucket-owner-full-control" }],
  [{ tags: "team=a b&cost=ü" }, { Tagging: "team=a+b&cost=%C3%BC" }],
  [{ objectLockMode: "COMPLIANCE", objectLockRetainUntil: "30d" }, {
    ObjectLockMode: "COMPLIANCE",
    ObjectLockRetainUntilDate: new Date("2026-03-02T08:00:00Z"),
  }],
  [{ objectLockMode: "GOVERNANCE", objectLockRetainUntil: "2027-01-31T00:00:00Z" }, {
    ObjectLockMode: "GOVERNANCE",
    ObjectLockRetainUntilDate: new Date("2027-01-31T00:00:00Z"),
  }],
  [{ objectLockLegalHold: "ON" }, { ObjectLockLegalHoldStatus: "ON" }],
  [{ checksum: "SHA256", forcePathStyle: "false", region: "eu-central-1" }, {}],
];
for (const [options, settings] of GOOD) {
  Deno.test(`s3: takes the options ${JSON.stringify(options)}`, () => {
    const destination = { url: new URL("s3://bundles/x/"), options };
    validateS3(destination);
    deepStrictEqual(objectSettings(destination, FILE, NOW), { ...FIXED, ...settings });
    for (const name of Object.keys(options)) ok(name in S3_OPTIONS, name);
  });
}

const BAD: Record<string, string>[] = [
  { forcePathStyle: "yes" },
  { checksum: "MD5" },
  { storageClass: "standard ia" },
  { serverSideEncryption: "AES" },
  { kmsKeyId: "alias/bundles" },
  { kmsKeyId: "alias/bundles", serverSideEncryption: "AES256" },
  { acl: "everybody" },
  { tags: "" },
  { tags: "a=1&a=2" },
  { tags: "=1" },
  { tags: Array.from({ length: 11 }, (_, i) => `t${i}=1`).join("&") },
  { tags: `a=${"x".repeat(257)}` },
  { objectLockMode: "GOVERNANCE" },
  { objectLockRetainUntil: "30d" },
  { objectLockMode: "FOREVER", objectLockRetainUntil: "30d" },
  { objectLockMode: "GOVERNANCE", objectLockRetainUntil: "soon" },
  { objectLockMode: "GOVERNANCE", objectLockRetainUntil: "-1d" },
  { objectLockLegalHold: "yes" },
];
for (const options of BAD) {
  Deno.test(`s3: refuses the options ${JSON.stringify(options).slice(0, 80)}`, () => {
    throws(() => validateS3({ url: new URL("s3://bundles/x/"), options }), UsageError);
  });
}

const METADATA: [what: string, metadata: Record<string, string>, kept: Record<string, string>][] = [
  ["nothing but the SHA-256 when there is nothing", {}, {}],
  ["names that headers can have", { "Label/app.kubernetes.io": "web", execution: "x-1" }, {
    "label-app-kubernetes-io": "web",
    execution: "x-1",
  }],
  ["only ASCII, on one line", { cluster: "Zürich\r\nx: y", empty: "\n" }, { cluster: "Z?rich?x: y", empty: "?" }],
  ["the SHA-256 that it knows", { sha256: "other", SHA256: "other" }, {}],
  ["what there is room for", { job: "j", note: "x".repeat(2100), execution: "e" }, { job: "j" }],
];
for (const [what, metadata, kept] of METADATA) {
  Deno.test(`s3: sends as metadata ${what}`, () => {
    const sent = objectMetadata({ ...FILE, metadata });
    deepStrictEqual(sent, { sha256: "ab", ...kept });
    strictEqual(Object.entries(sent).join("").length < 2048, true);
  });
}
