import { deepStrictEqual, doesNotMatch, match, ok, strictEqual } from "node:assert/strict";
import { credentialCommand } from "../../../src/cli/credential/credential_command.ts";
import { isPrinted } from "../../../src/cli/command.ts";
import { SupportBundleError } from "../../../src/core/errors.ts";
import { readAuditLog } from "../../../src/store/audit_log.ts";
import { CliHarness, type Result } from "../schedule/cli_harness.ts";

interface Options {
  /** What is piped into it. */
  stdin?: string;
  /** What somebody types at a hidden prompt of a terminal. */
  typed?: string;
  env?: Record<string, string>;
}

const secret = crypto.randomUUID();

async function run(harness: CliHarness, args: string[], { stdin = "", typed, env }: Options = {}): Promise<Result> {
  const { cli, printed } = harness.context({ env, answer: typed });
  const readers = {
    ...cli.stdin,
    readAll: () => Promise.resolve(stdin),
    readHidden: async (ask?: () => Promise<void> | void) => {
      await ask?.();
      return typed;
    },
  };
  try {
    await credentialCommand({ ...cli, stdin: readers }).parseAsync(args, { from: "user" });
    return { code: 0, ...printed, message: "", hint: "" };
  } catch (error) {
    if (isPrinted(error)) return { code: error.exitCode, ...printed, message: "", hint: "" };
    if (!(error instanceof SupportBundleError)) throw error;
    return { code: error.exitCode, ...printed, message: error.message, hint: error.hint ?? "" };
  }
}

/** Everything that a command has said. */
const said = (result: Result) => [result.stdout, result.stderr, result.message, result.hint].join("\n");

const inputs: [name: string, args: string[], options: Options][] = [
  ["a pipe", ["set", "s3"], { stdin: `${secret}\n` }],
  ["standard input by name", ["set", "s3", "--from-file", "-"], { stdin: secret, typed: "" }],
  ["a file", ["set", "s3", "--from-file", "value.txt"], {}],
  ["a hidden prompt", ["set", "s3"], { typed: secret }],
  ["a reference as its name", ["set", "vault:s3"], { stdin: secret }],
];
for (const [name, args, options] of inputs) {
  Deno.test(`credential set reads a value from ${name}, and shows it nowhere`, async () => {
    await using harness = await CliHarness.create();
    await harness.file("value.txt", `${secret}\n`);
    const set = await run(harness, args, options);
    strictEqual(set.code, 0, said(set));
    match(set.stdout, /^Kept s3: jobs name it as vault:s3\n$/);
    if (options.typed) match(set.stderr, /^Value of s3 \(it is not shown\): \n/);
    match(set.stderr, /The vault was made; its key is in the file ".*vault\.key"/);
    const all = [
      set,
      await run(harness, ["list"]),
      await run(harness, ["list", "-o", "json"]),
      await run(harness, ["test", "s3"]),
      await run(harness, ["test", "vault:s3", "-o", "json"]),
    ];
    ok(!all.some((result) => said(result).includes(secret)));
    match(all[3]!.stdout, /^vault:s3 can be read: one line of text\n$/);
    deepStrictEqual(JSON.parse(all[4]!.stdout), { reference: "vault:s3", readable: true, shape: "one line of text" });
  });
}

const refused: [name: string, args: string[], options: Options, message: RegExp][] = [
  ["a value that is an argument", ["set", "s3", secret], {}, /value of a credential is no argument/],
  ["a new value that is an argument", ["rotate", "s3", secret], {}, /value of a credential is no argument/],
  ["several lines that were pasted at the prompt", ["set", "s3"], { typed: `{\n${secret}` }, /Only one line/],
  ["what is no name", ["set", `${secret}=`], { stdin: "x" }, /cannot be the name/],
  ["an empty value", ["set", "s3"], { stdin: "\n" }, /value is empty/],
  ["a value of bytes", ["set", "s3"], { stdin: `${secret}\0` }, /no text of up to/],
  ["a large value", ["set", "s3"], { stdin: secret.repeat(2000) }, /no text of up to/],
  ["a file that is not there", ["set", "s3", "--from-file", "none"], {}, /cannot read ".*none"/],
  ["a key in the place of its place", ["set", "s3", "--key", secret], { stdin: "x" }, /not a place where a key can be/],
  [
    "a variable without a key",
    ["set", "s3", "--key", "env"],
    { stdin: secret },
    /TROUBLESHOOT_VAULT_KEY, which is not set/,
  ],
  ["to rotate what is not there", ["rotate", "s3"], { stdin: secret }, /no credential s3/],
  ["to make a new key for nothing", ["rotate"], {}, /no vault yet/],
  ["to test what is not there", ["test", "s3"], {}, /no credential s3 in the vault/],
  ["to test what is no reference", ["test", `AKIA:${secret}`], {}, /not a reference/],
];
for (const [name, args, options, message] of refused) {
  Deno.test(`credential refuses ${name}, repeats nothing, and makes nothing`, async () => {
    await using harness = await CliHarness.create();
    const result = await run(harness, args, options);
    strictEqual(result.code, 1);
    match(result.message, message);
    ok(result.hint);
    ok(!said(result).includes(secret));
    strictEqual(await Deno.stat(`${harness.state.root}/credentials.json`).then(() => true, () => false), false);
  });
}

