import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { CredentialError } from "../../src/core/credential_reference.ts";
import { secretReader } from "../../src/credentials/secret_reader.ts";
import { startFakeKube } from "./fake_kube.ts";

const secret = crypto.randomUUID();
const posix = Deno.build.os !== "windows";

/** What a test's folder has, and what is read there. `DIR` in the reference stands for the folder. */
interface Row {
  name: string;
  reference: string;
  env?: Record<string, string>;
  file?: { content: string; mode?: number };
  expect: string | RegExp;
}

const script = (...lines: string[]) => ({ content: ["#!/bin/sh", ...lines, ""].join("\n"), mode: 0o700 });

const rows: Row[] = [
  { name: "reads a variable", reference: "env:TOKEN", env: { TOKEN: secret }, expect: secret },
  { name: "names the variable that is not set", reference: "env:TOKEN", expect: /variable TOKEN, which is not set/ },
  { name: "names the empty variable", reference: "env:TOKEN", env: { TOKEN: "" }, expect: /TOKEN, which is not set/ },
  { name: "takes white space for nothing", reference: "env:TOKEN", env: { TOKEN: "\n" }, expect: /nothing where env:/ },

  {
    name: "reads a file, without the line's end",
    reference: "file:DIR/it",
    file: { content: `${secret}\n` },
    expect: secret,
  },
  {
    name: "reads a file that can only be read",
    reference: "file:DIR/it",
    file: { content: secret, mode: 0o400 },
    expect: secret,
  },
  { name: "keeps line ends inside", reference: "file:DIR/it", file: { content: "a\nb\n" }, expect: "a\nb" },
  {
    name: "refuses a file of a group",
    reference: "file:DIR/it",
    file: { content: secret, mode: 0o640 },
    expect: /group or others/,
  },
  {
    name: "refuses a file of others",
    reference: "file:DIR/it",
    file: { content: secret, mode: 0o604 },
    expect: /group or others/,
  },
  { name: "refuses an empty file", reference: "file:DIR/it", file: { content: "\n" }, expect: /empty/ },
  { name: "refuses a large file", reference: "file:DIR/it", file: { content: "x".repeat(70_000) }, expect: /larger/ },
  { name: "names the file that is not there", reference: "file:DIR/it", expect: /it", which does not exist/ },

  { name: "reads what a program prints", reference: "exec:DIR/it", file: script(`echo ${secret}`), expect: secret },
  {
    name: "hands arguments on, without a shell",
    reference: "exec:DIR/it $HOME *",
    file: script('echo "$1|$2"'),
    expect: "$HOME|*",
  },
  {
    name: "gives a program no variable that could be a secret",
    reference: "exec:DIR/it",
    env: {
      TOKEN: secret,
      AWS_SECRET_ACCESS_KEY: secret,
      HTTPS_PROXY: `http://u:${secret}@p`,
      HOME: "/home/x",
      PATH: "/usr/bin:/bin",
    },
    file: script('echo "$HOME $TOKEN $AWS_SECRET_ACCESS_KEY $HTTPS_PROXY."'),
    expect: "/home/x   .",
  },
  {
    name: "does not repeat what a program says when it fails",
    reference: "exec:DIR/it",
    file: script(`echo ${secret}`, `echo ${secret} >&2`, "exit 3"),
    expect: /exit code 3/,
  },
  {
    name: "refuses a program that prints nothing",
    reference: "exec:DIR/it",
    file: script("true"),
    expect: /printed nothing/,
  },
  {
    name: "refuses a program that prints a lot",
    reference: "exec:DIR/it",
    file: script(`yes ${secret} | head -c 200000`),
    expect: /more than 65536 bytes/,
  },
  {
    name: "ends a program that does not end",
    reference: "exec:DIR/it",
    file: script("sleep 60"),
    expect: /did not end within 10 s/,
  },
  { name: "names the program that is not there", reference: "exec:DIR/it", expect: /it, which is not there/ },
  { name: "refuses what is no program", reference: "exec:DIR/it", file: { content: secret }, expect: /may not be run/ },
  {
    name: "refuses a program that every account may change",
    reference: "exec:DIR/it",
    file: { ...script(`echo ${secret}`), mode: 0o707 },
    expect: /every account may change/,
  },

  {
    name: "reads a systemd credential, whatever its mode says",
    reference: "systemd:it",
    env: { CREDENTIALS_DIRECTORY: "DIR" },
    file: { content: secret, mode: 0o440 },
    expect: secret,
  },
  { name: "says how systemd hands one over", reference: "systemd:it", expect: /systemd credential it, .*given none/ },
  {
    name: "names the systemd credential that is not there",
    reference: "systemd:it",
    env: { CREDENTIALS_DIRECTORY: "DIR" },
    expect: /credential it, which does not exist/,
  },

  { name: "names what is not in the vault", reference: "vault:it", expect: /no credential it in the vault/ },
];
for (const { name, reference, env = {}, file, expect } of rows) {
  Deno.test({
    name: `secretReader() ${name}`,
    ignore: !posix,
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        const at = (text: string) => text.replace("DIR", folder);
        if (file !== undefined) {
          await Deno.writeTextFile(join(folder, "it"), file.content);
          await Deno.chmod(join(folder, "it"), file.mode ?? 0o600);
        }
        const read = secretReader({
          env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, at(value)])),
          // Ten seconds are a moment here.
          clock: { now: systemClock.now, sleep: (ms, signal) => systemClock.sleep(ms / 20, signal) },
          vaultFolder: folder,
        });
        await expectSecret(read(at(reference)), expect);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

const secrets: [name: string, reference: string, expect: string | RegExp][] = [
  ["reads a Secret's key", "k8s-secret:ops/s3/keys", secret],
  ["names the key that it has not", "k8s-secret:ops/s3/other", /Secret ops\/s3, which has no key other/],
  ["refuses bytes that are no text", "k8s-secret:ops/s3/bytes", /is no text/],
  ["names the Secret that is not there", "k8s-secret:ops/none/keys", /Secret ops\/none, which cannot be read/],
  ["names the Secret that it may not read", "k8s-secret:kube-system/s3/keys", /kube-system\/s3, .*403/],
];
for (const [name, reference, expect] of secrets) {
  Deno.test(`secretReader() ${name}`, async () => {
    await using kube = startFakeKube({
      "ops/s3": {
        keys: new TextEncoder().encode(`${secret}\n`).toBase64(),
        bytes: new Uint8Array([0xff, 0xfe]).toBase64(),
      },
    });
    const read = secretReader({ env: {}, clock: systemClock, kube: { server: kube.url }, vaultFolder: "/nowhere" });
    await expectSecret(read(reference), expect);
  });
}

Deno.test("secretReader() loads neither the cluster's client nor age for what needs neither", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", new URL("../../src/credentials/secret_reader.ts", import.meta.url).href],
  }).output();
  ok(success);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const byUrl = new Map(modules.map((one: { specifier: string }) => [one.specifier, one]));
  const loaded = new Set<string>();
  const visit = (url: string) => {
    if (loaded.has(url)) return;
    loaded.add(url);
    // deno-lint-ignore no-explicit-any -- what `deno info` prints
    for (const { code, isDynamic } of (byUrl.get(url) as any)?.dependencies ?? []) {
      if (code !== undefined && !isDynamic) visit(code.specifier);
    }
  };
  visit(new URL("../../src/credentials/secret_reader.ts", import.meta.url).href);
  ok(loaded.size > 8);
  deepStrictEqual([...loaded].filter((url) => /src\/kube|age-encryption|credentials\/vault|zod/.test(url)), []);
});

async function expectSecret(result: Promise<string>, expect: string | RegExp): Promise<void> {
  if (typeof expect === "string") return strictEqual(await result, expect);
  await rejects(result, (error) => {
    ok(error instanceof CredentialError && expect.test(error.message), Deno.inspect(error));
    ok(error.hint);
    ok(!Deno.inspect(error).includes(secret), "the error repeats the secret");
    return true;
  });
}
