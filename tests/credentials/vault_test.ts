import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { CredentialError } from "../../src/core/credential_reference.ts";
import { SupportBundleError } from "../../src/core/errors.ts";
import { Vault } from "../../src/credentials/vault.ts";
import { newVaultKey } from "../../src/credentials/vault_key.ts";
import { ManualClock } from "../manual_clock.ts";

const posix = Deno.build.os !== "windows";

/** A state folder, and the vault in it as a command with these variables sees it. */
class Scratch implements AsyncDisposable {
  readonly clock = new ManualClock("2026-03-02T10:00:00Z");
  private constructor(readonly folder: string) {}

  static async create(): Promise<Scratch> {
    return new Scratch(join(await Deno.makeTempDir(), "state"));
  }

  vault(env: Record<string, string> = {}): Vault {
    return new Vault(this.folder, { env, clock: this.clock });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async texts(): Promise<string> {
    const names = await Array.fromAsync(Deno.readDir(this.folder), ({ name }) => name);
    return (await Promise.all(names.map((name) => Deno.readTextFile(this.path(name))))).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(join(this.folder, ".."), { recursive: true });
  }
}

Deno.test("Vault keeps what it is given, tells of it without the value, and forgets it", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  const value = `{"a":"${crypto.randomUUID()}"}\nßecond line`;
  deepStrictEqual(await vault.list(), []);
  strictEqual(await vault.set("s3", value, { description: "bucket" }), "added");
  strictEqual(await scratch.vault().read("s3"), value);
  await scratch.clock.advance(60_000);
  strictEqual(await vault.set("s3", "another"), "replaced");
  strictEqual(await vault.read("s3"), "another");
  deepStrictEqual(await vault.list(), [{
    name: "s3",
    description: "bucket",
    createdAt: "2026-03-02T10:00:00.000Z",
    updatedAt: "2026-03-02T10:01:00.000Z",
  }]);
  strictEqual(await vault.remove("s3"), true);
  strictEqual(await vault.remove("s3"), false);
  await rejects(vault.read("s3"), /no credential s3 in the vault/);
});

Deno.test({
  name: "Vault's files are its owner's alone, and have no value in them",
  ignore: !posix,
  async fn() {
    await using scratch = await Scratch.create();
    const value = crypto.randomUUID();
    await scratch.vault().set("s3", value);
    for (const name of ["credentials.json", "vault.key", "credentials.lock"]) {
      strictEqual((await Deno.stat(scratch.path(name))).mode! & 0o777, 0o600, name);
    }
    strictEqual((await Deno.stat(scratch.folder)).mode! & 0o777, 0o700);
    ok(!(await scratch.texts()).includes(value));
    ok(!JSON.stringify(await scratch.vault().list()).includes("age-encryption"));
  },
});

Deno.test("Vault.set() of many at once loses none", async () => {
  await using scratch = await Scratch.create();
  const names = Array.from({ length: 8 }, (_, index) => `c${index}`);
  await Promise.all(names.map((name) => scratch.vault().set(name, `value of ${name}`)));
  for (const name of names) strictEqual(await scratch.vault().read(name), `value of ${name}`);
});

Deno.test("Vault.set() with rotated: replaces one that is there, and says when", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("s3", "old");
  await rejects(vault.set("none", "x", { rotated: true }), /no credential none/);
  await scratch.clock.advance(1000);
  await vault.set("s3", "new", { rotated: true });
  strictEqual(await vault.read("s3"), "new");
  strictEqual((await vault.list())[0]!.rotatedAt, "2026-03-02T10:00:01.000Z");
});

Deno.test("Vault takes its key from a variable, before any file, and leaves nothing of it", async () => {
  await using scratch = await Scratch.create();
  const { identity } = await newVaultKey();
  const env = { TROUBLESHOOT_VAULT_KEY: identity };
  await scratch.vault(env).set("s3", "value");
  strictEqual(await scratch.vault(env).keyPlace(), "env");
  strictEqual(await scratch.vault(env).read("s3"), "value");
  ok(!(await scratch.texts()).includes(identity));
  await rejects(scratch.vault().read("s3"), /key of the vault is not in the variable TROUBLESHOOT_VAULT_KEY/);
  await rejects(scratch.vault().set("other", "x"), /key of the vault is not in the variable/);
});

