import { deepStrictEqual, equal, match, rejects } from "node:assert/strict";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FileTooLargeError, MAX_READ_BYTES } from "../../src/bundle/file_too_large_error.ts";
import { openArchive, openBundle } from "../../src/bundle/read_bundle.ts";
import { StoredBundle } from "../../src/bundle/stored_bundle.ts";
import { headerBlocks } from "../../src/bundle/tar_blocks.ts";
import { concatBytes, type Member, TAR_END, tarOf } from "./tar_bytes.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const LARGE = "line of a log\n".repeat(200_000);
const signal = new AbortController().signal;

const MEMBERS: Member[] = [
  [{ name: `${ROOT}/version.yaml` }, "v"],
  [{ name: `${ROOT}/pods/a.json` }, "{}"],
  [{ name: `${ROOT}/pods/b.json` }, "[]"],
  [{ name: `${ROOT}/empty` }, ""],
  [{ name: `${ROOT}/large.log` }, LARGE],
  [{ name: `${ROOT}/pods/link.json`, type: "symlink", linkname: "a.json" }],
  [{ name: `${ROOT}/pods/lost.json`, type: "symlink", linkname: "gone.json" }],
  [{ name: `${ROOT}/hard`, type: "link", linkname: `${ROOT}/pods/b.json` }],
  [{ name: `${ROOT}/ring`, type: "symlink", linkname: "ring" }],
  [{ name: `${ROOT}/etc`, type: "symlink", linkname: "/etc" }],
  [{ name: "../outside" }, "x"],
  [{ name: `${ROOT}/pods/b.json` }, "[1]"],
];

interface Opened extends AsyncDisposable {
  bundle: StoredBundle;
  /** How often the archive was read from its beginning. */
  passes(): number;
  temp: string;
}

async function open(archive: Uint8Array, wanted: (path: string) => boolean = () => false): Promise<Opened> {
  const temp = await Deno.makeTempDir();
  let opens = 0;
  const archiveBundle = await openArchive(() => (opens++, ReadableStream.from([archive.slice()])));
  opens = 0;
  const bundle = await StoredBundle.open(archiveBundle, { wanted, tempFolder: temp, signal });
  return {
    bundle,
    temp,
    passes: () => opens,
    async [Symbol.asyncDispose]() {
      bundle[Symbol.dispose]();
      await Deno.remove(temp, { recursive: true });
    },
  };
}

const PACKED = gzipSync(await tarOf(...MEMBERS));
const all = () => true;

const reads: [path: string, text: string | undefined][] = [
  ["version.yaml", "v"],
  ["pods/a.json", "{}"],
  ["./pods//a.json", "{}"],
  ["pods/b.json", "[1]"],
  ["empty", ""],
  ["large.log", LARGE],
  ["pods/link.json", "{}"],
  ["hard", "[1]"],
  ["pods/lost.json", undefined],
  ["ring", undefined],
  ["etc", undefined],
  ["etc/hostname", undefined],
  ["pods", undefined],
  ["gone", undefined],
  ["../outside", undefined],
  ["outside", undefined],
  ["/etc/hostname", undefined],
  ["", undefined],
];
for (const [path, text] of reads) {
  Deno.test(`StoredBundle.readText("${path}") is ${JSON.stringify(text)?.slice(0, 20)}, wanted or not`, async () => {
    for (const wanted of [all, () => false]) {
      await using opened = await open(PACKED, wanted);
      equal(await opened.bundle.readText(path), text);
      equal(await opened.bundle.size(path), text?.length);
      const pieces = await opened.bundle.stream(path);
      equal(pieces && await new Response(ReadableStream.from(pieces)).text(), text);
    }
  });
}

const passes: [name: string, wanted: (path: string) => boolean, read: string[], passes: number][] = [
  ["what is wanted in the first pass", (path) => path === "pods/a.json", ["pods/a.json"], 1],
  ["all small files in a second one", () => false, ["pods/a.json", "pods/b.json", "version.yaml"], 2],
  ["large ones in a third one", () => false, ["pods/a.json", "large.log"], 3],
  ["everything in a second one, where the first that is asked for is large", () => false, ["large.log", "empty"], 2],
  ["what is not there in none", () => false, ["gone", "pods/lost.json"], 1],
];
for (const [name, wanted, read, expected] of passes) {
  Deno.test(`StoredBundle has ${name}`, async () => {
    await using opened = await open(PACKED, wanted);
    for (const path of read) await opened.bundle.read(path);
    equal(opened.passes(), expected);
  });
}

