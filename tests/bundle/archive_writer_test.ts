import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { createTarDecoder, type ParsedTarEntry, unpackTar } from "modern-tar";
import { ArchiveWriter } from "../../src/bundle/archive_writer.ts";
import { readArchive } from "../../src/bundle/read_archive.ts";
import { headerBlocks, setSize } from "../../src/bundle/tar_blocks.ts";
import { streamOf } from "../redact/redact_text.ts";
import { bytes, text } from "./tar_bytes.ts";

const mtime = new Date(1_700_000_000_000);
const file = (name: string) => ({ name, size: 0, mode: 0o600, mtime, uid: 7, uname: "seven" });
const large = bytes("0123456789abcdef\n".repeat(1_200_000)); // 20 MB
const sha256 = (of: Uint8Array) => createHash("sha256").update(of).digest("hex");

async function withWriter(
  threads: number,
  test: (writer: ArchiveWriter, path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    {
      await using writer = await ArchiveWriter.create(join(folder, "x.tar.gz"), { threads });
      await test(writer, join(folder, "x.tar.gz"), folder);
    }
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".part"));
    deepStrictEqual(left, [], "nothing half-written stays");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function unpack(path: string): Promise<Record<string, string | number>> {
  // Says what the other one does not, that there is something behind the end.
  await Array.fromAsync(readArchive(streamOf(Deno.readFileSync(path))));
  const entries = await unpackTar(gunzipSync(Deno.readFileSync(path)), { strict: true });
  return Object.fromEntries(entries.map(({ header, data }) => [
    header.name,
    header.linkname
      ? `-> ${header.linkname}`
      : data === undefined
      ? "folder"
      : data.length > 99
      ? data.length
      : text(data),
  ]));
}

for (const threads of [1, 2]) {
  Deno.test(`ArchiveWriter packs small files, large ones, folders and links in order, with ${threads} threads`, () =>
    withWriter(threads, async (writer, path) => {
      await writer.addEmpty({ name: "r/", size: 0, type: "directory", mtime });
      deepStrictEqual(await writer.addFile(file("r/a"), streamOf(bytes("one"))), {
        bytes: 3,
        sha256: sha256(bytes("one")),
      });
      for (const name of ["r/b", `r/${"long/".repeat(60)}c`]) {
        const written = await writer.addFile(file(name), streamOf(large, [70_001]));
        deepStrictEqual(written, { bytes: large.length, sha256: sha256(large) });
      }
      await writer.addFile(file("r/empty"), streamOf(new Uint8Array()));
      await writer.addEmpty({ name: "r/l", size: 0, type: "symlink", linkname: "a", mtime });
      const { path: written, bytes: size } = await writer.finish();
      strictEqual(written, path);
      strictEqual(size, Deno.statSync(path).size);
      if (Deno.build.os !== "windows") strictEqual(Deno.statSync(path).mode! & 0o777, 0o600);
      deepStrictEqual(Object.entries(await unpack(path)), [
        ["r/", "folder"],
        ["r/a", "one"],
        ["r/b", large.length],
        [`r/${"long/".repeat(60)}c`, large.length],
        ["r/empty", ""],
        ["r/l", "-> a"],
      ]);
      const [, { header, data }] = await unpackTar(gunzipSync(Deno.readFileSync(path))) as [
        unknown,
        ParsedTarEntry & { data: Uint8Array },
      ];
      deepStrictEqual([header.mode, header.mtime, header.uid, header.uname, text(data)], [
        0o600,
        mtime,
        7,
        "seven",
        "one",
      ]);
    }));

  Deno.test(`ArchiveWriter takes back a file whose stream fails, with ${threads} threads`, () =>
    withWriter(threads, async (writer, path) => {
      const failing = (after: number) => {
        let sent = 0;
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            if (sent >= after) throw new Error("cannot be redacted");
            controller.enqueue(large.subarray(0, 100_000));
            sent += 100_000;
          },
        });
      };
      await writer.addFile(file("first"), streamOf(bytes("1")));
      await rejects(writer.addFile(file("small"), failing(300_000)), /cannot be redacted/);
      await rejects(writer.addFile(file("large"), failing(30e6)), /cannot be redacted/);
      await writer.addFile(file("last"), streamOf(large, [100_000]));
      await rejects(writer.addFile(file("large"), failing(30e6)), /cannot be redacted/);
      await writer.finish();
      deepStrictEqual(await unpack(path), { first: "1", last: large.length });
      ok(!gunzipSync(Deno.readFileSync(path)).includes("small"));
      await withWriter(threads, async (other, otherPath) => {
        await other.addFile(file("first"), streamOf(bytes("1")));
        await other.addFile(file("last"), streamOf(large, [100_000]));
        // But for the ends of gzip members, it is as if they had not been there.
        const more = Deno.statSync(path).size - (await other.finish()).bytes;
        ok(Math.abs(more) < 200, `${more} bytes more than ${otherPath}`);
      });
    }));
}

Deno.test("ArchiveWriter fills gaps in their places, and leaves nothing where one is not filled", () =>
  withWriter(1, async (writer, path) => {
    await writer.addFile(file("a"), streamOf(bytes("1")));
    const manifest = await writer.leaveGap();
    await writer.addFile(file("b"), streamOf(large, [65_536]));
    await writer.leaveGap();
    const last = await writer.leaveGap();
    await writer.addFile(file("c"), streamOf(bytes("3")));
    deepStrictEqual(await writer.fill(manifest, file("m"), bytes("2")), { bytes: 1, sha256: sha256(bytes("2")) });
    await writer.fill(last, file("r"), bytes("4"));
    await writer.finish();
    deepStrictEqual(Object.entries(await unpack(path)), [["a", "1"], ["m", "2"], ["b", large.length], ["r", "4"], [
      "c",
      "3",
    ]]);
  }));

Deno.test("ArchiveWriter replaces no file, not even one that came in the meantime", () =>
  withWriter(1, async (writer, path, folder) => {
    await writer.addFile(file("a"), streamOf(bytes("1")));
    for (const name of ["x.tar.gz", "x (1).tar.gz"]) Deno.writeTextFileSync(join(folder, name), "mine");
    strictEqual((await writer.finish()).path, join(folder, "x (2).tar.gz"));
    strictEqual(Deno.readTextFileSync(path), "mine");
    deepStrictEqual(await unpack(join(folder, "x (2).tar.gz")), { a: "1" });
  }));

Deno.test("ArchiveWriter leaves nothing behind when it is not finished, and waits for no block", () =>
  withWriter(2, async (writer) => {
    await writer.addFile(file("a"), streamOf(large, [65_536]));
    // Its last blocks are still with the thread that compresses.
    const noise = large.slice(0, 1_000_000).map(() => Math.random() * 256);
    for (let i = 0; i < 4; i++) await writer.addBytes(file(`b${i}`), noise);
  }));

Deno.test("ArchiveWriter says when a folder cannot be written", async () => {
  await rejects(ArchiveWriter.create("/no/such/folder/x.tar.gz"), { code: "DISK_WRITE", exitCode: 12 });
});

const sizes = [0, 1, 511, 8 ** 11 - 1, 8 ** 11, 9e9, 2 ** 45 + 3];
Deno.test("setSize() writes sizes that tar readers read, beyond what octal digits can say too", async () => {
  for (const size of sizes) {
    const blocks = await headerBlocks({ name: "n/".repeat(200) + "x", size: 0, mtime }, 5);
    setSize(blocks, size);
    const entries = streamOf(blocks).pipeThrough(createTarDecoder({ strict: true }));
    const { value } = await entries.getReader().read();
    strictEqual(value!.header.size, size);
  }
});
