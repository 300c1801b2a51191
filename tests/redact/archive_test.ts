import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import { concatBytes } from "../../src/core/concat_bytes.ts";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { MASK } from "../../src/redact/mask.ts";
import { bytes, tarOf as packed, text } from "../bundle/tar_bytes.ts";
import { bytesOf, redactBytes, streamOf } from "./redact_text.ts";

const redactor = createRedactor({ builtIn: true, custom: [] });
const secret = "password=hunter2\n", hidden = `password=${MASK}\n`;

async function tarOf(files: Record<string, string | Uint8Array>): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, content]) => {
    const data = typeof content === "string" ? bytes(content) : content;
    return { header: { name, size: data.length, mode: 0o640, mtime: new Date(0) }, body: data };
  });
  return await packTar([
    { header: { name: "folder/", size: 0, type: "directory", mode: 0o755 } },
    ...entries,
    { header: { name: "link", size: 0, type: "symlink", linkname: "a.log" } },
  ]);
}

Deno.test("redact() looks into .gz", async () => {
  const { bytes: out, report } = await redactBytes(redactor, "a/b.log.gz", gzipSync(bytes("x\n" + secret)));
  equal(text(gunzipSync(out)), "x\n" + hidden);
  equal(report.length, 1);
});

Deno.test("redact() looks into every member of a .gz", async () => {
  const joined = new Uint8Array([...gzipSync(bytes("one\n")), ...gzipSync(bytes(secret))]);
  equal(text(gunzipSync((await redactBytes(redactor, "b.gz", joined)).bytes)), "one\n" + hidden);
});

Deno.test("redact() keeps an archive byte for byte when there is nothing to hide", async () => {
  const tar = await tarOf({ "a.log": "harmless\n", "b.gz": gzipSync(bytes("harmless\n")) });
  const archives = [["a.gz", gzipSync(bytes("x"))], ["a.tar", tar], ["a.tgz", gzipSync(tar)], ["a", tar]] as const;
  for (const [path, archive] of archives) {
    deepStrictEqual((await redactBytes(redactor, path, archive, [1000])).bytes, new Uint8Array(archive), path);
  }
});

for (
  const [name, inGzip] of [["x.tar", false], ["x.tar.gz", true], ["x.tgz", true], ["core", false], [
    "x.gz",
    true,
  ]] as const
) {
  Deno.test(`redact() looks into ${name}, archives in it too, and keeps folders, links, modes and the order`, async () => {
    const inner = gzipSync(await tarOf({ "deep.log": secret }));
    const tar = await tarOf({
      "a.log": secret,
      "b.log": "harmless\n",
      "in/c.gz": gzipSync(bytes(secret)),
      "e": "",
      "d.tgz": inner,
    });
    const { bytes: out } = await redactBytes(redactor, `copied/${name}`, inGzip ? gzipSync(tar) : tar, [777]);
    const entries = await unpackTar(inGzip ? gunzipSync(out) : out, { strict: true });
    const names = ["folder/", "a.log", "b.log", "in/c.gz", "e", "d.tgz", "link"];
    deepStrictEqual(entries.map(({ header }) => header.name), names);
    const [folder, a, b, c, , d, link] = entries;
    equal(folder!.header.type, "directory");
    equal(a!.header.mode, 0o640);
    equal(link!.header.linkname, "a.log");
    equal(text(a!.data!), hidden);
    equal(text(b!.data!), "harmless\n");
    equal(text(gunzipSync(c!.data!)), hidden);
    const deep = await unpackTar(gunzipSync(d!.data!));
    equal(text(deep[1]!.data!), hidden);
  });
}

