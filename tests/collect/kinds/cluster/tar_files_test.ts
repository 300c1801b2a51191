import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { bundlePath } from "../../../../src/bundle/bundle_path.ts";
import type { Entry } from "../../../../src/bundle/entry.ts";
import { type TarCount, type TarOptions, unpackTar } from "../../../../src/collect/kinds/cluster/tar_files.ts";
import { ExecBrokenError } from "../../../../src/kube/exec_stream.ts";
import { makeTar, type TarItem } from "./tar_maker.ts";

interface Unpacked {
  files: Record<string, string>;
  links: Record<string, string>;
  missing: string[];
  truncated: Record<string, string>;
  count?: TarCount;
}

const options: TarOptions = { path: (name) => bundlePath("out/pod", name), whole: "out/pod/etc", source: "exec" };

function streamOf(
  bytes: Uint8Array,
  chunkBytes = 1000,
  { end, cancelled }: { end?: () => never; cancelled?: () => void } = {},
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += chunkBytes));
      else if (end === undefined) controller.close();
      else end();
    },
    cancel: cancelled,
  });
}

/** Takes everything out, reading each body before the next entry is asked for. */
async function unpack(tar: ReadableStream<Uint8Array>, more: Partial<TarOptions> = {}, into: Unpacked = empty()) {
  const entries = unpackTar(tar, { ...options, ...more });
  for (let next = await entries.next();; next = await entries.next()) {
    if (next.done) {
      into.count = next.value;
      return into;
    }
    await take(next.value, into);
  }
}

