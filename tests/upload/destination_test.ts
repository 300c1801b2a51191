import { ok, strictEqual, throws } from "node:assert/strict";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../src/core/errors.ts";
import { fillDestination } from "../../src/upload/destination_template.ts";
import { parseDestination, uploaders, validateDestination } from "../../src/upload/registry.ts";

const secret = crypto.randomUUID();
const S3 = "s3://bucket/folder/";
const WEB = "https://example.com/";

const accepted: [text: string, href: string][] = [
  [S3, S3],
  ["s3://bucket", "s3://bucket"],
  [WEB, WEB],
  ["http://127.0.0.1:8080/bundles/", "http://127.0.0.1:8080/bundles/"],
  ["file:///var/bundles/", "file:///var/bundles/"],
  ["/var/bundles/", "file:///var/bundles/"],
  ["/var/50% off#1?/", "file:///var/50%25%20off%231%3F/"],
  ["./bundles/", pathToFileURL(resolve("bundles")).href + "/"],
  ["..", pathToFileURL(resolve("..")).href],
];
for (const [text, href] of accepted) {
  Deno.test({
    name: `parseDestination() reads ${text}`,
    ignore: Deno.build.os === "windows" && text.startsWith("/"),
    fn: () => strictEqual(parseDestination(text).url.href, href),
  });
}

type Refusal = [
  name: string,
  text: string,
  options: Record<string, string>,
  credentials: string | undefined,
  why: RegExp,
];
const refused: Refusal[] = [
  ["a bare word", "portal", {}, undefined, /neither a URL nor a path/],
  ["a scheme that does not exist", "s33://bucket/", {}, undefined, /No kind of destination begins with s33:/],
  ["a web address in the clear", "http://example.com/", {}, undefined, /in the clear/],
  ["a signature in a web address", `https://example.com/x?sig=${secret}`, {}, undefined, /query/],
  ["a secret header", WEB, { "header.Authorization": secret }, undefined, /would hold a secret/],
  ["a signed form's field", WEB, { method: "POST", "field.policy": secret }, undefined, /would hold a secret/],
  ["a field without a form", WEB, { "field.project": "x" }, undefined, /for forms/],
  ["a header that says how the body is sent", WEB, { "header.Content-Length": "0" }, undefined, /no header/],
  ["a header with another one in it", WEB, { "header.X-A": "1\r\nX-B: 2" }, undefined, /characters/],
  ["a method that writes nothing", WEB, { method: "GET" }, undefined, /"GET"/],
  ["presigned without the URL", WEB, { presigned: "true" }, undefined, /without the presigned URL/],
  ["a password in the URL", `s3://user:${secret}@bucket/`, {}, undefined, /user name or password/],
  ["a password in a URL of another scheme", `sftp://user:${secret}@host/`, {}, undefined, /password/],
  ["a signature in the URL", `s3://bucket/?X-Amz-Signature=${secret}`, {}, undefined, /query/],
  ["what is no URL, and may hold a secret", `s3//user:${secret}@bucket`, {}, undefined, /not a URL/],
  ["a value for the credentials", S3, {}, `AKIA:${secret}`, /not a reference/],
  ["a key among the options", S3, { secretAccessKey: secret }, undefined, /no option/],
  ["an option that does not exist", S3, { regoin: "x" }, undefined, /"regoin" is no option/],
  ["an endpoint that is no URL", S3, { endpoint: "localhost:9000" }, undefined, /endpoint/],
  ["an endpoint with a password", S3, { endpoint: `http://u:${secret}@localhost` }, undefined, /endpoint/],
  ["a flag that is neither true nor false", S3, { forcePathStyle: "yes" }, undefined, /forcePathStyle/],
  ["s3: without a bucket", "s3:///folder/", {}, undefined, /no bucket/],
  ["a name that no bucket has", "s3://a_/folder/", {}, undefined, /no name of a bucket/],
  ["a broken escape", "s3://bucket/50%/", {}, undefined, /%/],
  ["file: with credentials", "file:///var/", {}, "env:TOKEN", /no credentials/],
  ["file: with options", "file:///var/", { region: "x" }, undefined, /no option/],
];
for (const [name, text, options, credentials, why] of refused) {
  Deno.test(`parseDestination() refuses ${name}`, () => {
    throws(() => parseDestination(text, options, credentials), (error) => {
      ok(error instanceof UsageError);
      ok(why.test(error.message), error.message);
      ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
      return true;
    });
  });
}

Deno.test("uploaders have schemes of their own, and say what their options mean", () => {
  strictEqual(new Set(uploaders.map(({ scheme }) => scheme)).size, uploaders.length);
  for (const { summary, options } of uploaders) ok([summary, ...Object.values(options)].every((text) => text !== ""));
});

const FACTS = {
  job: "nightly",
  execution: "job-1-20260302T040506Z",
  cluster: "prod",
  at: new Date("2026-03-02T23:30:00Z"),
};

const filled: [name: string, text: string, facts: Parameters<typeof fillDestination>[1], expect: string][] = [
  [
    "fills in every template",
    "s3://b/{cluster}/{job}/{yyyy}/{mm}/{dd}/{execution}.tar.gz",
    FACTS,
    "s3://b/prod/nightly/2026/03/02/job-1-20260302T040506Z.tar.gz",
  ],
  ["leaves other text alone", S3, FACTS, S3],
  [
    "has words for what is unknown",
    "s3://b/{cluster}/{job}/{execution}/",
    { at: FACTS.at },
    "s3://b/unknown/manual/manual/",
  ],
  [
    "lets no value leave its segment",
    "s3://b/{job}/{cluster}/",
    { ...FACTS, job: "../../etc", cluster: ".." },
    "s3://b/..-..-etc/--/",
  ],
  ["lets no value begin a query", "s3://b/{job}/", { ...FACTS, job: "a?b#c%d e" }, "s3://b/a-b-c-d-e/"],
];
for (const [name, text, facts, expect] of filled) {
  Deno.test(`fillDestination() ${name}`, () => strictEqual(fillDestination(text, facts), expect));
}

Deno.test("fillDestination() refuses a template that does not exist, and suggests one", () => {
  throws(() => fillDestination("s3://b/{jobs}/", FACTS), (error) => {
    ok(error instanceof UsageError && error.hint === "Did you mean {job}?");
    return true;
  });
  throws(() => fillDestination("s3://b/{constructor}/", FACTS), UsageError);
});

Deno.test("validateDestination() reads templates, and refuses what could never work", () => {
  validateDestination("s3://bucket/{cluster}/{yyyy}/");
  throws(() => validateDestination("s3://bucket/{year}/"), UsageError);
  throws(() => validateDestination("s33://bucket/{yyyy}/"), UsageError);
});