Deno.test("redact() keeps devices, hard links, owners and long names of an archive", async () => {
  const long = "n/".repeat(90) + "a.log";
  const tar = await packed(
    [{ name: long, uid: 17, uname: "app", mtime: new Date(1_234_567_890_000) }, secret],
    [{ name: "null", type: "character-device" }],
    [{ name: "pipe", type: "fifo" }],
    [{ name: "again", type: "link", linkname: long }],
    [{ name: "ü", pax: { comment: "dropped", atime: "1.5" } }, "x"],
  );
  const before = await unpackTar(tar, { strict: true });
  const after = await unpackTar((await redactBytes(redactor, "x.tar", tar)).bytes, { strict: true });
  const headers = (entries: typeof before) => entries.map(({ header: { size: _, ...header } }) => header);
  delete before.at(-1)!.header.pax!.comment;
  deepStrictEqual(headers(after), headers(before));
  equal(text(after[0]!.data!), hidden);
});

Deno.test("redact() looks into large archives, and large files in them", async () => {
  const lines = Array.from({ length: 300_000 }, () => crypto.randomUUID());
  const large = lines.map((line, i) => i % 1000 === 0 ? `password=${line}` : line).join("\n") + "\n"; // 11 MB
  const { bytes: out } = await redactBytes(
    redactor,
    "x.tgz",
    gzipSync(await tarOf({ "a.log": large, "b.log": secret })),
  );
  const [, a, b] = await unpackTar(gunzipSync(out), { strict: true });
  equal(text(a!.data!), large.replace(/password=.*/g, `password=${MASK}`));
  equal(text(b!.data!), hidden);
});

Deno.test("redact() matches rules for files with the path in the archive", async () => {
  const custom = [{ fileSelector: { file: "in/*.txt" }, removals: { values: ["abc"] } }];
  const tar = await tarOf({ "in/a.txt": "abc", "b.txt": "abc" });
  const { bytes: out } = await redactBytes(createRedactor({ builtIn: false, custom }), "x.tar", tar);
  const data = (await unpackTar(out)).filter(({ data }) => data).map(({ data }) => text(data!));
  deepStrictEqual(data, [MASK, "abc"]);
});

const texts: [name: string, path: string, content: Uint8Array, expected: string][] = [
  ["a text called .gz", "a.gz", bytes(secret), hidden],
  ["a text called .tar", "a.tar", bytes(secret.repeat(100)), hidden.repeat(100)],
  ["a text called .zip", "a.zip", bytes("ü " + secret), "ü " + hidden],
  ["an empty file called .tgz", "a.tgz", bytes(""), ""],
];
for (const [name, path, content, expected] of texts) {
  Deno.test(`redact() takes for a text what is one: ${name}`, async () => {
    equal((await redactBytes(redactor, path, content)).text, expected);
  });
}

Deno.test("redact() takes for a text what is one in a .tgz", async () => {
  const { bytes: out } = await redactBytes(redactor, "a.tgz", gzipSync(bytes(secret)));
  equal(text(gunzipSync(out)), hidden);
});

Deno.test("redactBytes() leaves archives to redact(), whatever their names", async () => {
  for (const content of [gzipSync(bytes(secret)), await tarOf({ a: secret }), bytes("PK\x03\x04")]) {
    equal(redactor.redactBytes("a.log", content), undefined);
  }
});

