import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { CryptHarness, PASSPHRASE } from "./crypt_harness.ts";

const KEY = ["-i", "key.txt"];

const opened: [name: string, args: string[], file: string, typed?: string][] = [
  ["under its name without .age", ["b.tar.gz.age", ...KEY], "b.tar.gz"],
  ["under another name", ["b.tar.gz.age", ...KEY, "-o", "x.tar.gz"], "x.tar.gz"],
  ["by one of several identities", ["b.tar.gz.age", "-i", "other.txt", ...KEY, "-o", "x"], "x"],
  ["by a passphrase", ["p.tar.gz.age", "--passphrase", "env:PHRASE"], "p.tar.gz"],
  ["by a passphrase that is typed", ["p.tar.gz.age"], "p.tar.gz", PASSPHRASE],
];

for (const [name, args, file, typed] of opened) {
  Deno.test(`decrypt writes the archive ${name}, for its owner only`, async () => {
    await using harness = await CryptHarness.create();
    await Deno.remove(harness.path("b.tar.gz"));
    const before = harness.files();
    const { code, stdout, stderr } = await harness.run(["decrypt", ...args], { typed });
    deepStrictEqual([code, stdout], [0, `${harness.path(file)}\n`], stderr);
    deepStrictEqual(await Deno.readFile(harness.path(file)), harness.archive);
    strictEqual((await Deno.stat(harness.path(file))).mode! & 0o777, 0o600);
    deepStrictEqual(harness.files(), [...before, file].sort());
    strictEqual(stderr.includes(PASSPHRASE), false);
  });
}

Deno.test("decrypt -o - writes the archive and nothing else to standard output, unless that is a terminal", async () => {
  await using harness = await CryptHarness.create();
  const { code, bytes, stdout } = await harness.run(["decrypt", "b.tar.gz.age", ...KEY, "-o", "-"]);
  deepStrictEqual([code, stdout, bytes], [0, "", harness.archive]);
  const shown = await harness.run(["decrypt", "b.tar.gz.age", ...KEY, "-o", "-"], { terminal: true });
  deepStrictEqual([shown.code, shown.bytes.length], [1, 0]);
  match(shown.stderr, /written to the terminal/);
});

Deno.test("decrypt replaces a file only with --force", async () => {
  await using harness = await CryptHarness.create();
  await harness.write("b.tar.gz", "mine");
  const refused = await harness.run(["decrypt", "b.tar.gz.age", ...KEY]);
  strictEqual(refused.code, 1);
  match(refused.stderr, /is there already[^]*--force/);
  strictEqual(await Deno.readTextFile(harness.path("b.tar.gz")), "mine");
  strictEqual((await harness.run(["decrypt", "b.tar.gz.age", ...KEY, "--force"])).code, 0);
  deepStrictEqual(await Deno.readFile(harness.path("b.tar.gz")), harness.archive);
});

const others: [name: string, make: (path: string) => Promise<void>][] = [
  ["a folder", (path) => Deno.mkdir(path)],
  ["a link", (path) => Deno.symlink("elsewhere", path)],
  ["a pipe, or a device", async (path) => void await new Deno.Command("mkfifo", { args: [path] }).output()],
];
for (const [name, make] of others) {
  Deno.test(
    { name: `decrypt --force does not take the place of ${name}`, ignore: Deno.build.os === "windows" },
    async () => {
      await using harness = await CryptHarness.create();
      await make(harness.path("x"));
      const before = await Deno.lstat(harness.path("x"));
      const { code, stderr } = await harness.run(["decrypt", "b.tar.gz.age", ...KEY, "-o", "x", "--force"]);
      strictEqual(code, 1);
      match(stderr, /"\S+\/x" is there already, and is not a file/);
      strictEqual((await Deno.lstat(harness.path("x"))).ino, before.ino);
    },
  );
}

type Prepare = (harness: CryptHarness) => Promise<void>;
const nothing: Prepare = () => Promise.resolve();
const changed = (change: (bytes: Uint8Array) => Uint8Array): Prepare => async (harness) =>
  await harness.write("b.tar.gz.age", change(await Deno.readFile(harness.path("b.tar.gz.age"))));

const refused: [name: string, args: string[], why: RegExp, prepare: Prepare][] = [
  [
    "without an identity",
    ["b.tar.gz.age", "-o", "x"],
    /encrypted to a recipient \(X25519\), and no identity was named[^]*--identity/,
    nothing,
  ],
  [
    "with the identity of another",
    ["b.tar.gz.age", "-i", "other.txt", "-o", "x"],
    /no identity that was named is one of theirs/,
    nothing,
  ],
  [
    "with an identity that is not there",
    ["b.tar.gz.age", "-i", "gone", "-o", "x"],
    /--identity: cannot use ".*gone": there is no such file/,
    nothing,
  ],
  [
    "without a passphrase, and nobody to ask",
    ["p.tar.gz.age"],
    /encrypted with a passphrase, and none was given[^]*--passphrase/,
    nothing,
  ],
  [
    "with a passphrase on the command line",
    ["p.tar.gz.age", "--passphrase", "hunter2 hunter2"],
    /--passphrase: .* not a reference/,
    nothing,
  ],
  ["what is not encrypted", ["b.tar.gz", "-o", "x"], /"b.tar.gz" is not encrypted with age/, nothing],
  ["what is not there", ["gone.age", ...KEY], /gone.age": there is no such file/, nothing],
  ["into a folder that is not there", ["b.tar.gz.age", ...KEY, "-o", "no/x"], /Cannot write ".*no\/x"/, nothing],
  [
    "what was changed at its end",
    ["b.tar.gz.age", ...KEY, "-o", "x"],
    /damaged or tampered with/,
    changed((bytes) => {
      bytes[bytes.length - 1]! ^= 1;
      return bytes;
    }),
  ],
  [
    "what was cut",
    ["b.tar.gz.age", ...KEY, "-o", "x"],
    /damaged or tampered with/,
    changed((bytes) => bytes.subarray(0, 100_000)),
  ],
];

for (const [name, args, why, prepare] of refused) {
  Deno.test(`decrypt refuses ${name}, and leaves nothing`, async () => {
    await using harness = await CryptHarness.create();
    await prepare(harness);
    const before = harness.files();
    const { code, stdout, stderr } = await harness.run(["decrypt", ...args]);
    match(stderr, why);
    deepStrictEqual([code === 0, stdout], [false, ""]);
    deepStrictEqual(harness.files(), before);
    strictEqual(stderr.includes("hunter2"), false);
  });
}

const readers: [name: string, args: string[], expect: RegExp][] = [
  ["analyze", ["analyze", "b.tar.gz.age", ...KEY], /0 passed|nothing to say/],
  ["diff", ["diff", "b.tar.gz.age", "b.tar.gz", ...KEY], /Unchanged/],
  ["redact", ["redact", "b.tar.gz.age", ...KEY, "-o", "red", "-q"], /red\.tar\.gz/],
  ["verify", ["verify", "b.tar.gz.age", ...KEY], /no MANIFEST\.json of this program[^]*\(2 files, 200/],
];

for (const [name, args, expect] of readers) {
  Deno.test(`${name} reads an encrypted bundle with -i, and says how without`, async () => {
    await using harness = await CryptHarness.create();
    match((await harness.run(args)).stdout, expect);
    const { code, stderr } = await harness.run(args.filter((arg) => !KEY.includes(arg)));
    strictEqual(code, 1);
    match(stderr, /Cannot open ".*b\.tar\.gz\.age": it is encrypted to a recipient \(X25519\)[^]*--identity/);
  });
}
