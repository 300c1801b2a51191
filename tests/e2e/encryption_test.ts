import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { inFolder, makeSshKey, run, TEST_AGE, TEST_MINISIGN, TEST_SSH_KEYGEN } from "../fixtures/crypt_programs.ts";
import { BINARY, Sandbox, until } from "./program.ts";
import { filesUnder } from "./files_under.ts";

const ignore = BINARY === undefined || Deno.build.os === "windows";
const { generateIdentity, identityToRecipient } = await import("age-encryption");

const GZIP = Buffer.from([0x1f, 0x8b, 8]);
/** In the header of each member of a tar archive. */
const USTAR = Buffer.from("ustar\0");

const specFor = (command: string) =>
  `apiVersion: troubleshoot.sh/v1beta2
kind: HostCollector
metadata: {name: sealed}
spec:
  collectors:
    - run: {collectorName: printed, command: sh, args: ["-c", ${JSON.stringify(command)}]}
`;

/** What gzip cannot make small, so that the archive is on the disk for a while. */
const NOISE = "head -c 15000000 /dev/urandom | base64";

/** Paths of files that begin as an archive does, or have the header of a tar archive in their first megabyte. */
async function archivesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await filesUnder(folder)) {
    const head = await headOf(path);
    if (head.subarray(0, 3).equals(GZIP) || head.includes(USTAR)) found.push(path);
  }
  return found;
}

async function headOf(path: string): Promise<Buffer> {
  try {
    using file = await Deno.open(path);
    const bytes = Buffer.alloc(1_000_000);
    return bytes.subarray(0, await file.read(bytes) ?? 0);
  } catch {
    return Buffer.alloc(0); // it has gone
  }
}

async function keysIn(sandbox: Sandbox): Promise<{ recipient: string; identity: string }> {
  const identity = await generateIdentity();
  return {
    recipient: await identityToRecipient(identity),
    identity: await sandbox.write("key.txt", `# created by a test\n${identity}\n`),
  };
}

const NEVER = /^$/;
const moments: [name: string, killAt: RegExp][] = [
  ["never killed", NEVER],
  ["killed while the archive is written", /\.part$/],
  ["killed while the archive is checked", /\.unchecked$/],
];

for (const [name, killAt] of moments) {
  Deno.test({
    name: `with --encrypt-to, no plain archive is ever on the disk: a run that is ${name}`,
    ignore,
    fn: async () => {
      await using sandbox = await Sandbox.create();
      const { recipient, identity } = await keysIn(sandbox);
      const spec = await sandbox.write("spec.yaml", specFor(NOISE));
      for (const folder of ["tmp", "out"]) await Deno.mkdir(sandbox.path(folder));
      const watched = sandbox.folder;
      const args = [spec, "-o", sandbox.path("out/bundle"), "--encrypt-to", recipient, "--max-file-size", "0"];
      const child = sandbox.spawn(args, { env: { TMPDIR: sandbox.path("tmp") } });
      const output = child.output();
      let ended = false, looks = 0, sealedParts = 0;
      output.finally(() => ended = true);
      while (!ended) {
        deepStrictEqual(await archivesUnder(watched), []);
        const parts = (await filesUnder(sandbox.path("out"))).filter((path) => /\.(?:part|unchecked)$/.test(path));
        for (const part of parts) {
          const head = await headOf(part);
          if (head.length > 0) sealedParts++;
          if (head.length >= 21) strictEqual(head.subarray(0, 21).toString(), "age-encryption.org/v1");
        }
        if (!ended && parts.some((path) => killAt.test(path))) {
          child.kill("SIGKILL");
          break;
        }
        looks++;
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      const { code, signal, stderr } = await output;
      deepStrictEqual(await archivesUnder(watched), []);
      ok(looks > 5 && (sealedParts > 0 || killAt !== NEVER), "it was watched while it was written");
      if (killAt !== NEVER) return strictEqual(signal, "SIGKILL");
      strictEqual(code, 0, new TextDecoder().decode(stderr));
      const path = sandbox.path("out/bundle.tar.gz.age");
      deepStrictEqual([await filesUnder(sandbox.path("out")), await filesUnder(sandbox.path("tmp"))], [[path], []]);
      strictEqual((await sandbox.run(["verify", path, "-i", identity])).code, 0);
    },
  });
}

Deno.test({
  name: "the stock age opens a bundle, to age and SSH keys, and ssh-keygen verifies its signature",
  ignore: ignore || TEST_AGE === undefined || TEST_SSH_KEYGEN === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    const { recipient } = await keysIn(sandbox);
    const signer = await makeSshKey(sandbox.folder, "ssh", "-t", "ed25519");
    await makeSshKey(sandbox.folder, "rsa", "-t", "rsa", "-b", "2048");
    await sandbox.write("allowed", `ops ${signer}\n`);
    const spec = await sandbox.write("spec.yaml", specFor("echo hello"));
    const to = [recipient, "ssh.pub", "rsa.pub"].flatMap((it) => ["--encrypt-to", it]);
    const made = await sandbox.run([spec, "-o", "b", ...to, "--sign", `file:${sandbox.path("ssh")}`]);
    strictEqual(made.code, 0, made.stderr);
    const { archivePath, signaturePath } = JSON.parse(made.stdout);
    deepStrictEqual([archivePath, signaturePath], [
      sandbox.path("b.tar.gz.age"),
      sandbox.path("b.tar.gz.age.sig"),
    ]);
    for (const key of ["key.txt", "ssh", "rsa"]) {
      await run(sandbox.folder, TEST_AGE!, "-d", "-i", key, "-o", `${key}.tar.gz`, archivePath);
      match(
        (await sandbox.unpack(sandbox.path(`${key}.tar.gz`))).get("host-collectors/run-host/printed.txt")!,
        /hello/,
      );
      const ours = await sandbox.run(["decrypt", archivePath, "-i", key, "-o", `ours-${key}`]);
      strictEqual(ours.code, 0, ours.stderr);
      ok(
        Buffer.from(await Deno.readFile(sandbox.path(`ours-${key}`))).equals(
          await Deno.readFile(sandbox.path(`${key}.tar.gz`)),
        ),
      );
    }
    await run(sandbox.folder, TEST_SSH_KEYGEN!, "-q", "-p", "-a", "4", "-P", "", "-N", "secret words", "-f", "rsa");
    const locked = ["decrypt", archivePath, "-i", "rsa", "--passphrase", "env:KEY_PASSPHRASE", "-o", "locked"];
    const unlocked = await sandbox.run(locked, { env: { KEY_PASSPHRASE: "secret words" } });
    strictEqual(unlocked.code, 0, unlocked.stderr);
    const check =
      `${TEST_SSH_KEYGEN} -Y verify -n support-bundle -f allowed -I ops -s ${signaturePath} < ${archivePath}`;
    match(await run(sandbox.folder, "sh", "-c", check), /Good "support-bundle" signature for ops/);
    strictEqual((await sandbox.run(["verify", archivePath, "--allowed-signers", "allowed", "-i", "key.txt"])).code, 0);
    const piped = await sandbox.run(["decrypt", archivePath, "-i", "key.txt", "-o", "-"]);
    strictEqual(piped.code, 0, piped.stderr);
    for (const command of [["analyze", archivePath], ["diff", archivePath, "ours-ssh"]]) {
      const { code, stderr } = await sandbox.run([...command, "-i", "key.txt"]);
      ok([0, 4].includes(code), stderr);
    }
  },
});

