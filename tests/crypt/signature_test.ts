import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openSigner } from "../../src/crypt/open_signer.ts";
import { SignatureError, type TrustedKey } from "../../src/crypt/signature.ts";
import { readAllowedSigners, readTrustedKey } from "../../src/crypt/trusted_keys.ts";
import { verifySignature } from "../../src/crypt/verify_signature.ts";
import { inFolder, makeSshKey, run, TEST_MINISIGN, TEST_SSH_KEYGEN } from "../fixtures/crypt_programs.ts";
import { runOnce } from "../fixtures/server_process.ts";

const NOW = new Date("2026-03-04T05:06:07Z");

/** Signs `file` with the key in `key`, as `--sign file:key` does. */
async function sign(folder: string, key = "key"): Promise<string> {
  const path = join(folder, "file");
  const signer = await openSigner(`file:/${key}`, () => Deno.readTextFile(join(folder, key)));
  const sha256 = createHash("sha256").update(await Deno.readFile(path)).digest("hex");
  const text = await signer.sign({ path, sha256 }, NOW);
  await Deno.writeTextFile(path + signer.suffix, text);
  return text;
}

async function verify(folder: string, text: string, trusted: TrustedKey[], now = NOW) {
  return await verifySignature(join(folder, "file"), text, trusted, now);
}

const sshIgnore = TEST_SSH_KEYGEN === undefined;
const sshKeys: [name: string, args: string[]][] = [
  ["Ed25519", ["-t", "ed25519"]],
  ["RSA", ["-t", "rsa", "-b", "2048"]],
  ["RSA in PEM", ["-t", "rsa", "-b", "2048", "-m", "PEM"]],
];

for (const [name, args] of sshKeys) {
  Deno.test(
    { name: `ssh-keygen verifies what an ${name} key signs here, and the other way round`, ignore: sshIgnore },
    () =>
      inFolder(async (folder) => {
        const key = await makeSshKey(folder, "key", ...args);
        await Deno.writeFile(join(folder, "file"), crypto.getRandomValues(new Uint8Array(50_000)));
        await Deno.writeTextFile(join(folder, "allowed"), `ops@example.com namespaces="support-bundle" ${key}\n`);
        await sign(folder);
        const checked = ["-Y", "verify", "-n", "support-bundle", "-f", "allowed", "-I", "ops@example.com"];
        await runOnce([TEST_SSH_KEYGEN!, ...checked, "-s", "file.sig"], { cwd: folder, input: await latin1(folder) });

        await Deno.remove(join(folder, "file.sig"));
        await run(folder, TEST_SSH_KEYGEN!, "-q", "-Y", "sign", "-n", "support-bundle", "-f", "key", "file");
        const good = await verify(folder, await Deno.readTextFile(join(folder, "file.sig")), await allowed(folder));
        strictEqual(good.signer, "ops@example.com");
        match(
          await run(folder, TEST_SSH_KEYGEN!, "-l", "-f", "key.pub"),
          new RegExp(good.key.replace(/[+/]/g, "\\$&")),
        );
      }),
  );
}

const allowed = (folder: string) => readAllowedSigners(join(folder, "allowed"));

/** Through the standard input of a program, only texts go here: the file becomes one. */
async function latin1(folder: string): Promise<string> {
  const text = "what is signed\n".repeat(1000);
  await Deno.writeTextFile(join(folder, "file"), text);
  await sign(folder);
  return text;
}

type Change = (folder: string, other: string) => Promise<void>;
const sshRefused: [name: string, change: Change, why: RegExp][] = [
  ["a file that was changed", (folder) => Deno.writeTextFile(join(folder, "file"), "another"), /not one of this file/],
  ["a key that is not trusted", async (folder, other) => {
    await Deno.writeTextFile(join(folder, "allowed"), `ops ${other}\n`);
  }, /of a key that is not trusted, SHA256:/],
  ["a key for other purposes", (folder) => amend(folder, 'namespaces="git,file"'), /may not sign for "support-bundle"/],
  ["a key that is too old", (folder) => amend(folder, 'valid-before="20260101"'), /no longer valid/],
  ["a key that is too young", (folder) => amend(folder, 'valid-after="20260305080000Z"'), /not valid yet/],
  ["a signature for another purpose", async (folder) => {
    await Deno.remove(join(folder, "file.sig"));
    await run(folder, TEST_SSH_KEYGEN!, "-q", "-Y", "sign", "-n", "git", "-f", "key", "file");
  }, /for "git", not for "support-bundle"/],
  ["a signature that was cut", async (folder) => {
    const text = await Deno.readTextFile(join(folder, "file.sig"));
    await Deno.writeTextFile(join(folder, "file.sig"), text.split("\n").toSpliced(2, 1).join("\n"));
  }, /cannot be read|not one of this file/],
  ["what is no signature", (folder) => Deno.writeTextFile(join(folder, "file.sig"), "hello"), /neither one of SSH/],
];

async function amend(folder: string, options: string): Promise<void> {
  const path = join(folder, "allowed");
  await Deno.writeTextFile(path, (await Deno.readTextFile(path)).replace(/^ops /m, `ops ${options} `));
}

