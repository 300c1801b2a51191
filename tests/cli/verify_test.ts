import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { openSigner } from "../../src/crypt/open_signer.ts";
import { hashFile } from "../../src/crypt/signature.ts";
import { parseSshPrivateKey } from "../../src/crypt/ssh_key.ts";
import { CryptHarness } from "./crypt_harness.ts";

/** An SSH key: its private half in PEM, and the line of its `.pub`. */
function sshKey(): { secret: string; line: string } {
  const secret = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const { wire } = parseSshPrivateKey(secret).public;
  return { secret, line: `ssh-ed25519 ${btoa(String.fromCharCode(...wire))} ops@example.com` };
}

const OURS = sshKey(), OTHER = sshKey();

async function signed(file: string): Promise<CryptHarness> {
  const harness = await CryptHarness.create();
  await harness.write("ours.pub", OURS.line + "\n");
  await harness.write("other.pub", OTHER.line + "\n");
  await harness.write("allowed", `ops@example.com ${OURS.line}\n`);
  const signer = await openSigner("env:K", () => Promise.resolve(OURS.secret));
  const sha256 = (await hashFile(harness.path(file), "sha256")).toHex();
  await harness.write(`${file}.sig`, await signer.sign({ path: harness.path(file), sha256 }, new Date()));
  return harness;
}

/** The bundles of the harness have no manifest: a good signature stands for it. */
const rows: [name: string, args: string[], code: number, says: RegExp, signature: string][] = [
  [
    "a good signature, its key in a file",
    ["--key", "ours.pub"],
    0,
    /✓ signed by SHA256:\S+\n✓ b.tar.gz: intact/,
    "good",
  ],
  ["a good signature, its key by itself", ["--key", OURS.line], 0, /✓ signed by/, "good"],
  ["a good signature of one of several", ["--key", "other.pub", "--key", "ours.pub"], 0, /✓ signed by/, "good"],
  [
    "a good signature of an allowed signer",
    ["--allowed-signers", "allowed"],
    0,
    /✓ signed by SHA256:\S+, ops@example.com/,
    "good",
  ],
  [
    "a signature of somebody else",
    ["--key", "other.pub"],
    13,
    /✗ signature: .* not trusted[^]*✗ b.tar.gz: not intact/,
    "bad",
  ],
  ["a signature that nobody asked for", [], 13, /! signature: not checked/, "unchecked"],
  ["a signature under another name", ["--key", "ours.pub", "--signature", "b.tar.gz.sig"], 0, /✓ signed by/, "good"],
];

for (const [name, args, code, says, status] of rows) {
  Deno.test(`verify says what it is about ${name}`, async () => {
    await using harness = await signed("b.tar.gz");
    const shown = await harness.run(["verify", "b.tar.gz", ...args]);
    match(shown.stdout, says);
    strictEqual(shown.code, code, shown.stderr);
    const { stdout } = await harness.run(["verify", "b.tar.gz", ...args, "-o", "json"]);
    const result = JSON.parse(stdout);
    deepStrictEqual([result.ok, result.signature.status, result.files], [code === 0, status, 2]);
    deepStrictEqual(result.problems.map(({ kind }: { kind: string }) => kind), ["manifest"]);
  });
}

Deno.test("verify wants a signature where it knows whose counts", async () => {
  await using harness = await signed("b.tar.gz");
  await Deno.remove(harness.path("b.tar.gz.sig"));
  const { code, stdout } = await harness.run(["verify", "b.tar.gz", "--key", "ours.pub"]);
  strictEqual(code, 13);
  match(stdout, /✗ signature: there is none/);
});

Deno.test("verify finds out that a signed bundle was changed", async () => {
  await using harness = await signed("b.tar.gz");
  const bytes = await Deno.readFile(harness.path("b.tar.gz"));
  bytes[bytes.length - 100]! ^= 1;
  await harness.write("b.tar.gz", bytes);
  const { code, stdout } = await harness.run(["verify", "b.tar.gz", "--key", "ours.pub"]);
  strictEqual(code, 13);
  match(stdout, /✗ damaged: [^]*✗ signature: The signature of SHA256:\S+ is not one of this file/);
});

Deno.test("verify checks the signature of a bundle that is encrypted to others, and says that it looked no further", async () => {
  await using harness = await signed("b.tar.gz.age");
  const good = await harness.run(["verify", "b.tar.gz.age", "--key", "ours.pub"]);
  deepStrictEqual([good.code, good.stderr], [0, ""]);
  match(good.stdout, /✓ signed by[^]*it is encrypted, and was not looked into/);
  const bad = await harness.run(["verify", "b.tar.gz.age", "--key", "other.pub"]);
  strictEqual(bad.code, 1);
  const both = await harness.run(["verify", "b.tar.gz.age", "--key", "ours.pub", "-i", "key.txt"]);
  match(both.stdout, /2 files/);
});

const refused: [name: string, args: string[], why: RegExp][] = [
  ["a key that is none", ["b.tar.gz", "--key", "key.txt"], /--key: there is no public key in "key.txt"/],
  ["a key that is not there", ["b.tar.gz", "--key", "gone"], /--key: cannot read ".*gone"/],
  ["a list without keys", ["b.tar.gz", "--allowed-signers", "key.txt"], /there is no key in ".*" that can be used/],
  ["a signature without a key", ["b.tar.gz", "--signature", "b.tar.gz.sig"], /does not say whose signature counts/],
  ["a signature that is not there", ["b.tar.gz", "--signature", "x", "--key", "ours.pub"], /Cannot read the signature/],
  ["a bundle that is not there", ["gone.tar.gz"], /gone.tar.gz": there is no such file/],
  ["what is no archive", ["key.txt"], /it is no tar archive/],
];
for (const [name, args, why] of refused) {
  Deno.test(`verify refuses ${name}`, async () => {
    await using harness = await signed("b.tar.gz");
    const { code, stdout, stderr } = await harness.run(["verify", ...args]);
    match(stderr, why);
    deepStrictEqual([code, stdout], [1, ""]);
  });
}
