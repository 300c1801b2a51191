import { deepStrictEqual, match, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, type TarEntry } from "modern-tar";
import { Decryption } from "../../src/crypt/decryption.ts";
import { Encryption } from "../../src/crypt/encryption.ts";
import { verifyBundle } from "../../src/pipeline/verify_bundle.ts";

const { generateIdentity, identityToRecipient } = await import("age-encryption");

const signal = new AbortController().signal;
const FILES: Record<string, string> = {
  "version.yaml": "apiVersion: troubleshoot.sh/v1beta2\n",
  "app.log": "a line\n".repeat(1000),
  "cluster-resources/pods.json": "{}",
};

function manifestOf(files: Record<string, string>, links: { path: string; target: string }[] = []): string {
  const records = Object.entries(files).map(([path, text]) => ({
    path,
    collector: "x",
    bytes: text.length,
    sha256: createHash("sha256").update(text).digest("hex"),
    durationMs: 0,
  }));
  const tool = { name: "support-bundle", version: "1" };
  return JSON.stringify({ schemaVersion: 1, tool, stages: [], collectors: [], files: records, links, missing: [] });
}

const file = (path: string, body: string): TarEntry => ({ header: { name: `out/${path}`, size: body.length }, body });
const link = (path: string, linkname: string): TarEntry => ({
  header: { name: `out/${path}`, size: 0, type: "symlink", linkname },
});
const entriesOf = (files: Record<string, string>, manifest = manifestOf(files)) => [
  file("MANIFEST.json", manifest),
  ...Object.entries(files).map(([path, text]) => file(path, text)),
];
const LINKS = [{ path: "latest.log", target: "app.log" }];

const archives: [name: string, entries: TarEntry[], problems: string[]][] = [
  ["nothing in a bundle that is intact", entriesOf(FILES), []],
  ["nothing in one whose manifest comes last", entriesOf(FILES).reverse(), []],
  ["nothing in one with a link", [...entriesOf(FILES, manifestOf(FILES, LINKS)), link("latest.log", "app.log")], []],
  [
    "another content of the same size",
    entriesOf({ ...FILES, "cluster-resources/pods.json": "[]" }, manifestOf(FILES)),
    [
      "changed cluster-resources/pods.json: its SHA-256 is not the one in the manifest",
    ],
  ],
  ["another size", entriesOf({ ...FILES, "app.log": "short" }, manifestOf(FILES)), [
    "changed app.log: it has 5 bytes, and the manifest says 7000",
  ]],
  ["a file that is not there", entriesOf({ "app.log": FILES["app.log"]! }, manifestOf(FILES)), [
    "missing version.yaml: the manifest has it, and the bundle does not",
    "missing cluster-resources/pods.json: the manifest has it, and the bundle does not",
  ]],
  ["a file that nobody knows", [...entriesOf(FILES), file("planted.sh", "rm -rf /")], [
    "unknown planted.sh: the bundle has it, and the manifest does not",
  ]],
  ["a link that nobody knows", [...entriesOf(FILES), link("latest.log", "app.log")], [
    "unknown latest.log: the bundle has it, and the manifest does not",
  ]],
  ["a link that is not there", entriesOf(FILES, manifestOf(FILES, LINKS)), [
    "missing latest.log: the manifest has this link, and the bundle does not",
  ]],
  ["two files of one name", [...entriesOf(FILES), file("app.log", FILES["app.log"]!)], [
    "twice app.log: the archive has it more than once",
  ]],
  ["a name that leads out of it", [...entriesOf(FILES), file("../../etc/passwd", "x")], [
    "unsafe ../../etc/passwd: it must not be unpacked",
  ]],
  ["no manifest", Object.entries(FILES).map(([path, text]) => file(path, text)), [
    "manifest: it has no MANIFEST.json of this program",
  ]],
  ["a manifest of somebody else", [...entriesOf(FILES, "{}")], ["manifest: it has no MANIFEST.json of this program"]],
];

