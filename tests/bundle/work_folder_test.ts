import { deepStrictEqual, rejects, strictEqual } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeArchive } from "../../src/bundle/archive.ts";
import { bytesEntry, textEntry } from "../../src/bundle/entry.ts";
import { WorkFolder } from "../../src/bundle/work_folder.ts";
import { readWorkFolder } from "../../src/bundle/work_folder_reader.ts";

async function withFolder(test: (folder: WorkFolder, scratch: string) => Promise<void>): Promise<void> {
  const scratch = await Deno.makeTempDir();
  const folder = await WorkFolder.create(join(scratch, "work"));
  try {
    await test(folder, scratch);
  } finally {
    await folder.remove();
    await Deno.remove(scratch, { recursive: true });
  }
}

const body = (text: string) => textEntry("x", text).body;

Deno.test("WorkFolder.write() reports bytes and hash, and is readable by its owner only", () =>
  withFolder(async (folder) => {
    const written = await folder.write("a/b.txt", body("hello"));
    strictEqual(written.bytes, 5);
    strictEqual(written.sha256, createHash("sha256").update("hello").digest("hex"));
    await folder.write("large.bin", bytesEntry("x", new Uint8Array(3 << 20)).body);
    for (const { name } of Deno.readDirSync(folder.root)) {
      const { mode } = Deno.statSync(join(folder.root, name));
      if (Deno.build.os !== "windows") strictEqual(mode! & 0o777, 0o600, name);
    }
  }));

Deno.test("WorkFolder.read() gives back what was written, small and large, in whatever order", () =>
  withFolder(async (folder) => {
    const large = crypto.getRandomValues(new Uint8Array(65_536));
    const pieces = new ReadableStream<Uint8Array>({
      start(c) {
        for (let i = 0; i < 40; i++) c.enqueue(large);
        c.close();
      },
    });
    await Promise.all([
      folder.write("a.txt", body("first")),
      folder.write("large.bin", pieces),
      folder.write("b.txt", body("")),
      folder.write("c.txt", body("third")),
    ]);
    const text = (path: string) => new TextDecoder().decode(folder.read(path));
    deepStrictEqual([text("c.txt"), text("a.txt"), text("b.txt")], ["third", "first", ""]);
    await folder.write("d.txt", body("after a read"));
    deepStrictEqual([text("d.txt"), text("a.txt")], ["after a read", "first"]);
    const read = folder.read("large.bin")!;
    strictEqual(read.length, 40 * large.length);
    deepStrictEqual(read.subarray(-large.length), large);
    deepStrictEqual(await new Response(await folder.stream("large.bin")).bytes(), read);
    strictEqual(folder.read("lost.txt"), undefined);
  }));

Deno.test("WorkFolder.write() keeps nothing of a stream that fails, nor its part file", () =>
  withFolder(async (folder) => {
    const failing = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(new Uint8Array(3 << 20)),
      pull: () => Promise.reject(new Error("reset")),
    });
    await rejects(folder.write("a.txt", failing), /reset/);
    strictEqual(folder.has("a.txt"), false);
    deepStrictEqual([...Deno.readDirSync(folder.root)].map(({ name }) => name), ["spool"]);
  }));

Deno.test("WorkFolder.write() replaces a file that was there before", () =>
  withFolder(async (folder) => {
    await folder.write("a.txt", body("first"));
    await folder.write("a.txt", body("second"));
    strictEqual(await readWorkFolder(folder).readText("a.txt"), "second");
    strictEqual(folder.files().length, 1);
  }));

Deno.test("WorkFolder.link() gives a name to one file only, the first", () =>
  withFolder(async (folder) => {
    await folder.write("real-1.log", body("1"));
    await folder.write("real-2.log", body("2"));
    strictEqual(folder.link("web/c.log", "real-1.log"), true);
    strictEqual(folder.link("web/c.log", "real-2.log"), false);
    strictEqual(folder.link("web/lost.log", "no-such-file.log"), true);
    deepStrictEqual(folder.links(), [{ path: "web/c.log", target: "real-1.log" }]);
    strictEqual(await readWorkFolder(folder).readText("web/c.log"), "1");
  }));

Deno.test("readWorkFolder() leads nowhere outside of the bundle", () =>
  withFolder(async (folder, scratch) => {
    await Deno.writeTextFile(join(scratch, "outside.txt"), "outside");
    await folder.write("a.txt", body("a"));
    const reader = readWorkFolder(folder);
    for (const path of ["../../../outside.txt", join(scratch, "outside.txt"), "spool", ""]) {
      strictEqual(await reader.read(path), undefined, path);
    }
    deepStrictEqual(await reader.find("*"), ["a.txt"]);
  }));

Deno.test("writeArchive() packs files and relative links under one root, the named ones first", () =>
  withFolder(async (folder, scratch) => {
    await folder.write("b/deep/file.txt", body("content"));
    await folder.write("MANIFEST.json", body("{}"));
    await folder.write("empty.txt", body(""));
    const large = crypto.getRandomValues(new Uint8Array(60_000));
    await folder.write("a-large.bin", bytesEntry("x", large).body);
    folder.link("web/pod/c.log", "b/deep/file.txt");
    const path = join(scratch, "out.tar.gz");
    const archive = await writeArchive(folder, {
      path,
      rootName: "root",
      first: ["MANIFEST.json"],
      mtime: new Date(0),
    });

    const bytes = await Deno.readFile(path);
    strictEqual(archive.bytes, bytes.length);
    strictEqual(archive.sha256, createHash("sha256").update(bytes).digest("hex"));
    const listing = new Deno.Command("tar", { args: ["tzf", path] }).outputSync();
    deepStrictEqual(new TextDecoder().decode(listing.stdout).trim().split("\n"), [
      "root/MANIFEST.json",
      "root/a-large.bin",
      "root/b/deep/file.txt",
      "root/empty.txt",
      "root/web/pod/c.log",
    ]);
    new Deno.Command("tar", { args: ["xzf", path, "-C", scratch] }).outputSync();
    strictEqual(await Deno.readTextFile(join(scratch, "root/web/pod/c.log")), "content");
    deepStrictEqual(await Deno.readFile(join(scratch, "root/a-large.bin")), large);
  }));

Deno.test("writeArchive() leaves nothing behind when it is aborted", () =>
  withFolder(async (folder, scratch) => {
    await folder.write("a.txt", body("a"));
    const path = join(scratch, "out.tar.gz");
    await rejects(
      writeArchive(folder, { path, rootName: "root", mtime: new Date(0), signal: AbortSignal.abort() }),
      { name: "AbortError" },
    );
    deepStrictEqual([...Deno.readDirSync(scratch)].map(({ name }) => name), ["work"]);
  }));

Deno.test("writeArchive() says which archive could not be written", () =>
  withFolder(async (folder, scratch) => {
    await folder.write("a.txt", body("a"));
    await Deno.writeTextFile(join(scratch, "file"), "");
    await rejects(
      writeArchive(folder, { path: join(scratch, "file", "out.tar.gz"), rootName: "r", mtime: new Date(0) }),
      { code: "ARCHIVE_WRITE", exitCode: 12 },
    );
  }));
