import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { parseCredentialReference, referencesIn } from "../../src/core/credential_reference.ts";
import { UsageError } from "../../src/core/errors.ts";

const secret = crypto.randomUUID();

const references: [name: string, reference: string, expect: ReturnType<typeof parseCredentialReference> | RegExp][] = [
  ["reads a variable", "env:BUNDLE_TOKEN", { scheme: "env", name: "BUNDLE_TOKEN" }],
  ["reads a file", "file:/etc/token", { scheme: "file", path: "/etc/token" }],
  ["reads a file as a URL", "file:///etc/token", { scheme: "file", path: "/etc/token" }],
  ["reads a program", "exec:/bin/pass", { scheme: "exec", program: "/bin/pass", args: [] }],
  ["reads arguments", "exec:/bin/pass show  it", { scheme: "exec", program: "/bin/pass", args: ["show", "it"] }],
  ["reads a systemd credential", "systemd:s3.keys", { scheme: "systemd", name: "s3.keys" }],
  ["reads a Secret's key", "k8s-secret:ops/s3/keys.json", {
    scheme: "k8s-secret",
    namespace: "ops",
    name: "s3",
    key: "keys.json",
  }],
  ["reads a vault's credential", "vault:s3-keys", { scheme: "vault", name: "s3-keys" }],
  ["refuses a variable without a name", "env:", /env:, but no name of a variable/],
  ["refuses a value behind env:", `env:${secret}`, /env:, but no name of a variable/],
  ["refuses a relative path: a daemon runs elsewhere", "file:token", /no absolute path/],
  ["refuses a program without its path", "exec:pass show", /no absolute path of a program/],
  ["refuses a systemd credential outside of its folder", "systemd:../shadow", /no name of a credential/],
  ["refuses a Secret without a key", "k8s-secret:ops/s3", /no NAMESPACE\/NAME\/KEY/],
  ["refuses a Secret that is another path", "k8s-secret:ops/s3/../../pods/x", /no NAMESPACE\/NAME\/KEY/],
  ["refuses a vault's credential without a name", "vault:", /no name of a credential/],
  ["refuses a pair of keys", `AKIA${secret.slice(0, 8)}:${secret}`, /not a reference/],
  ["refuses a bare value", secret, /not a reference/],
  ["refuses JSON", `{"secretAccessKey":"${secret}"}`, /not a reference/],
  ["refuses a URL", `https://user:${secret}@example.com`, /not a reference/],
  ["refuses what every object has", "constructor:x", /not a reference/],
  ["refuses nothing", "", /not a reference/],
];
for (const [name, reference, expect] of references) {
  Deno.test(`parseCredentialReference() ${name}`, () => {
    if (!(expect instanceof RegExp)) return deepStrictEqual(parseCredentialReference(reference), expect);
    throws(() => parseCredentialReference(reference), (error) => {
      ok(error instanceof UsageError && expect.test(error.message));
      ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
      return true;
    });
  });
}

Deno.test("referencesIn() finds references wherever they are in a record, and nothing that only looks like one", () => {
  const record = {
    upload: { credentials: "env:S3_KEYS", options: { note: "see env:NOT_THIS" } },
    notify: [{ secret: "env:HOOK" }, { url: "vault:slack" }, null],
    description: "env: is a prefix",
    env: "OTHER",
  };
  deepStrictEqual([...referencesIn(record, "env")].sort(), ["HOOK", "S3_KEYS"]);
  deepStrictEqual([...referencesIn(record, "vault")], ["slack"]);
  deepStrictEqual([...referencesIn(undefined, "vault")], []);
});
