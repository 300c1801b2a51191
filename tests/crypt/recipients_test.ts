import { match, rejects, strictEqual, throws } from "node:assert/strict";
import { join } from "node:path";
import { Encryption } from "../../src/crypt/encryption.ts";
import { readIdentities } from "../../src/crypt/identities.ts";
import { readRecipients, recipientSource } from "../../src/crypt/recipients.ts";
import { inFolder, makeSshKey, run, TEST_SSH_KEYGEN } from "../fixtures/crypt_programs.ts";

const { generateHybridIdentity, generateIdentity, identityToRecipient } = await import("age-encryption");

const IDENTITY = await generateIdentity();
const RECIPIENT = await identityToRecipient(IDENTITY);
const POST_QUANTUM = await identityToRecipient(await generateHybridIdentity());

const refused: [name: string, named: string[], files: Record<string, string>, why: RegExp][] = [
  ["nobody", [], {}, /there is no recipient/],
  ["a slip of the pen", [RECIPIENT.slice(0, -1) + "q"], {}, /"age1.*" is not a recipient: .*checksum/i],
  [
    "a recipient of a plugin",
    ["age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"],
    {},
    /plugins/,
  ],
  ["a file that is not there", ["team.txt"], {}, /there is no such file, and it is no recipient/],
  ["an empty file", ["team.txt"], { "team.txt": "# nobody yet\n\n" }, /there is no recipient/],
  ["a file with something else", ["team.txt"], { "team.txt": `${RECIPIENT}\nhello\n` }, /line 2 of ".*" is not/],
  ["a file of identities", ["key.txt"], { "key.txt": `# mine\n${IDENTITY}\n` }, /it is an identity, which is secret/],
  ["an SSH key of another type", ["ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= x"], {}, /ecdsa-sha2-nistp256/],
  ["a damaged SSH key", ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGxx x"], {}, /it is damaged/],
  ["recipients of two sorts", [RECIPIENT, POST_QUANTUM], {}, /quantum computers.*exclude each other/],
];

for (const [name, named, files, why] of refused) {
  Deno.test(`readRecipients() refuses ${name}`, () =>
    inFolder(async (folder) => {
      for (const [file, text] of Object.entries(files)) await Deno.writeTextFile(join(folder, file), text);
      await rejects(readRecipients(named.map((text) => recipientSource(text, folder))), (error: Error) => {
        match(error.message, why);
        strictEqual(Deno.inspect(error).includes(IDENTITY), false);
        return true;
      });
    }));
}

Deno.test("readRecipients() takes several, of files too, and post-quantum ones among themselves", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "team.txt"), `# us\r\n${RECIPIENT}\r\n\r\n  ${RECIPIENT}\n`);
    strictEqual((await readRecipients([RECIPIENT, join(folder, "team.txt")])).length, 3);
    strictEqual((await readRecipients([POST_QUANTUM, POST_QUANTUM])).length, 2);
  }));

Deno.test("recipientSource() makes paths absolute, and repeats no identity", () => {
  strictEqual(recipientSource("keys/team.txt", "/home/ann"), "/home/ann/keys/team.txt");
  strictEqual(recipientSource(RECIPIENT, "/home/ann"), RECIPIENT);
  for (const secret of [IDENTITY, "-----BEGIN OPENSSH PRIVATE KEY-----\nabcdef\n"]) {
    throws(() => recipientSource(secret, "/"), (error: Error) => !Deno.inspect(error).includes(secret.slice(20)));
  }
});

const passphrases: [name: string, recipients: string[], passphrase: string, why: RegExp][] = [
  ["a short passphrase", [], "too short", /less than 12 characters/],
  ["a passphrase beside recipients", [RECIPIENT], "long enough for anybody", /exclude each other/],
];
for (const [name, recipients, passphrase, why] of passphrases) {
  Deno.test(`Encryption.prepare() refuses ${name}`, async () => {
    await rejects(Encryption.prepare({ recipients, passphrase: "env:P" }, () => Promise.resolve(passphrase)), why);
  });
}

const identities: [name: string, text: string, why: RegExp][] = [
  ["an empty one", "# nothing\n", /there is no identity in it/],
  ["a recipient", `${RECIPIENT}\n`, /line 1 is a recipient/],
  ["a damaged one", `# mine\n${IDENTITY.slice(0, -1)}Q\n`, /line 2 is no identity/],
  ["one of a plugin", "AGE-PLUGIN-YUBIKEY-1QQQQ\n", /identity of a plugin/],
  ["one that is encrypted", "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", /it is encrypted itself/],
  ["something else", "hello\n", /line 1 is no identity/],
];
for (const [name, text, why] of identities) {
  Deno.test(`readIdentities() refuses ${name}`, () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "key"), text);
      await rejects(readIdentities(join(folder, "key")), (error: Error) => {
        match(error.message, why);
        strictEqual(Deno.inspect(error).includes(IDENTITY.slice(20, 60)), false);
        return true;
      });
    }));
}

Deno.test(
  { name: "readIdentities() says what to do about a key in PEM with a passphrase", ignore: !TEST_SSH_KEYGEN },
  () =>
    inFolder(async (folder) => {
      for (const format of [["-m", "PEM"], ["-m", "PKCS8"]]) {
        await makeSshKey(folder, "key", "-t", "rsa", "-b", "2048", ...format);
        await run(folder, TEST_SSH_KEYGEN!, "-q", "-p", "-P", "", "-N", "secret words", "-f", "key", ...format);
        await rejects(readIdentities(join(folder, "key")), /encrypted with a passphrase; ssh-keygen -p -N "" -f COPY/);
        await Deno.remove(join(folder, "key"));
      }
    }),
);