Deno.test("Vault takes its key from the file that a variable names", async () => {
  await using scratch = await Scratch.create();
  await Deno.mkdir(scratch.folder);
  const env = { TROUBLESHOOT_VAULT_KEY_FILE: scratch.path("elsewhere.key") };
  await scratch.vault(env).set("s3", "value");
  match(await Deno.readTextFile(scratch.path("elsewhere.key")), /^# public key: age1\w+\nAGE-SECRET-KEY-1\w+\n$/);
  strictEqual(await scratch.vault(env).read("s3"), "value");
  await rejects(scratch.vault().read("s3"), /not in the file ".*vault\.key"/);
});

const wrongKeys: [name: string, break_: (scratch: Scratch) => Promise<void>, expect: RegExp][] = [
  ["is another", async (it) => {
    await Deno.writeTextFile(it.path("vault.key"), (await newVaultKey()).identity);
  }, /key of the vault is not in the file/],
  ["is gone", (it) => Deno.remove(it.path("vault.key")), /key of the vault is not in the file/],
  ["is no key", (it) => Deno.writeTextFile(it.path("vault.key"), "AGE-SECRET-KEY-1NOPE"), /is no key of a vault/],
  ["may be read by others", (it) => Deno.chmod(it.path("vault.key"), 0o644), /group or others may access/],
];
for (const [name, damage, expect] of wrongKeys) {
  Deno.test({
    name: `Vault does not read, and seals nothing, when its key ${name}`,
    ignore: !posix,
    async fn() {
      await using scratch = await Scratch.create();
      await scratch.vault().set("s3", "value");
      await damage(scratch);
      const before = await Deno.readTextFile(scratch.path("credentials.json"));
      const attempts = [
        () => scratch.vault().read("s3"),
        () => scratch.vault().set("s3", "new"),
        () => scratch.vault().rotateKey(),
      ];
      for (const attempt of attempts) {
        await rejects(attempt(), (error) => {
          ok(error instanceof CredentialError && expect.test(error.message), Deno.inspect(error));
          ok(!Deno.inspect(error).includes("AGE-SECRET-KEY-1N"), "the error repeats the key");
          return true;
        });
      }
      strictEqual(await Deno.readTextFile(scratch.path("credentials.json")), before);
      strictEqual((await scratch.vault().list()).length, 1);
    },
  });
}

Deno.test("Vault does not take one credential for another that was put in its place", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("mine", "a");
  await vault.set("yours", "b");
  const record = JSON.parse(await Deno.readTextFile(vault.file.path));
  record.credentials.mine.sealed = record.credentials.yours.sealed;
  await Deno.writeTextFile(vault.file.path, JSON.stringify(record));
  await rejects(vault.read("mine"), /credential mine in the vault is damaged/);
});

Deno.test("Vault says that its file is damaged, and leaves it", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("s3", "value");
  const half = (await Deno.readTextFile(vault.file.path)).slice(0, 100);
  await Deno.writeTextFile(vault.file.path, half);
  await rejects(vault.list(), /is damaged/);
  await rejects(vault.set("s3", "new"), /is damaged/);
  strictEqual(await Deno.readTextFile(vault.file.path), half);
});

Deno.test("Vault.rotateKey() seals everything for a new key, and the old one opens nothing", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("a", "1");
  await vault.set("b", "2");
  const old = await Deno.readTextFile(scratch.path("vault.key"));
  strictEqual(await vault.rotateKey(), 2);
  const key = await Deno.readTextFile(scratch.path("vault.key"));
  strictEqual(key.match(/AGE-SECRET-KEY-1/g)!.length, 1);
  ok(key !== old);
  deepStrictEqual([await vault.read("a"), await vault.read("b")], ["1", "2"]);
  await Deno.writeTextFile(scratch.path("vault.key"), old);
  await rejects(vault.read("a"), /key of the vault is not in/);
});