const noise = crypto.getRandomValues(new Uint8Array(3000));
noise[0] = 1;
const failing: [name: string, path: string, content: Uint8Array | Promise<Uint8Array>, message: RegExp][] = [
  ["bytes called .gz", "a.gz", noise, /not what its name says/],
  ["bytes called .br", "a.br", noise, /not what its name says/],
  ["a cut gzip", "a.gz", gzipSync(bytes(secret.repeat(100))).subarray(0, 25), /damaged/],
  ["a damaged gzip without a name", "a", concatBytes([new Uint8Array([0x1f, 0x8b, 8]), noise]), /damaged/],
  ["a cut tar", "a.tar", tarOf({ "a": secret.repeat(100) }).then((tar) => tar.subarray(0, 1300)), /damaged/],
  ["a cut tar in gzip", "a", tarOf({ "a": secret }).then((tar) => gzipSync(tar.subarray(0, 1300))), /damaged/],
  ["a zip", "a.zip", bytes("PK\x03\x04" + secret), /zip file/],
  ["a zip without a name", "a.log", bytes("PK\x03\x04" + secret), /zip file/],
  ["a zip in a gzip", "a.gz", gzipSync(bytes("PK\x03\x04")), /zip file/],
  ["a zip in a tar", "a.tar", tarOf({ "b": "PK\x03\x04" }), /"b": a zip file/],
  ["zstd", "a.tar.zst", new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 4]), /zstd file/],
  ["xz", "core", new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0]), /xz file/],
  ["bzip2", "a", bytes("BZh91AY&SY"), /bzip2 file/],
  ["sparse files", "a.tar", packed([{ name: "s", pax: { "GNU.sparse.major": "1" } }, secret]), /sparse/],
  ["gzip in gzip in gzip …", "a.gz", nested(20), /nested too deep/],
];
for (const [name, path, content, message] of failing) {
  Deno.test(`redact() leaves out what it cannot look into: ${name}`, async () => {
    let reported = false;
    const archive = await content;
    await rejects(bytesOf(redactor.redact(path, streamOf(archive, [500]), () => reported = true)), (error: Error) => {
      equal((error as { code?: string }).code, "REDACTION_ARCHIVE", error.message);
      match(error.message, message);
      return true;
    });
    ok(!reported);
  });
}

function nested(depth: number): Uint8Array {
  let out: Uint8Array = bytes(secret);
  for (let i = 0; i < depth; i++) out = gzipSync(out);
  return out;
}

const bombs: [name: string, path: string, archive: () => Promise<Uint8Array>][] = [
  ["a gzip of 10 GB", "a.gz", () => Promise.resolve(bomb(10_000))],
  ["the same without a name", "a", () => Promise.resolve(bomb(10_000))],
  ["it in gzip in a tar", "a.tar", () => tarOf({ "b": gzipSync(bomb(10_000)) })],
  ["many of them in a tar", "a.tgz", async () => {
    const member = bomb(100);
    return gzipSync(await tarOf(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`${i}.gz`, member]))));
  }],
];
for (const [name, path, archive] of bombs) {
  Deno.test(`redact() leaves out what unpacks to too much: ${name}`, async () => {
    const before = Deno.memoryUsage().rss;
    await rejects(bytesOf(redactor.redact(path, streamOf(await archive(), [65_536]), () => {})), {
      code: "REDACTION_ARCHIVE",
      message: /more than 200 times its size/,
    });
    const grown = (Deno.memoryUsage().rss - before) / 1e6;
    ok(grown < 250, `memory grew by ${grown} MB`);
  });
}

/** Lines of one character, as many megabytes of them as it says. */
function bomb(megabytes: number): Uint8Array {
  const member = gzipSync(new Uint8Array(1_000_000).fill(10));
  return concatBytes(Array(megabytes).fill(member));
}

Deno.test("redact() of an archive passes on what its source fails with, and cancels it when nobody reads on", async () => {
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(gzipSync(noise).subarray(0, 2000)),
    pull: () => Promise.reject(new TypeError("connection reset")),
  });
  await rejects(bytesOf(redactor.redact("a.gz", failing, () => {})), /^TypeError: connection reset$/);
  for (const reads of [0, 1]) {
    const cancelled = Promise.withResolvers<void>();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(gzipSync(noise)),
      cancel: () => cancelled.resolve(),
    });
    const reader = redactor.redact("a.gz", source, () => {}).getReader();
    // Nothing comes out before much has gone in: it is cancelled while it is being read.
    if (reads > 0) reader.read().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
    await reader.cancel();
    await cancelled.promise;
  }
});

Deno.test("redact() passes archives when there is nothing to redact with", async () => {
  const none = createRedactor({ builtIn: false, custom: [] });
  deepStrictEqual((await redactBytes(none, "a.zip", bytes("PK\x03\x04"))).bytes, bytes("PK\x03\x04"));
});
