import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { DecryptError } from "../../src/crypt/crypt_error.ts";
import { Decryption } from "../../src/crypt/decryption.ts";
import { Encryption } from "../../src/crypt/encryption.ts";
import { readIdentities } from "../../src/crypt/identities.ts";
import { inFolder, makeSshKey, run, TEST_AGE, TEST_SCRIPT, TEST_SSH_KEYGEN } from "../fixtures/crypt_programs.ts";

const { generateIdentity, identityToRecipient } = await import("age-encryption");

const PASSPHRASE = "correct horse battery staple";
const noSecret = () => Promise.reject(new Error("asked for a secret"));

/** Makes an identity in the file `name`. */
type MakeKey = (folder: string, name: string) => Promise<string>;

const ageKey: MakeKey = async (folder, name) => {
  const identity = await generateIdentity();
  await Deno.writeTextFile(join(folder, name), `# a comment\n\n${identity}\n`);
  return await identityToRecipient(identity);
};
const sshKey = (...args: string[]): MakeKey => (folder, name) => makeSshKey(folder, name, ...args);

const keys: [name: string, make: MakeKey][] = [
  ["age key", ageKey],
  ["Ed25519 key of SSH", sshKey("-t", "ed25519")],
  ["RSA key of SSH", sshKey("-t", "rsa", "-b", "2048")],
  ["RSA key of SSH in PEM", sshKey("-t", "rsa", "-b", "3072", "-m", "PEM")],
];
const ignore = TEST_AGE === undefined || TEST_SSH_KEYGEN === undefined;
const sizes = [0, 1, 65536, 200_000];

for (const [name, make] of keys) {
  Deno.test({ name: `age opens what is encrypted to an ${name}`, ignore }, () =>
    inFolder(async (folder) => {
      const recipient = await make(folder, "key");
      for (const size of sizes.slice(1)) { // of nothing, age makes no file
        const plain = bytesOf(size);
        await Deno.writeFile(join(folder, "sealed"), await encrypted(plain, [recipient]));
        await run(folder, TEST_AGE!, "-d", "-i", "key", "-o", "opened", "sealed");
        ok(Buffer.from(plain).equals(await Deno.readFile(join(folder, "opened"))), `${size} bytes`);
      }
    }));

  Deno.test(
    { name: `what age has encrypted to an ${name} is opened, armored or not`, ignore },
    () =>
      inFolder(async (folder) => {
        const recipient = await make(folder, "key");
        const decryption = new Decryption({ identities: () => readIdentities(join(folder, "key")) });
        for (const size of sizes) {
          const plain = bytesOf(size);
          await Deno.writeFile(join(folder, "plain"), plain);
          for (const armor of [[], ["-a"]]) {
            await run(folder, TEST_AGE!, ...armor, "-r", recipient, "-o", "sealed", "plain");
            const sealed = await Deno.readFile(join(folder, "sealed"));
            ok(
              Buffer.from(plain).equals(await allOf(await decryption.open(streamOf(sealed)))),
              `${size} bytes ${armor}`,
            );
          }
        }
      }),
  );
}

Deno.test(
  { name: "a file for several recipients is opened by each of them, and by nobody else", ignore },
  () =>
    inFolder(async (folder) => {
      const [one, two] = [await ageKey(folder, "one"), await makeSshKey(folder, "two", "-t", "ed25519")];
      await ageKey(folder, "other");
      await Deno.writeTextFile(join(folder, "team.txt"), `# the team\n${one}\n\n${two}\n`);
      const sealed = await encrypted(bytesOf(100), [join(folder, "team.txt")]);
      await Deno.writeFile(join(folder, "sealed"), sealed);
      for (const key of ["one", "two"]) await run(folder, TEST_AGE!, "-d", "-i", key, "-o", "opened", "sealed");
      await rejects(run(folder, TEST_AGE!, "-d", "-i", "other", "-o", "opened", "sealed"), /no identity matched/);
      const other = new Decryption({ identities: () => readIdentities(join(folder, "other")) });
      await rejects(other.open(streamOf(sealed)), {
        code: "DECRYPT_NO_KEY",
        message:
          "Cannot open the file: it is encrypted to 2 recipients (X25519, ssh-ed25519), and no identity that was named is one of theirs",
      });
    }),
);

Deno.test(
  { name: "age opens with a passphrase, and the other way round", ignore: ignore || TEST_SCRIPT === undefined },
  () =>
    inFolder(async (folder) => {
      const plain = bytesOf(70_000);
      await Deno.writeFile(join(folder, "sealed"), await encrypted(plain, [], PASSPHRASE));
      await atTerminal(folder, `${TEST_AGE} -d -o opened sealed`, [PASSPHRASE]);
      ok(Buffer.from(plain).equals(await Deno.readFile(join(folder, "opened"))));

      await atTerminal(folder, `${TEST_AGE} -p -o theirs opened`, [PASSPHRASE, PASSPHRASE]);
      const theirs = await Deno.readFile(join(folder, "theirs"));
      const asked: string[] = [];
      const decryption = new Decryption({
        identities: () => [],
        passphrase: () => (asked.push("once"), Promise.resolve(PASSPHRASE)),
      });
      for (let time = 0; time < 2; time++) {
        ok(Buffer.from(plain).equals(await allOf(await decryption.open(streamOf(theirs)))));
      }
      deepStrictEqual(asked, ["once"]);
      const wrong = new Decryption({ identities: () => [], passphrase: () => Promise.resolve("something else") });
      await rejects(wrong.open(streamOf(theirs)), { code: "DECRYPT_NO_KEY", message: /the passphrase is not the one/ });
    }),
);

