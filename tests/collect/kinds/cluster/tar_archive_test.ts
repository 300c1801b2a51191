import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { createTarDecoder, type TarHeader } from "modern-tar";
import type { Truncation } from "../../../../src/bundle/entry.ts";
import { repackTar } from "../../../../src/collect/kinds/cluster/tar_archive.ts";
import { makeTar, type TarItem } from "./tar_maker.ts";

interface Repacked {
  items: { header: TarHeader; text: string }[];
  bytes: number;
  truncated?: Truncation;
  missing: string[];
}

function streamOf(bytes: Uint8Array, end?: Error): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += 5000));
      else if (end === undefined) controller.close();
      else controller.error(end);
    },
  });
}

/** What stands in the archive that comes out: it must be a whole one. */
async function repack(tar: ReadableStream<Uint8Array>, maxBytes?: number, into: Repacked = empty()): Promise<Repacked> {
  for await (const entry of repackTar(tar, { path: "n/archive.tar", source: "exec", maxBytes })) {
    if (entry.type === "missing") into.missing.push(`${entry.reason}: ${entry.message}`);
    if (entry.type !== "file") continue;
    strictEqual(entry.path, "n/archive.tar");
    const bytes = await new Response(entry.body as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
    into.bytes = bytes.length;
    into.truncated = entry.truncated;
    for await (const { header, body } of new Blob([bytes]).stream().pipeThrough(createTarDecoder({ strict: true }))) {
      into.items.push({ header, text: await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).text() });
    }
  }
  return into;
}

function empty(): Repacked {
  return { items: [], bytes: 0, missing: [] };
}

const outside = (name: string) => `failed: left out: "${name}" would lie outside the archive's folder`;
const behaviour: [name: string, items: TarItem[], names: string[], missing: string[]][] = [
  [
    "keeps files, folders and links",
    [
      { name: "app/", type: "directory" },
      { name: "app/a", body: "a" },
      { name: "app/" + "long/".repeat(60) + "b", body: "b" },
      { name: "app/l", type: "symlink", linkname: "/var/data" },
      { name: "app/h", type: "link", linkname: "app/a" },
    ],
    ["app/", "app/a", "app/" + "long/".repeat(60) + "b", "app/l", "app/h"],
    [],
  ],
  ["leaves out devices", [{ name: "null", type: "character-device" }, { name: "a", body: "a" }], ["a"], []],
  [
    "leaves out what would be unpacked elsewhere",
    [
      { name: "../up", body: "1" },
      { name: "a/../../up", body: "2" },
      { name: "l", type: "symlink", linkname: "/etc" },
      { name: "l/passwd", body: "through the link" },
      { name: "h", type: "link", linkname: "../../etc/passwd" },
      { name: "a", body: "a" },
    ],
    ["l", "a"],
    ["../up", "a/../../up", "l/passwd", "h"].map(outside),
  ],
  ["makes absolute names relative", [{ name: "/etc/passwd", body: "x" }], ["etc/passwd"], []],
  [
    "is not led astray by a second name in the extended header",
    [
      { name: "../" + "x".repeat(150), body: "x" },
      { name: "a", body: "a", pax: { path: "../../up" } },
      { name: "b", body: "b" },
    ],
    ["b"],
    [outside("../" + "x".repeat(150)), outside("../../up")],
  ],
];
for (const [name, items, names, missing] of behaviour) {
  Deno.test(`repackTar() ${name}`, async () => {
    const repacked = await repack(streamOf(await makeTar(items)));
    deepStrictEqual(repacked.items.map(({ header }) => header.name), names);
    deepStrictEqual(repacked.missing, missing);
    strictEqual(repacked.truncated, undefined);
  });
}

Deno.test("repackTar() keeps bytes, owner and time, and takes special bits from the mode", async () => {
  const mtime = new Date("2026-01-02T03:04:05Z");
  const body = "x".repeat(100_000);
  const { items } = await repack(
    streamOf(await makeTar([{ name: "a", body, mode: 0o4755, uid: 5, gid: 6, uname: "u", mtime }])),
  );
  const [{ header, text }] = items as [Repacked["items"][0]];
  deepStrictEqual([text === body, header.mode, header.uid, header.gid, header.uname, header.mtime], [
    true,
    0o755,
    5,
    6,
    "u",
    mtime,
  ]);
});

Deno.test("repackTar() ends before the file that would make it too large", async () => {
  const file = (name: string) => ({ name, body: "x".repeat(10_000) });
  const tar = await makeTar([file("a"), file("b"), file("c"), { name: "d", body: "small" }]);
  const repacked = await repack(streamOf(tar), 32_000);
  deepStrictEqual(repacked.items.map(({ header }) => header.name), ["a", "b"]);
  ok(repacked.bytes <= 32_000, String(repacked.bytes));
  deepStrictEqual(repacked.truncated, { limit: "32000 bytes" });
  deepStrictEqual(repacked.missing, [
    'too-large: The rest was left out, from "c" on: the archive would be too large',
  ]);
});

Deno.test("repackTar() stays a whole archive when its stream breaks in a file, and fails then", async () => {
  const tar = await makeTar([{ name: "a", body: "a" }, { name: "b", body: "x".repeat(5_000_000) }]);
  const into = empty();
  await rejects(repack(streamOf(tar.slice(0, 3_000_000), new DOMException("late", "TimeoutError")), undefined, into), {
    name: "TimeoutError",
  });
  deepStrictEqual(into.items.map(({ header }) => [header.name, header.size]), [["a", 1], ["b", 5_000_000]]);
  const [, b] = into.items;
  ok(/^x+\0+$/.test(b!.text));
  deepStrictEqual(into.truncated, { limit: "deadline" });
  deepStrictEqual(into.missing, ['failed: "b" is not complete in the archive: its end is zeros']);
});

Deno.test("repackTar() yields nothing of an archive without entries, or of none", async () => {
  deepStrictEqual(await repack(streamOf(await makeTar([]))), empty());
  deepStrictEqual(
    await repack(streamOf(new Uint8Array())).catch((error) => error.message),
    "Tar archive is truncated.",
  );
  await rejects(repack(streamOf(new TextEncoder().encode("not a tar\n".repeat(200)))), /Invalid tar/);
});

Deno.test("repackTar() ends when nobody reads the archive", async () => {
  const tar = await makeTar([{ name: "a", body: "x".repeat(30_000_000) }]);
  for await (const entry of repackTar(streamOf(tar), { path: "n/archive.tar", source: "exec" })) {
    strictEqual(entry.path, "n/archive.tar");
  }
});
