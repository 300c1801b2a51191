import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { ArchiveError } from "../../src/bundle/archive_error.ts";
import { ARCHIVE_LIMITS, type ArchiveLimits, readArchive } from "../../src/bundle/read_archive.ts";
import { bytesOf, streamOf } from "../redact/redact_text.ts";
import { bytes, concatBytes, type Member, put, TAR_END, tarHeader, tarOf, text } from "./tar_bytes.ts";

/** One line a member: what it is, its name, where it leads to or what is in it. */
async function read(archive: Uint8Array, limits: ArchiveLimits = ARCHIVE_LIMITS, chunk = 700): Promise<string[]> {
  const lines: string[] = [];
  for await (const member of readArchive(streamOf(archive, [chunk]), limits)) {
    if (member.type === "file") lines.push(`file ${member.name} = ${text(await bytesOf(member.body))}`);
    else if (member.type === "symlink" || member.type === "link") {
      lines.push(`${member.type} ${member.name} -> ${member.target}`);
    } else lines.push(`${member.type} ${member.name}`);
  }
  return lines;
}

const REGULAR: Member[] = [
  [{ name: "b/", type: "directory" }],
  [{ name: "b/a.log" }, "one"],
  [{ name: `b/${"long/".repeat(40)}x` }, "two"],
  [{ name: "b/ü.log", pax: { comment: "c" } }, "three"],
  [{ name: "b/empty" }],
  [{ name: "b/again", type: "link", linkname: "b/a.log" }],
  [{ name: "b/d/s", type: "symlink", linkname: "../a.log" }],
];
const REGULAR_READ = [
  "directory b",
  "file b/a.log = one",
  `file b/${"long/".repeat(40)}x = two`,
  "file b/ü.log = three",
  "file b/empty = ",
  "link b/again -> b/a.log",
  "symlink b/d/s -> b/a.log",
];

Deno.test("readArchive() reads tar and gzip, of one member or several, in whatever pieces they come", async () => {
  const tar = await tarOf(...REGULAR);
  const half = 1024;
  const forms = [tar, gzipSync(tar), concatBytes([gzipSync(tar.subarray(0, half)), gzipSync(tar.subarray(half))])];
  for (const form of forms) {
    for (const chunk of [1, 511, 512, 100_000]) deepStrictEqual(await read(form, ARCHIVE_LIMITS, chunk), REGULAR_READ);
  }
  deepStrictEqual(await read(concatBytes([gzipSync(tar), new Uint8Array(2048)])), REGULAR_READ, "padded by a tape");
  deepStrictEqual(await read(gzipSync(TAR_END)), []);
});

const names: [name: string, members: Member[], expected: string[]][] = [
  ["a leading ./", [[{ name: "./" }], [{ name: "./a/./b//c" }, "x"]], ["file a/b/c = x"]],
  ["a path outside", [[{ name: "../x" }, "x"], [{ name: "a/../../x" }, "x"]], ["refused ../x", "refused a/../../x"]],
  ["an absolute path", [[{ name: "/etc/x" }, "x"], [{ name: "C:/x" }, "x"]], ["refused /etc/x", "refused C:/x"]],
  ["a path outside with backslashes", [[{ name: "a\\..\\..\\x" }, "x"]], ["refused a\\..\\..\\x"]],
  ["a NUL", [[{ name: "a", pax: { path: "a\0b" } }, "x"]], ["refused a\0b"]],
  ["an empty name", [[{ name: "/" }, "x"], [{ name: "a", pax: { path: "." } }, "x"]], ["refused ."]],
  ["the same name twice", [[{ name: "a" }, "1"], [{ name: "./a" }, "2"]], ["file a = 1", "file a = 2"]],
  ["a long name", [[{ name: "n".repeat(5000) }, "x"]], [`refused ${"n".repeat(200)}…`]],
  ["many folders", [[{ name: "f/".repeat(100) + "x" }, "x"]], [`refused ${"f/".repeat(100)}…`]],
  ["special files", [
    [{ name: "a", type: "character-device" }],
    [{ name: "b", type: "block-device" }],
    [{ name: "c", type: "fifo" }],
  ], ["refused a", "refused b", "refused c"]],
  ["a link to outside", [
    [{ name: "r/a", type: "symlink", linkname: "/etc/passwd" }],
    [{ name: "r/b", type: "symlink", linkname: "../../x" }],
    [{ name: "r/c", type: "symlink", linkname: ".." }],
    [{ name: "r/d", type: "symlink", linkname: "x/../../../y" }],
    [{ name: "r/e", type: "link", linkname: "/etc/passwd" }],
    [{ name: "r/f", type: "link", linkname: "r/later" }],
    [{ name: "r/later" }],
  ], [..."abcdef"].map((name) => `refused r/${name}`).concat("file r/later = ")],
  ["a link through a link", [
    [{ name: "r/a/b/up", type: "symlink", linkname: "../.." }],
    [{ name: "r/a/b/out", type: "symlink", linkname: "up/../../x" }],
  ], ["symlink r/a/b/up -> r", "refused r/a/b/out"]],
  ["a file below a link", [
    [{ name: "r/l", type: "symlink", linkname: "d" }],
    [{ name: "r/l/x" }, "x"],
    [{ name: "r/l", type: "directory" }],
    [{ name: "r/f" }, "x"],
    [{ name: "r/f/x" }, "x"],
  ], ["symlink r/l -> r/d", "refused r/l/x", "refused r/l", "file r/f = x", "refused r/f/x"]],
];
for (const [name, members, expected] of names) {
  Deno.test(`readArchive() keeps inside: ${name}`, async () => {
    deepStrictEqual(await read(await tarOf(...members)), expected);
  });
}

