import { ok, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import {
  CredentialError,
  resolveCredential,
  validateCredentialReference,
} from "../../src/core/credential_reference.ts";
import { UsageError } from "../../src/core/errors.ts";

const secret = crypto.randomUUID();

const references: [name: string, reference: string, valid: boolean][] = [
  ["accepts a variable", "env:BUNDLE_TOKEN", true],
  ["accepts a file", "file:/etc/token", true],
  ["accepts a file as a URL", "file:///etc/token", true],
  ["refuses a variable without a name", "env:", false],
  ["refuses a value behind env:", `env:${secret}`, false],
  ["refuses a relative path: a daemon runs elsewhere", "file:token", false],
  ["refuses a pair of keys", `AKIA${secret.slice(0, 8)}:${secret}`, false],
  ["refuses a bare value", secret, false],
  ["refuses JSON", `{"secretAccessKey":"${secret}"}`, false],
  ["refuses a URL", `https://user:${secret}@example.com`, false],
  ["refuses what a later version will know", "vault:token", false],
  ["refuses nothing", "", false],
];
for (const [name, reference, valid] of references) {
  Deno.test(`validateCredentialReference() ${name}`, () => {
    if (valid) return validateCredentialReference(reference);
    throws(() => validateCredentialReference(reference), (error) => {
      ok(error instanceof UsageError);
      ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
      return true;
    });
  });
}

Deno.test("resolveCredential() reads a variable", async () => {
  strictEqual(await resolveCredential("env:TOKEN", { TOKEN: secret }), secret);
});

Deno.test("resolveCredential() names the variable that is not set", async () => {
  for (const env of [{}, { TOKEN: "" }]) {
    await rejects(resolveCredential("env:TOKEN", env), (error) => {
      ok(error instanceof CredentialError && error.message.includes("TOKEN"));
      return true;
    });
  }
});

const files: [name: string, content: string, mode: number, expect: string | RegExp][] = [
  ["reads a file, without the line's end", `${secret}\n`, 0o600, secret],
  ["reads a file that its owner may only read", secret, 0o400, secret],
  ["keeps line ends inside", `a\nb\n`, 0o600, "a\nb"],
  ["refuses a file that its group may read", secret, 0o640, /group or others/],
  ["refuses a file that others may read", secret, 0o604, /group or others/],
  ["refuses an empty file", "\n", 0o600, /empty/],
  ["refuses a large file", "x".repeat(70_000), 0o600, /larger/],
];
for (const [name, content, mode, expect] of files) {
  Deno.test({
    name: `resolveCredential() ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const path = join(folder, "token");
        await Deno.writeTextFile(path, content);
        await Deno.chmod(path, mode);
        const result = resolveCredential(`file:${path}`, {});
        if (typeof expect === "string") return strictEqual(await result, expect);
        await rejects(result, (error) => {
          ok(error instanceof CredentialError && expect.test(error.message) && error.message.includes(path));
          ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
          return true;
        });
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

Deno.test("resolveCredential() names the file that is not there", async () => {
  await rejects(resolveCredential("file:/nowhere/token", {}), /"\/nowhere\/token", which does not exist/);
});
