import { deepStrictEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { masksIn } from "../../src/redact/mask.ts";
import { BINARY, Sandbox, until } from "./program.ts";

const ignore = BINARY === undefined;

/** Values are made at run time: no scanner shall find a secret here, and no other file has them. */
const secret = () => "Planted" + crypto.randomUUID().replaceAll("-", "");

async function withFiles(sandbox: Sandbox, value: string): Promise<string> {
  await sandbox.write("app.env", `DB_PASSWORD=${value}\nSMTP_PASSWORD=${value}\nAPI_TOKEN=${value}2\n`);
  await sandbox.write("app.log", `connecting to postgres://shop:${value}@db:5432/orders, password=${value}\n`);
  return await sandbox.write(
    "spec.yaml",
    "apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec:\n  collectors:\n" +
      `  - copy: {collectorName: files, path: ${sandbox.folder}/app.*}\n`,
  );
}

const ENV = "host-collectors/files/app.env", LOG = "host-collectors/files/app.log";

function tokensOf(text: string): string[] {
  return masksIn(text).map(({ start, end }) => text.slice(start, end));
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test({
  name: "--tokenize: tokens in the bundle, a map for its owner, JSON alone on standard output, and reveal leads back",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const value = secret();
    const spec = await withFiles(sandbox, value);
    const args = [spec, "--tokenize", "--redaction-map", "map.json", "--bundle-id", "case-7", "--tokenization-stats"];
    const { code, stdout, stderr } = await sandbox.run(args);
    equal(code, 0, stderr);
    match(stderr, /^Tokenization\n {2}Bundle: +case-7\n/m);
    match(stderr, /3 of 2 values in host-collectors\/files\/app\.env/);
    const { archivePath } = JSON.parse(stdout);
    ok(!`${stdout}${stderr}`.includes(value));

    const files = await sandbox.unpack(archivePath);
    for (const [path, text] of files) ok(!text.includes(value), path);
    equal(JSON.parse(files.get("MANIFEST.json")!).tokens.bundleId, "case-7");
    ok(![...files.keys()].some((path) => path.includes("map.json")));
    const [db, smtp, api] = tokensOf(files.get(ENV)!);
    equal(db, smtp);
    notEqual(db, api);
    equal(tokensOf(files.get(LOG)!).filter((token) => token === db).length, 2);

    equal((await Deno.stat(sandbox.path("map.json"))).mode! & 0o777, 0o600);
    const map = JSON.parse(await Deno.readTextFile(sandbox.path("map.json")));
    equal(map.stats.totalSecrets, Object.keys(map.tokens).length);
    deepStrictEqual([map.bundleId, map.profile, map.isEncrypted], ["case-7", "support-bundle-case-7", false]);

    const reveal = (...what: string[]) =>
      sandbox.run(["redact", "reveal", "map.json", ...what], { stdin: files.get(LOG) });
    deepStrictEqual(await reveal(db!), { code: 0, stdout: `${value}\n`, stderr: "" });
    equal((await reveal(db!.replaceAll("*", ""))).stdout, `${value}\n`);
    match((await reveal()).stdout, new RegExp(`${api!.slice(3, -3)}.* ${value}2 `));
    await sandbox.write("copied.env", files.get(ENV)!);
    equal((await reveal("copied.env")).stdout, await Deno.readTextFile(sandbox.path("app.env")));
    equal((await reveal("-")).stdout, await Deno.readTextFile(sandbox.path("app.log")));
    const unknown = await reveal("TOKEN_PASSWORD_000000000000");
    equal(unknown.code, 1);
    match(unknown.stderr, /does not have the token/);
    const packed = await reveal(archivePath);
    match(packed.stderr, /Unpack it first/);
  },
});

Deno.test({
  name: "--encrypt-redaction-map: nobody but the owner of the identity, or of the passphrase, reads the map",
  ignore,
  fn: async () => {
    const { generateIdentity, identityToRecipient } = await import("age-encryption");
    await using sandbox = await Sandbox.create();
    const value = secret(), passphrase = secret();
    const spec = await withFiles(sandbox, value);
    const [mine, other] = await Promise.all([generateIdentity(), generateIdentity()]);
    await sandbox.write("mine.key", `# created: now\n${mine}\n`);
    await sandbox.write("other.key", other + "\n");
    const base = [spec, "--tokenize", "--encrypt-redaction-map", "--redaction-map"];
    const encrypted = await sandbox.run([
      ...base,
      "for-me.json",
      "--redaction-map-recipients",
      await identityToRecipient(mine),
    ]);
    equal(encrypted.code, 0, encrypted.stderr);
    const withPassphrase = await sandbox.run(
      [...base, "phrase.json", "--redaction-map-passphrase", "env:MAP_PHRASE"],
      { env: { MAP_PHRASE: passphrase } },
    );
    equal(withPassphrase.code, 0, withPassphrase.stderr);
    for (const map of ["for-me.json", "phrase.json"]) {
      const text = await Deno.readTextFile(sandbox.path(map));
      equal(JSON.parse(text).isEncrypted, true);
      ok(!text.includes(value));
      equal((await Deno.stat(sandbox.path(map))).mode! & 0o777, 0o600);
    }
    const reveal = async (map: string, ...flags: string[]) => {
      const { code, stdout, stderr } = await sandbox.run(["redact", "reveal", map, ...flags], {
        env: { MAP_PHRASE: passphrase, WRONG: "wrong horse battery" },
      });
      return code === 0 ? stdout.includes(value) : stderr;
    };
    equal(await reveal("for-me.json", "--identity", "mine.key"), true);
    match(String(await reveal("for-me.json", "--identity", "other.key")), /not encrypted for this identity/);
    match(String(await reveal("for-me.json")), /no identity was named.*--identity FILE/s);
    equal(await reveal("phrase.json", "--passphrase", "env:MAP_PHRASE"), true);
    match(String(await reveal("phrase.json", "--passphrase", "env:WRONG")), /passphrase does not open/);
    match(String(await reveal("phrase.json")), /nobody can be asked.*--passphrase/s);
  },
});

Deno.test({
  name: "--token-key: bundles with one key have tokens in common, others do not; nothing but the reference is anywhere",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await withFiles(sandbox, secret());
    const key = secret();
    const run = async (...flags: string[]) => {
      const { code, stdout, stderr } = await sandbox.run([spec, "--tokenize", ...flags], { env: { SB_KEY: key } });
      equal(code, 0, stderr);
      const files = await sandbox.unpack(JSON.parse(stdout).archivePath);
      for (const text of [stdout, stderr, ...files.values()]) ok(!text.includes(key));
      return tokensOf(files.get(ENV)!);
    };
    const [first, second, random] = [
      await run("--token-key", "env:SB_KEY"),
      await run("--token-key", "env:SB_KEY", "--token-prefix", "ACME_%s"),
      await run(),
    ];
    deepStrictEqual(first, second.map((token) => token.replace("ACME", "TOKEN")));
    match(second[0]!, /^\*\*\*ACME_PASSWORD_[A-F0-9]{12}\*\*\*$/);
    notEqual(random[0], first[0]);
  },
});