const file = async (content = "x".repeat(3000)) => await tarOf([{ name: "a" }, content]);
const damaged: [name: string, archive: () => Promise<Uint8Array>, code: string, message: RegExp][] = [
  ["an empty file", () => Promise.resolve(new Uint8Array()), "ARCHIVE_FORMAT", /an empty file/],
  ["a text", () => Promise.resolve(bytes("apiVersion: v1\n".repeat(99))), "ARCHIVE_FORMAT", /something else/],
  ["a zip", () => Promise.resolve(bytes("PK\x03\x04".repeat(200))), "ARCHIVE_FORMAT", /a zip file/],
  ["a text in gzip", () => Promise.resolve(gzipSync(bytes("x"))), "ARCHIVE_FORMAT", /a single file in gzip/],
  ["an encrypted bundle", () => Promise.resolve(bytes("age-encryption.org/v1\n")), "ARCHIVE_FORMAT", /decrypt/],
  ["one cut in a body", async () => (await file()).subarray(0, 2000), "ARCHIVE_DAMAGED", /ends in the middle/],
  ["one cut after a body", async () => (await file()).subarray(0, 512 + 3072), "ARCHIVE_DAMAGED", /ends in the middle/],
  ["one cut in gzip", async () => gzipSync(await file()).subarray(0, -9), "ARCHIVE_DAMAGED", /ends in the middle/],
  ["a flipped byte in gzip", async () => flip(gzipSync(await file()), -6), "ARCHIVE_DAMAGED", /incorrect data check/],
  [
    "a flipped byte in a header",
    async () => {
      return concatBytes([(await file()).subarray(0, 3584), flip(await tarHeader({ name: "b" }), 10), TAR_END]);
    },
    "ARCHIVE_DAMAGED",
    /checksum/,
  ],
  [
    "a body larger than all",
    async () => {
      const header = await tarHeader({ name: "a" }, (block) => put(block, 124, "77777777777"));
      return concatBytes([header, bytes("x".repeat(512)), TAR_END]);
    },
    "ARCHIVE_DAMAGED",
    /ends in the middle/,
  ],
  [
    "a negative size",
    async () => {
      return concatBytes([await tarHeader({ name: "a" }, (block) => block.fill(0xff, 124, 136)), TAR_END]);
    },
    "ARCHIVE_DAMAGED",
    /too large/,
  ],
  [
    "attributes without end",
    async () => {
      const header = await tarHeader({ name: "a", type: "pax-header" }, (block) => put(block, 124, "00777777777"));
      return concatBytes([header, bytes("9 path=a\n".padEnd(512, "\0")), TAR_END]);
    },
    "ARCHIVE_DAMAGED",
    /maximum size/,
  ],
];
for (const [name, archive, code, message] of damaged) {
  Deno.test(`readArchive() refuses ${name}`, async () => {
    await rejects(read(await archive()), (error: ArchiveError) => {
      ok(error instanceof ArchiveError);
      strictEqual(error.code, code, error.message);
      match(error.message, message);
      return true;
    });
  });
}

const limits: [name: string, limits: Partial<ArchiveLimits>, message: RegExp][] = [
  ["members", { members: 2 }, /more than 2 members/],
  ["bytes", { bytes: 5000 }, /more than 5.0 kB/],
  ["ratio", { ratio: 5, ratioFromBytes: 5000 }, /more than 5 times its size/],
];
for (const [name, some, message] of limits) {
  Deno.test(`readArchive() has a limit of ${name}`, async () => {
    const archive = gzipSync(await tarOf([{ name: "a" }, "x".repeat(4000)], [{ name: "b" }], [{ name: "c" }]));
    await rejects(read(archive, { ...ARCHIVE_LIMITS, ...some }), { code: "ARCHIVE_LIMIT", message });
  });
}

Deno.test("readArchive() drops what is not read of a body, and its source when nobody reads on", async () => {
  const archive = await tarOf([{ name: "a" }, "x".repeat(300_000)], [{ name: "b" }, "y"], [{ name: "c" }, "z"]);
  let cancelled = false;
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(archive.slice()),
    cancel: () => void (cancelled = true),
  });
  for await (const member of readArchive(source)) {
    if (member.name === "a" && member.type === "file") await member.body.getReader().read();
    if (member.name === "b") break;
  }
  await new Promise((resolve) => setTimeout(resolve));
  ok(cancelled);
});

Deno.test("readArchive() passes on what its source fails with", async () => {
  const archive = await tarOf([{ name: "a" }, "x".repeat(3000)]);
  const reason = new DOMException("stopped", "AbortError");
  const source = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(archive.subarray(0, 1000)),
    pull: (controller) => controller.error(reason),
  });
  await rejects(async () => {
    for await (const member of readArchive(source)) if (member.type === "file") await bytesOf(member.body);
  }, reason);
});

function flip(archive: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(archive);
  copy[at < 0 ? copy.length + at : at]! ^= 0xff;
  return copy;
}