Deno.test("credential list tells who uses what", async () => {
  await using harness = await CliHarness.create();
  for (const name of ["s3", "hook", "idle"]) {
    await run(harness, ["set", name, "--description", `the ${name}`], { stdin: secret });
  }
  const upload = { enabled: true, endpoint: "s3://b/", credentials: "vault:s3", options: {} };
  await harness.addJob({ name: "nightly", upload });
  await harness.addJob({
    name: "weekly",
    upload,
    notify: [{ kind: "webhook", url: "https://x", secret: "vault:hook" }],
  });
  const { stdout } = await run(harness, ["list", "-o", "json"]);
  const listed = JSON.parse(stdout).map((one: Record<string, unknown>) => [one.name, one.usedBy, one.description]);
  deepStrictEqual(listed, [
    ["hook", ["weekly"], "the hook"],
    ["idle", [], "the idle"],
    ["s3", ["nightly", "weekly"], "the s3"],
  ]);
  match((await run(harness, ["list"])).stdout, /^NAME +CHANGED +USED BY +DESCRIPTION\nhook +now +weekly +the hook\n/);
});

Deno.test("credential remove keeps what jobs use, unless it is forced", async () => {
  await using harness = await CliHarness.create();
  await run(harness, ["set", "s3"], { stdin: secret });
  await harness.addJob({
    name: "nightly",
    upload: { enabled: true, endpoint: "s3://b/", credentials: "vault:s3", options: {} },
  });
  const kept = await run(harness, ["remove", "s3"]);
  strictEqual(kept.code, 1);
  match(kept.message, /s3 is used by nightly; nothing was changed/);
  strictEqual((await run(harness, ["test", "s3"])).code, 0);
  match((await run(harness, ["remove", "s3", "--force"])).stdout, /^Removed s3\n$/);
  strictEqual((await run(harness, ["remove", "s3"])).code, 10);
});

Deno.test("credential rotate replaces a value, and tells whose runs read the new one", async () => {
  await using harness = await CliHarness.create();
  await run(harness, ["set", "s3"], { stdin: "one line" });
  await harness.addJob({
    name: "nightly",
    upload: { enabled: true, endpoint: "s3://b/", credentials: "vault:s3", options: {} },
  });
  const pair = JSON.stringify({ accessKeyId: "a", secretAccessKey: secret });
  match((await run(harness, ["rotate", "s3"], { stdin: pair })).stdout, /next runs of nightly read the new value/);
  match((await run(harness, ["test", "s3"])).stdout, /a pair of S3 keys/);
  match((await run(harness, ["rotate"])).stdout, /new key, in the file ".*vault\.key"; 1 credentials/);
  match((await run(harness, ["test", "s3"])).stdout, /a pair of S3 keys/);
});

Deno.test("credential commands are taken down in the audit log, without values", async () => {
  await using harness = await CliHarness.create();
  await run(harness, ["set", "s3"], { stdin: secret });
  await run(harness, ["rotate", "s3"], { stdin: `${secret}2` });
  await run(harness, ["rotate"]);
  await run(harness, ["remove", "s3"]);
  const records = await Array.fromAsync(readAuditLog(harness.state.auditLog), ({ record }) => record!);
  deepStrictEqual(records.map(({ action, detail }) => [action, detail]), [
    ["credential-set", "s3"],
    ["credential-rotate", "s3"],
    ["vault-key-rotate", "file"],
    ["credential-remove", "s3"],
  ]);
  doesNotMatch(JSON.stringify(records), new RegExp(secret));
});

Deno.test("credential: an account that the settings keep out changes nothing", async () => {
  await using harness = await CliHarness.create();
  await Deno.mkdir(harness.state.root, { mode: 0o700 });
  await Deno.writeTextFile(harness.state.configFile, "allowedUsers: [alice]\n", { mode: 0o600 });
  const { cli } = harness.context({ account: { uid: 4242, name: "mallory", groups: [] } });
  const stdin = { ...cli.stdin, readAll: () => Promise.resolve(secret) };
  let code = 0;
  await credentialCommand({ ...cli, stdin }).parseAsync(["set", "s3"], { from: "user" }).catch((error) => {
    code = error.exitCode;
  });
  strictEqual(code, 77);
});

const references: [name: string, reference: string, options: Options, expect: RegExp][] = [
  ["a variable", "env:TOKEN", { env: { TOKEN: secret } }, /env:TOKEN can be read/],
  ["a variable that is not set", "env:TOKEN", {}, /TOKEN, which is not set/],
  ["a file", "file:HOME/value.txt", {}, /can be read: one line/],
];
for (const [name, reference, options, expect] of references) {
  Deno.test(`credential test tells of ${name}`, async () => {
    await using harness = await CliHarness.create();
    await Deno.chmod(await harness.file("value.txt", secret), 0o600);
    const result = await run(harness, ["test", reference.replace("HOME", harness.root)], options);
    match(said(result), expect);
    ok(!said(result).includes(secret));
  });
}

for (const command of [[], ["set"], ["list"], ["test"], ["rotate"], ["remove"]]) {
  Deno.test(`credential ${command.join(" ")} --help has examples, and touches nothing`, async () => {
    await using harness = await CliHarness.create();
    const { code, stdout } = await run(harness, [...command, "--help"]);
    strictEqual(code, 0);
    match(stdout, /Examples:\n( {2}pass .*\n)?(.*\n)* {2}support-bundle credential /);
    strictEqual((await Array.fromAsync(Deno.readDir(harness.root))).length, 0);
  });
}