for (const [name, change, why] of sshRefused) {
  Deno.test({ name: `verifySignature() of SSH refuses ${name}`, ignore: sshIgnore }, () =>
    inFolder(async (folder) => {
      const key = await makeSshKey(folder, "key", "-t", "ed25519");
      const other = await makeSshKey(folder, "other", "-t", "ed25519");
      await Deno.writeTextFile(join(folder, "file"), "what is signed");
      await Deno.writeTextFile(join(folder, "allowed"), `# who may\nops ${key}\n`);
      await sign(folder);
      await verify(folder, await Deno.readTextFile(join(folder, "file.sig")), await allowed(folder));
      await change(folder, other);
      const text = await Deno.readTextFile(join(folder, "file.sig"));
      await rejects(verify(folder, text, await allowed(folder)), (error: SignatureError) => {
        strictEqual(error instanceof SignatureError, true, `${error}`);
        match(error.message, why);
        return true;
      });
    }));
}

const minisignIgnore = TEST_MINISIGN === undefined;
const makeMinisignKey = (folder: string, ...args: string[]) =>
  run(folder, TEST_MINISIGN!, "-G", "-f", "-p", "pub", "-s", "key", ...args);

Deno.test(
  { name: "minisign verifies what is signed here, and the other way round", ignore: minisignIgnore },
  () =>
    inFolder(async (folder) => {
      await makeMinisignKey(folder, "-W");
      await Deno.writeFile(join(folder, "file"), crypto.getRandomValues(new Uint8Array(50_000)));
      await sign(folder);
      match(
        await run(folder, TEST_MINISIGN!, "-V", "-p", "pub", "-m", "file"),
        /verified\nTrusted comment: timestamp:1772600767\tfile:file\thashed/,
      );
      await run(folder, TEST_MINISIGN!, "-S", "-s", "key", "-m", "file", "-t", "made by hand");
      const text = await Deno.readTextFile(join(folder, "file.minisig"));
      const [, line] = (await Deno.readTextFile(join(folder, "pub"))).split("\n");
      for (const named of ["pub", line!]) {
        const good = await verify(folder, text, [await readTrustedKey(named, folder)]);
        deepStrictEqual([good.kind, good.comment], ["minisign", "made by hand"]);
        // minisign leaves zeros in front of an id out.
        match(await Deno.readTextFile(join(folder, "pub")), new RegExp(` ${good.key.replace(/^0+/, "")}\n`));
      }
      await rejects(verify(folder, text.replace("by hand", "by me"), [await readTrustedKey("pub", folder)]), /comment/);
      await Deno.writeTextFile(join(folder, "file"), "another");
      await rejects(verify(folder, text, [await readTrustedKey("pub", folder)]), /not one of this file/);
      await makeMinisignKey(folder, "-W");
      await rejects(verify(folder, text, [await readTrustedKey("pub", folder)]), /of a key that is not trusted/);
    }),
);

Deno.test(
  { name: "a signature of minisign's old form is refused", ignore: minisignIgnore },
  () =>
    inFolder(async (folder) => {
      await makeMinisignKey(folder, "-W");
      await Deno.writeTextFile(join(folder, "file"), "what is signed");
      await run(folder, TEST_MINISIGN!, "-S", "-l", "-s", "key", "-m", "file");
      const text = await Deno.readTextFile(join(folder, "file.minisig"));
      await rejects(verify(folder, text, [await readTrustedKey("pub", folder)]), /the old form of minisign/);
    }),
);

const badKeys: [name: string, make: (folder: string) => Promise<unknown>, why: RegExp][] = [
  ["one of SSH with a passphrase", async (folder) => {
    await makeSshKey(folder, "key", "-t", "ed25519");
    await run(folder, TEST_SSH_KEYGEN!, "-q", "-p", "-P", "", "-N", "secret words", "-f", "key");
  }, /no private key of SSH that can sign: it is encrypted with a passphrase; ssh-keygen -p/],
  [
    "one of SSH of another type",
    (folder) => makeSshKey(folder, "key", "-t", "ecdsa"),
    /keys of type "ecdsa-sha2-nistp256"/,
  ],
  ["a public key", async (folder) => {
    await Deno.writeTextFile(join(folder, "key"), await makeSshKey(folder, "other", "-t", "ed25519"));
  }, /no private key of minisign that can sign: it is damaged/],
];

for (const [name, make, why] of badKeys) {
  Deno.test(
    { name: `openSigner() refuses ${name}, and repeats nothing of it`, ignore: sshIgnore },
    () =>
      inFolder(async (folder) => {
        await make(folder);
        const text = await Deno.readTextFile(join(folder, "key"));
        await rejects(openSigner("env:KEY", () => Promise.resolve(text)), (error: Error) => {
          match(error.message, why);
          for (const line of text.split("\n").filter((line) => line.length > 20 && !line.startsWith("---"))) {
            strictEqual(Deno.inspect(error).includes(line), false);
          }
          return true;
        });
      }),
  );
}