Deno.test({
  name: "minisign verifies what --sign signs with its key",
  ignore: ignore || TEST_MINISIGN === undefined,
  fn: async () => {
    await using sandbox = await Sandbox.create();
    await run(sandbox.folder, TEST_MINISIGN!, "-G", "-W", "-p", "pub", "-s", "secret");
    const spec = await sandbox.write("spec.yaml", specFor("echo hello"));
    const env = { SIGNING_KEY: await Deno.readTextFile(sandbox.path("secret")) };
    const { code, stderr } = await sandbox.run([spec, "-o", "b", "--sign", "env:SIGNING_KEY"], { env });
    strictEqual(code, 0, stderr);
    match(await run(sandbox.folder, TEST_MINISIGN!, "-V", "-p", "pub", "-m", "b.tar.gz"), /signature verified/);
    strictEqual((await sandbox.run(["verify", "b.tar.gz", "--key", "pub"])).code, 0);
  },
});

Deno.test({
  name: "a job encrypts and signs each bundle, its recipient opens it, and cleanup leaves nothing of it",
  ignore,
  fn: () =>
    inFolder(async (keys) => {
      await using sandbox = await Sandbox.create();
      const { recipient, identity } = await keysIn(sandbox);
      await Deno.writeTextFile(join(keys, "team.txt"), `# the team\n${recipient}\n`);
      const { generateKeyPairSync } = await import("node:crypto");
      const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
      await Deno.writeTextFile(join(keys, "signer"), key, { mode: 0o600 });
      const spec = await sandbox.write("spec.yaml", specFor("echo hello"));
      const seals = ["--encrypt-to", join(keys, "team.txt"), "--sign", `file:${join(keys, "signer")}`];
      const created = await sandbox.run(["schedule", "create", "nightly", "--every", "10h", "-s", spec, ...seals]);
      strictEqual(created.code, 0, created.stderr);
      match(
        (await sandbox.run(["schedule", "describe", "nightly"])).stdout,
        /^Encrypts: +to .*team\.txt\nSigns: +with file:/m,
      );
      const ports = ["--metrics-port", "0", "--health-port", "0"];
      const daemon = sandbox.spawn(["schedule", "daemon", "start", "--foreground", ...ports]);
      const ending = daemon.output();
      try {
        await until(
          "a daemon",
          async () => (await sandbox.run(["schedule", "run", "nightly"])).code === 0 || undefined,
        );
        const execution = await until("a bundle", async () => {
          const [last] = await sandbox.json(["schedule", "history", "nightly"]);
          return last?.bundlePath ? last : undefined;
        });
        match(execution.bundlePath, /\.tar\.gz\.age$/);
        deepStrictEqual(await archivesUnder(sandbox.state), []);
        const bundles = async () =>
          (await filesUnder(join(sandbox.state, "bundles"))).map((it) => it.replace(/.*Z\./, ""));
        deepStrictEqual((await bundles()).sort(), ["tar.gz.age", "tar.gz.age.sig"]);
        strictEqual((await sandbox.run(["verify", execution.bundlePath, "-i", identity])).code, 0);

        await Deno.remove(join(keys, "team.txt"));
        await sandbox.run(["schedule", "run", "nightly", "--wait"]);
        const [refused] = await sandbox.json(["schedule", "history", "nightly"]);
        deepStrictEqual([refused.status, refused.bundlePath], ["failed", ""]);
        match(refused.error, /--encrypt-to: cannot read ".*team\.txt": there is no such file/);

        const { code, stderr } = await sandbox.run(["schedule", "delete", "nightly", "--purge", "--yes"]);
        strictEqual(code, 0, stderr);
        deepStrictEqual(await bundles(), []);
      } finally {
        await sandbox.run(["schedule", "daemon", "stop"]);
        await ending;
      }
    }),
});