for (const [name, entries, problems] of archives) {
  Deno.test(`verifyBundle() finds ${name}`, async () => {
    await mustFind(new Uint8Array(gzipSync(await packTar(entries))), problems);
  });
}

/** Random bytes, so that a cut is in the middle of something. */
const NOISE = { ...FILES, "noise.txt": Array.from({ length: 5000 }, (_, i) => Math.sin(i).toString(36)).join("") };
const whole = new Uint8Array(gzipSync(await packTar(entriesOf(NOISE))));
const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => i === at ? byte ^ 0x10 : byte);

const hidden = await packTar([file("planted.sh", "rm -rf /")]);
const damages: [name: string, bytes: Uint8Array, why: RegExp][] = [
  [
    "an archive that is cut in the middle",
    whole.subarray(0, whole.length / 2),
    /^damaged: it is damaged: it ends in the middle$/,
  ],
  ["its last bytes missing", whole.subarray(0, -4), /^damaged: it is damaged: it ends in the middle$/],
  ["something behind its end", new Uint8Array([...whole, 1, 2, 3]), /^damaged: it is damaged: /],
  [
    "something behind the end of the tar archive",
    new Uint8Array(gzipSync(new Uint8Array([...gunzipSync(whole), ...hidden]))),
    /./,
  ],
  ["a flipped bit", flip(whole, whole.length - 3000), /^damaged: it is damaged: /],
  ["a wrong checksum at its end", flip(whole, whole.length - 6), /^damaged: it is damaged: /],
  [
    "a tar archive without its end",
    new Uint8Array(gzipSync(gunzipSync(whole).subarray(0, 3000))),
    /^damaged: it is damaged: /,
  ],
];

for (const [name, bytes, why] of damages) {
  Deno.test(`verifyBundle() finds ${name}, and does not call missing what may be behind it`, () =>
    withFile(bytes, async (path) => {
      const { problems } = await verifyBundle(path, { signal });
      deepStrictEqual(problems.map(({ kind }) => kind).filter((kind) => kind === "missing"), []);
      match(text(problems.find(({ kind }) => kind === "damaged")!), why);
    }));
}

Deno.test("verifyBundle() looks into encrypted bundles, and finds what was tampered with", async () => {
  const identity = await generateIdentity();
  const options = { recipients: [await identityToRecipient(identity)] };
  const encryption = await Encryption.prepare(options, () => Promise.reject());
  const sealed = await new Response(
    await encryption.encrypt(ReadableStream.from([whole])) as ReadableStream<Uint8Array<ArrayBuffer>>,
  ).bytes();
  const decryption = new Decryption({ identities: () => [identity] });
  const decrypt = (source: ReadableStream<Uint8Array>, name: string) => decryption.open(source, name);
  await withFile(sealed, async (path) => {
    deepStrictEqual((await verifyBundle(path, { signal, decrypt })).problems, []);
    await rejects(verifyBundle(path, { signal }), { code: "ARCHIVE_FORMAT" });
  });
  await withFile(flip(sealed, sealed.length - 1), async (path) => {
    const { problems } = await verifyBundle(path, { signal, decrypt });
    deepStrictEqual(problems.map(({ kind }) => kind), ["damaged"]);
    match(problems[0]!.message, /tampered with/);
  });
});

async function mustFind(bytes: Uint8Array, expected: string[]): Promise<void> {
  await withFile(bytes, async (path) => {
    const { problems } = await verifyBundle(path, { signal });
    strictEqual(problems.length, expected.length, JSON.stringify(problems));
    problems.forEach((problem, i) => strictEqual(text(problem).slice(0, expected[i]!.length), expected[i]));
  });
}

function text({ kind, path, message }: { kind: string; path?: string; message: string }): string {
  return `${kind}${path === undefined ? "" : ` ${path}`}: ${message}`;
}

async function withFile(bytes: Uint8Array, check: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeFile(join(folder, "b"), bytes);
    await check(join(folder, "b"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