Deno.test("StoredBundle.find() knows files and links to files, in order", async () => {
  await using opened = await open(PACKED);
  deepStrictEqual(await opened.bundle.find("pods/*.json"), ["pods/a.json", "pods/b.json", "pods/link.json"]);
  deepStrictEqual(await opened.bundle.find("*"), ["empty", "hard", "large.log", "version.yaml"]);
  equal(opened.bundle.files, 5);
  equal(opened.bundle.refused, 2);
});

Deno.test({
  name: "StoredBundle leaves nothing on the disk that has a name, not even while it is open",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using opened = await open(PACKED, all);
    await opened.bundle.read("large.log");
    deepStrictEqual([...Deno.readDirSync(opened.temp)], []);
  },
});

Deno.test("StoredBundle of a folder reads it where it is, and follows no link out of it", async () => {
  const temp = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(temp, "in", "pods"), { recursive: true });
    await Deno.writeTextFile(join(temp, "in", "version.yaml"), "v");
    await Deno.writeTextFile(join(temp, "in", "pods", "a.json"), "{}");
    await Deno.writeTextFile(join(temp, "secret"), "s");
    await Deno.symlink("pods/a.json", join(temp, "in", "link"));
    await Deno.symlink("../secret", join(temp, "in", "out"));
    using bundle = await StoredBundle.open(await openBundle(temp, signal), {
      wanted: all,
      tempFolder: "/none",
      signal,
    });
    deepStrictEqual(await bundle.find("*"), ["link", "version.yaml"]);
    equal(await bundle.readText("link"), "{}");
    equal(await bundle.readText("out"), undefined);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
});

const tar = await tarOf(...MEMBERS);
const damaged: [name: string, archive: Uint8Array, files: string[], why: RegExp][] = [
  ["cut off in a file", tar.slice(0, 512 * 9), ["pods/a.json", "pods/b.json", "version.yaml"], /ends in the middle/],
  [
    "cut off in gzip",
    gzipSync(tar.slice(0, 512 * 40)).slice(0, -20),
    ["pods/a.json", "pods/b.json", "version.yaml"],
    /./,
  ],
  [
    "with noise behind a file",
    concatBytes([tar.slice(0, 512 * 4), new Uint8Array(512).fill(7), tar.slice(512 * 4)]),
    ["pods/a.json", "version.yaml"],
    /./,
  ],
];
for (const [name, archive, files, why] of damaged) {
  Deno.test(`StoredBundle has what is in front of the damage of an archive ${name}`, async () => {
    await using opened = await open(archive, all);
    match(opened.bundle.damage?.why ?? "", why);
    for (const path of files) equal(typeof await opened.bundle.readText(path), "string");
    equal(await opened.bundle.readText("large.log"), undefined);
  });
}

Deno.test("StoredBundle refuses an archive without one whole file", async () => {
  await rejects(open(tar.slice(0, 300), all), /damaged|no tar archive/);
});

Deno.test("StoredBundle reads no file at once that is too large for the memory", async () => {
  const zeros = new Uint8Array(1024 * 1024);
  const size = MAX_READ_BYTES + zeros.length;
  const temp = await Deno.makeTempDir();
  try {
    const header = await headerBlocks({ name: `${ROOT}/one.json`, size: 0, mode: 0o600, mtime: new Date(0) }, size);
    const archive = await openArchive(() =>
      ReadableStream.from(function* () {
        yield header;
        for (let i = 0; i < size / zeros.length; i++) yield zeros;
        yield TAR_END;
      }())
    );
    using bundle = await StoredBundle.open(archive, { wanted: all, tempFolder: temp, signal });
    await rejects(bundle.readText("one.json"), (error) => {
      match((error as Error).message, /^one\.json of the bundle is too large to be read at once: 135 MB, .* 134 MB$/);
      return error instanceof FileTooLargeError;
    });
    let streamed = 0;
    for await (const piece of await bundle.stream("one.json") ?? []) streamed += piece.length;
    equal(streamed, size);
  } finally {
    await Deno.remove(temp, { recursive: true });
  }
});