const verified = [ // name, flags, exit code, what is said
  ["good flags", ["--tokenize", "--redaction-map", "map.json"], 0, /Tokens look like \*\*\*TOKEN_PASSWORD_/],
  ["no further flag", [], 0, /The key is random/],
  ["a key that is not there", ["--token-key", "env:NOT_SET"], 1, /NOT_SET, which is not set/],
  ["a folder that is not there", ["--redaction-map", "no/map.json"], 1, /does not exist/],
  ["no redaction", ["--redact=false"], 1, /does nothing with --redact=false/],
] as const;
for (const [name, flags, expected, says] of verified) {
  Deno.test({
    name: `--verify-tokenization with ${name} ends with ${expected}, and writes nothing`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const { code, stdout, stderr } = await sandbox.run(["--verify-tokenization", ...flags]);
      equal(code, expected, stderr);
      match(stdout + stderr, says);
      deepStrictEqual(names(sandbox.folder), []);
    },
  });
}

Deno.test({
  name:
    "schedule create --tokenize: all bundles of the job have the same tokens, by a key of its own that goes with it",
  ignore,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const spec = await withFiles(sandbox, secret());
    const created = await sandbox.run(["schedule", "create", "often", "--every", "1s", "--spec", spec, "--tokenize"]);
    equal(created.code, 0, created.stderr);
    equal((await sandbox.run(["schedule", "daemon", "start"])).code, 0);
    const executions: { bundlePath: string }[] = await until("two bundles", async () => {
      const done = await sandbox.json(["schedule", "history", "--status", "completed"]);
      return done.length >= 2 ? done : undefined;
    });
    const [job] = await sandbox.json(["schedule", "list"]);
    const keyFile = join(sandbox.state, "tokens", `${job.id}.key`);
    const key = (await Deno.readTextFile(keyFile)).trim();
    equal((await Deno.stat(keyFile)).mode! & 0o777, 0o600);
    const bundles = await Promise.all(executions.slice(0, 2).map(({ bundlePath }) => sandbox.unpack(bundlePath)));
    const [one, two] = bundles.map((files) => tokensOf(files.get(ENV)! + files.get(LOG)!));
    ok(one!.length >= 5);
    deepStrictEqual(one, two);
    for (const files of bundles) for (const [path, text] of files) ok(!text.includes(key), path);

    equal((await sandbox.run(["schedule", "delete", "often", "--yes"])).code, 0);
    equal((await sandbox.run(["schedule", "daemon", "stop"])).code, 0);
    deepStrictEqual(names(join(sandbox.state, "tokens")), []);
    const found = await new Deno.Command("grep", { args: ["-rlF", key, sandbox.state] }).output();
    equal(new TextDecoder().decode(found.stdout), "", "the key is in the store or in a log");
  },
});