const locked: [name: string, args: string[]][] = [
  ["Ed25519 key", ["-t", "ed25519"]],
  ["RSA key", ["-t", "rsa", "-b", "2048"]],
  ["key in an older cipher", ["-t", "ed25519", "-Z", "aes256-cbc"]],
];
for (const [name, args] of locked) {
  Deno.test(
    { name: `an SSH ${name} with a passphrase opens what is encrypted to it, and asks once`, ignore },
    () =>
      inFolder(async (folder) => {
        const recipient = await makeSshKey(folder, "key", ...args);
        const cipher = args.includes("-Z") ? args.slice(-2) : [];
        await run(folder, TEST_SSH_KEYGEN!, "-q", "-p", "-a", "2", "-P", "", "-N", PASSPHRASE, "-f", "key", ...cipher);
        const sealed = await encrypted(bytesOf(1000), [recipient]);
        const asked: string[] = [];
        const opening = (answer: string | undefined) =>
          new Decryption({
            identities: () => readIdentities(join(folder, "key"), (of) => (asked.push(of), Promise.resolve(answer))),
          });
        const other = await encrypted(bytesOf(1000), [await identityToRecipient(await generateIdentity())]);
        const decryption = opening(PASSPHRASE);
        await rejects(decryption.open(streamOf(other)), { code: "DECRYPT_NO_KEY" });
        deepStrictEqual(asked, [], "nobody is asked for a key that would not help");
        for (let time = 0; time < 2; time++) {
          strictEqual((await allOf(await decryption.open(streamOf(sealed)))).length, 1000);
        }
        deepStrictEqual(asked, [`the key "${join(folder, "key")}"`]);
        await rejects(opening("another").open(streamOf(sealed)), /or the passphrase is another one/);
        await rejects(opening(undefined).open(streamOf(sealed)), /it has a passphrase, and none was given/);
      }),
  );
}

const tampering: [name: string, change: (sealed: Uint8Array) => Uint8Array][] = [
  ["a flipped bit at its end", (sealed) => flipped(sealed, sealed.length - 1)],
  ["a flipped bit in the middle", (sealed) => flipped(sealed, 70_000)],
  ["a flipped bit in its header", (sealed) => flipped(sealed, 60)],
  ["its last bytes missing", (sealed) => sealed.subarray(0, -1)],
  ["whole chunks missing", (sealed) => sealed.subarray(0, sealed.length - 200_000 % 65536 - 16)],
  ["something behind its end", (sealed) => new Uint8Array([...sealed, 0])],
];

for (const [name, change] of tampering) {
  Deno.test(`an encrypted file with ${name} is refused`, async () => {
    const identity = await generateIdentity();
    const sealed = await encrypted(bytesOf(200_000), [await identityToRecipient(identity)]);
    const decryption = new Decryption({ identities: () => [identity] });
    await rejects(async () => allOf(await decryption.open(streamOf(change(sealed)))), (error: DecryptError) => {
      ok(error instanceof DecryptError, `${error}`);
      ok(["DECRYPT_DAMAGED", "DECRYPT_NO_KEY"].includes(error.code));
      return true;
    });
  });
}

Deno.test("Encryption.reopen() reads what it has encrypted, without an identity", async () => {
  const recipient = await identityToRecipient(await generateIdentity());
  const encryption = await Encryption.prepare({ recipients: [recipient] }, noSecret);
  const sealed = await allOf(await encryption.encrypt(streamOf(bytesOf(100_000))));
  strictEqual((await allOf(await encryption.reopen(streamOf(sealed)))).length, 100_000);
  strictEqual(new TextDecoder("latin1").decode(sealed).match(/^-> /gm)!.length, 1);
});

async function encrypted(plain: Uint8Array, recipients: string[], passphrase?: string): Promise<Uint8Array> {
  const options = { recipients, passphrase: passphrase === undefined ? undefined : "env:PASSPHRASE" };
  const encryption = await Encryption.prepare(options, () => Promise.resolve(passphrase!));
  return await allOf(await encryption.encrypt(streamOf(plain)));
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return ReadableStream.from((function* () {
    for (let at = 0; at < bytes.length; at += 50_000) yield bytes.slice(at, at + 50_000);
  })());
}

async function allOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
}

/** Types each line once the program has asked for it. */
async function atTerminal(folder: string, command: string, lines: string[]): Promise<void> {
  const child = new Deno.Command(TEST_SCRIPT!, {
    args: ["-qec", command, "/dev/null"],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  let said = "";
  for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += piece;
    if (lines.length > 0 && /passphrase[^\n]*: *$/i.test(said)) {
      said = "";
      await writer.write(new TextEncoder().encode(`${lines.shift()}\n`));
    }
  }
  await writer.close().catch(() => {});
  const { success } = await child.status;
  if (!success) throw new Error(`${command} failed: ${said}`);
}
