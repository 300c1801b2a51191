import { deepStrictEqual, equal, ok, rejects } from "node:assert/strict";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, unpackTar } from "modern-tar";
import { createRedactor } from "../../src/redact/create_redactor.ts";
import { concatBytes } from "../../src/core/concat_bytes.ts";
import { MASK } from "../../src/redact/mask.ts";
import { bytesOf, redactBytes, streamOf } from "./redact_text.ts";

const redactor = createRedactor({ builtIn: true, custom: [] });
const secret = "password=hunter2\n", hidden = `password=${MASK}\n`;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (from: Uint8Array) => new TextDecoder().decode(from);

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
  const tar = await tarOf({ "a.log": "harmless\n" });
  for (const [path, packed] of [["a.gz", gzipSync(bytes("x"))], ["a.tar", tar], ["a.tgz", gzipSync(tar)]] as const) {
    deepStrictEqual((await redactBytes(redactor, path, packed)).bytes, new Uint8Array(packed));
  }
});

for (const suffix of ["tar", "tar.gz", "tgz"]) {
  Deno.test(`redact() looks into .${suffix}, archives in it too, and keeps folders, links and modes`, async () => {
    const tar = await tarOf({ "a.log": secret, "b.log": "harmless\n", "in/c.gz": gzipSync(bytes(secret)), "e": "" });
    const packed = suffix === "tar" ? tar : gzipSync(tar);
    const { bytes: out } = await redactBytes(redactor, `copied/x.${suffix}`, packed);
    const entries = await unpackTar(suffix === "tar" ? out : gunzipSync(out));
    deepStrictEqual(entries.map(({ header }) => header.name), ["folder/", "a.log", "b.log", "in/c.gz", "e", "link"]);
    const [folder, a, b, c, , link] = entries;
    equal(folder!.header.type, "directory");
    equal(a!.header.mode, 0o640);
    equal(link!.header.linkname, "a.log");
    equal(text(a!.data!), hidden);
    equal(text(b!.data!), "harmless\n");
    equal(text(gunzipSync(c!.data!)), hidden);
  });
}

Deno.test("redact() matches rules for files with the path in the archive", async () => {
  const custom = [{ fileSelector: { file: "in/*.txt" }, removals: { values: ["abc"] } }];
  const tar = await tarOf({ "in/a.txt": "abc", "b.txt": "abc" });
  const { bytes: out } = await redactBytes(createRedactor({ builtIn: false, custom }), "x.tar", tar);
  const data = (await unpackTar(out)).filter(({ data }) => data).map(({ data }) => text(data!));
  deepStrictEqual(data, [MASK, "abc"]);
});

const failing: [name: string, path: string, bytes: Uint8Array][] = [
  ["no gzip", "a.gz", bytes("password=hunter2\n")],
  ["cut gzip", "a.gz", gzipSync(bytes(secret.repeat(100))).subarray(0, 25)],
  ["no tar", "a.tar", bytes("password=hunter2\n".repeat(100))],
  ["no tar in gzip", "a.tgz", gzipSync(bytes("password=hunter2\n".repeat(100)))],
  ["a zip", "a.zip", bytes("PK")],
  ["a zip in a gzip", "a.zip.gz", gzipSync(bytes("PK"))],
  ["zstd", "a.tar.zst", bytes("(")],
];
for (const [name, path, content] of failing) {
  Deno.test(`redact() leaves out what it cannot look into: ${name}`, async () => {
    let reported = false;
    await rejects(bytesOf(redactor.redact(path, streamOf(content), () => reported = true)), {
      code: "REDACTION_ARCHIVE",
    });
    ok(!reported);
  });
}

Deno.test("redact() leaves out what unpacks to too much", async () => {
  const member = gzipSync(new Uint8Array(1 << 20));
  const bomb = concatBytes(Array(200).fill(member));
  await rejects(redactBytes(redactor, "a.gz", bomb), { code: "REDACTION_TOO_LARGE" });
});

Deno.test("redact() passes archives when there is nothing to redact with", async () => {
  const none = createRedactor({ builtIn: false, custom: [] });
  deepStrictEqual((await redactBytes(none, "a.zip", bytes("PK"))).bytes, bytes("PK"));
});