Deno.test("Vault.rotateKey() that is killed between its steps leaves a key that opens what is there", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("a", "1");
  const before = {
    key: await Deno.readTextFile(scratch.path("vault.key")),
    record: await Deno.readTextFile(vault.file.path),
  };
  await vault.rotateKey();
  const after = {
    key: await Deno.readTextFile(scratch.path("vault.key")),
    record: await Deno.readTextFile(vault.file.path),
  };
  // What the disk has after the first step, and after the second.
  for (const record of [before.record, after.record]) {
    await Deno.writeTextFile(scratch.path("vault.key"), after.key + before.key);
    await Deno.writeTextFile(vault.file.path, record);
    strictEqual(await vault.read("a"), "1");
    await vault.set("b", "2");
    await vault.rotateKey();
    strictEqual(await vault.read("b"), "2");
  }
});

Deno.test("Vault.rotateKey() does not change what it cannot open", async () => {
  await using scratch = await Scratch.create();
  const vault = scratch.vault();
  await vault.set("a", "1");
  const record = JSON.parse(await Deno.readTextFile(vault.file.path));
  record.credentials.b = { ...record.credentials.a };
  await Deno.writeTextFile(vault.file.path, JSON.stringify(record));
  await rejects(vault.rotateKey(), /credential b in the vault is damaged/);
  strictEqual(await vault.read("a"), "1");
});

Deno.test("Vault.rotateKey() takes the new key of a variable, and moves keys between places", async () => {
  await using scratch = await Scratch.create();
  const [first, second] = [await newVaultKey(), await newVaultKey()];
  const env = { TROUBLESHOOT_VAULT_KEY: first.identity };
  await scratch.vault(env).set("a", "1");
  await rejects(
    scratch.vault(env).rotateKey(),
    (error) => error instanceof SupportBundleError && /TROUBLESHOOT_VAULT_NEW_KEY/.test(error.hint!),
  );
  await scratch.vault({ ...env, TROUBLESHOOT_VAULT_NEW_KEY: second.identity }).rotateKey();
  const renewed = { TROUBLESHOOT_VAULT_KEY: second.identity };
  strictEqual(await scratch.vault(renewed).read("a"), "1");
  await rejects(scratch.vault(env).read("a"), /not in the variable/);
  await scratch.vault(renewed).rotateKey("file");
  strictEqual(await scratch.vault().read("a"), "1");
  await rejects(scratch.vault().set("b", "2", { place: "env" }), /has its key already: file/);
});

const age = await new Deno.Command("age", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
Deno.test({
  name: "The stock age opens a credential with the key of the vault",
  ignore: !age,
  async fn() {
    await using scratch = await Scratch.create();
    await scratch.vault().set("s3", "value");
    const { credentials } = JSON.parse(await Deno.readTextFile(scratch.path("credentials.json")));
    await Deno.writeTextFile(scratch.path("s3.age"), credentials.s3.sealed);
    const { stdout } = await new Deno.Command("age", {
      args: ["--decrypt", "-i", scratch.path("vault.key"), scratch.path("s3.age")],
    }).output();
    deepStrictEqual(JSON.parse(new TextDecoder().decode(stdout)), { name: "s3", value: "value" });
  },
});

Deno.test({
  name: "Vault takes its key from systemd, whatever the mode of that file says",
  ignore: !posix,
  async fn() {
    await using scratch = await Scratch.create();
    await scratch.vault().set("s3", "value");
    const folder = scratch.path("credentials");
    await Deno.mkdir(folder);
    await Deno.rename(scratch.path("vault.key"), `${folder}/vault-key`);
    await Deno.chmod(`${folder}/vault-key`, 0o440);
    const env = { TROUBLESHOOT_VAULT_KEY_FILE: `${folder}/vault-key` };
    strictEqual(await scratch.vault({ ...env, CREDENTIALS_DIRECTORY: folder }).read("s3"), "value");
    await rejects(scratch.vault(env).read("s3"), /group or others may access/);
  },
});