async function take(entry: Entry, into: Unpacked): Promise<void> {
  if (entry.type === "missing") into.missing.push(`${entry.path} ${entry.reason}: ${entry.message}`);
  else if (entry.type === "link") into.links[entry.path] = entry.target;
  else {
    into.files[entry.path] = await new Response(entry.body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
    if (entry.truncated) into.truncated[entry.path] = entry.truncated.limit;
  }
}

function empty(): Unpacked {
  return { files: {}, links: {}, missing: [], truncated: {} };
}

const escaped = (name: string) =>
  `out/pod/etc failed: left out: The path "out/pod/${name}" would lie outside the bundle`;

Deno.test("unpackTar() goes on with the next file, however large, where one is not wanted or not read to its end", async () => {
  const tar = await makeTar([
    { name: "../bad", body: "x".repeat(300) },
    { name: "next", body: "next".repeat(50_000) },
    { name: "unread", body: "x".repeat(300) },
    { name: "last", body: "last".repeat(50_000) },
  ]);
  const read: string[] = [];
  for await (const entry of unpackTar(streamOf(tar, 65_536), options)) {
    if (entry.type !== "file") continue;
    if (entry.path.endsWith("unread")) await entry.body.cancel();
    else {read.push(
        `${entry.path} ${(await new Response(entry.body as ReadableStream<Uint8Array<ArrayBuffer>>).text()).length}`,
      );}
  }
  deepStrictEqual(read, ["out/pod/next 200000", "out/pod/last 200000"]);
});

const behaviour: [name: string, items: TarItem[], expect: Partial<Unpacked>][] = [
  ["yields regular files under their path", [
    { name: "etc/", type: "directory" },
    { name: "etc/a.conf", body: "a" },
    { name: "./etc/empty" },
    { name: "etc/long/" + "x".repeat(200), body: "deep" },
  ], {
    files: {
      "out/pod/etc/a.conf": "a",
      "out/pod/etc/empty": "",
      ["out/pod/etc/long/" + "x".repeat(200)]: "deep",
    },
    count: { files: 3, others: 1, cut: false },
  }],
  ["leaves out what is no file", [
    { name: "l", type: "symlink", linkname: "/etc/passwd" },
    { name: "dev", type: "character-device" },
    { name: "fifo", type: "fifo" },
    { name: "a", body: "a" },
  ], { files: { "out/pod/a": "a" }, count: { files: 1, others: 3, cut: false } }],
  ["turns a hard link to a file into a link, and no other", [
    { name: "a", body: "a" },
    { name: "again", type: "link", linkname: "a" },
    { name: "out", type: "link", linkname: "/etc/passwd" },
    { name: "up", type: "link", linkname: "../a" },
  ], {
    files: { "out/pod/a": "a" },
    links: { "out/pod/again": "out/pod/a" },
    count: { files: 1, others: 2, cut: false },
  }],
  ["refuses names that lead out of the folder", [
    { name: "../up", body: "1" },
    { name: "etc/../../../up", body: "2" },
    { name: "etc\\..\\..\\up", body: "3" },
    { name: "..", body: "4" },
    { name: "../hard", type: "link", linkname: "a" },
    { name: "a", body: "a" },
  ], {
    files: { "out/pod/a": "a" },
    missing: ["../up", "etc/../../../up", "etc\\..\\..\\up", "..", "../hard"].map(escaped),
  }],
  ["takes absolute names as relative ones", [{ name: "/etc/passwd", body: "x" }], {
    files: { "out/pod/etc/passwd": "x" },
  }],
  ["takes names that only look dangerous", [{ name: "..data/a", body: "1" }, { name: "a..b/...", body: "2" }], {
    files: { "out/pod/..data/a": "1", "out/pod/a..b/...": "2" },
  }],
  ["keeps files apart from folders of their name", [
    { name: "a", body: "file" },
    { name: "a/b", body: "below a file" },
    { name: "c/d", body: "1" },
    { name: "c", body: "in place of a folder" },
  ], {
    files: { "out/pod/a": "file", "out/pod/c/d": "1" },
    missing: ["a/b", "c"].map((name) =>
      `out/pod/etc failed: left out: "${name}" is a file and a folder in the archive`
    ),
  }],
  ["refuses names without end", [{ name: "n".repeat(5000), body: "x" }], {
    files: {},
    missing: ["out/pod/etc failed: left out: a name of 5000 characters"],
  }],
  ["tells ten names one by one", Array.from({ length: 13 }, (_, i) => ({ name: `../${i}`, body: "x" })), {
    missing: [
      ...Array.from({ length: 10 }, (_, i) => escaped(`../${i}`)),
      "out/pod/etc failed: left out: 3 more files with names of this sort",
    ],
  }],
  ["takes an archive of nothing", [], { files: {}, count: { files: 0, others: 0, cut: false } }],
];
for (const [name, items, expect] of behaviour) {
  Deno.test(`unpackTar() ${name}`, async () => {
    const unpacked = await unpack(streamOf(await makeTar(items)));
    const wanted = { missing: [], links: {}, truncated: {}, ...expect };
    deepStrictEqual(
      Object.fromEntries(Object.keys(wanted).map((key) => [key, unpacked[key as keyof Unpacked]])),
      wanted,
    );
  });
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join("");

Deno.test("unpackTar() cuts at its limit in bytes after a whole line, says so, and ends its source", async () => {
  const tar = await makeTar([{ name: "a", body: lines(100) }, { name: "b", body: lines(100) }, {
    name: "c",
    body: "x".repeat(5_000_000),
  }]);
  const cancelled = Promise.withResolvers<void>();
  const source = streamOf(tar, 1000, { cancelled: cancelled.resolve });
  const { files, truncated, missing, count } = await unpack(source, { maxBytes: lines(100).length + 100 });
  strictEqual(files["out/pod/a"], lines(100));
  const b = files["out/pod/b"]!;
  ok(b.length > 80 && b.length <= 100 && b.endsWith("\n") && lines(100).startsWith(b), b);
  deepStrictEqual(truncated, { "out/pod/b": `${lines(100).length + 100} bytes` });
  deepStrictEqual(missing, [
    `out/pod/etc too-large: The rest was left out, from "c" on: the limit is ${lines(100).length + 100} bytes`,
  ]);
  deepStrictEqual(count, { files: 2, others: 0, cut: true });
  await cancelled.promise;
});

Deno.test("unpackTar() takes a file that fills the limit exactly as whole", async () => {
  const tar = await makeTar([{ name: "a", body: "12345" }]);
  const { files, truncated, missing } = await unpack(streamOf(tar), { maxBytes: 5 });
  deepStrictEqual([files, truncated, missing], [{ "out/pod/a": "12345" }, {}, []]);
});

Deno.test("unpackTar() stops at its limit of files", async () => {
  const tar = await makeTar(Array.from({ length: 5 }, (_, i) => ({ name: `f${i}`, body: "x" })));
  const { files, missing } = await unpack(streamOf(tar), { maxFiles: 3 });
  deepStrictEqual(Object.keys(files), ["out/pod/f0", "out/pod/f1", "out/pod/f2"]);
  deepStrictEqual(missing, ['out/pod/etc too-large: The rest was left out, from "f3" on: the limit is 3 files']);
});

const breaks: [name: string, error: Error | undefined, limit: string][] = [
  ["loses its connection", new ExecBrokenError("gone"), "connection lost"],
  ["is out of time", new DOMException("late", "TimeoutError"), "deadline"],
  ["ends early", undefined, "end of the archive"],
];
for (const [name, error, limit] of breaks) {
  Deno.test(`unpackTar() keeps whole lines of a file whose stream ${name}, and fails then`, async () => {
    const tar = await makeTar([{ name: "a", body: "a" }, { name: "b", body: lines(300_000) }]);
    const half = tar.slice(0, tar.length / 2);
    const into = empty();
    const end = error && (() => {
      throw error;
    });
    await rejects(unpack(streamOf(half, 7000, { end }), {}, into), error);
    strictEqual(into.files["out/pod/a"], "a");
    const b = into.files["out/pod/b"]!;
    // What waits in the decoder is lost with the stream.
    ok(b.length > half.length - 1_500_000 && b.endsWith("\n") && lines(300_000).startsWith(b), String(b.length));
    deepStrictEqual(into.truncated, { "out/pod/b": limit });
  });
}

Deno.test("unpackTar() fails over what is no archive", async () => {
  const noise = new TextEncoder().encode("sh: tar: not found\n".repeat(100));
  await rejects(unpack(streamOf(noise)), /checksum|Invalid tar|truncated/);
});

Deno.test("unpackTar() skips bodies that nobody reads", async () => {
  const big = "x".repeat(3_000_000);
  const tar = await makeTar([{ name: "a", body: big }, { name: "b", body: big }, { name: "c", body: "c" }]);
  const paths: string[] = [];
  for await (const entry of unpackTar(streamOf(tar, 100_000), options)) {
    paths.push(entry.path);
    if (entry.type !== "file" || entry.path !== "out/pod/b") continue;
    const reader = entry.body.getReader(); // a part of it
    await reader.read();
    await reader.cancel();
  }
  deepStrictEqual(paths, ["out/pod/a", "out/pod/b", "out/pod/c"]);
});

Deno.test("unpackTar() ends its source when its reader goes away", async () => {
  const tar = await makeTar([{ name: "a", body: "x".repeat(3_000_000) }, { name: "b", body: "b" }]);
  const cancelled = Promise.withResolvers<void>();
  const source = streamOf(tar, 1000, { cancelled: cancelled.resolve });
  for await (const entry of unpackTar(source, options)) {
    ok(entry.type === "file");
    break;
  }
  await cancelled.promise;
});

Deno.test("unpackTar() reads no further ahead than its reader", async () => {
  const tar = await makeTar([{ name: "a", body: "x".repeat(30_000_000) }]);
  let taken = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken >= tar.length) return controller.close();
      controller.enqueue(tar.slice(taken, taken += 100_000));
    },
  });
  const entries = unpackTar(source, options);
  const next = await entries.next();
  const entry = next.done ? undefined : next.value;
  ok(entry?.type === "file");
  const reader = entry.body.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  ok(taken < 5_000_000, `${taken} bytes were read ahead`);
  await reader.cancel();
  await entries.return(undefined as never);
});
