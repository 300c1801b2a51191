import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import type { Leak } from "../../src/leak_gate/leak.ts";
import { leakReport } from "../../src/leak_gate/leak_report.ts";
import { MAX_LEAKS, scanArchive, type ScanOptions } from "../../src/leak_gate/scan_archive.ts";
import { ALNUM, base64, draw, drawMixed } from "./made_secrets.ts";

type Content = string | Uint8Array;
const encoder = new TextEncoder();
const bytesOf = (content: Content) => typeof content === "string" ? encoder.encode(content) : content;

async function tar(files: Record<string, Content>, links: Record<string, string> = {}): Promise<Uint8Array> {
  return await packTar([
    ...Object.entries(files).map(([name, content]) => {
      const body = bytesOf(content);
      return { header: { name, size: body.length }, body };
    }),
    ...Object.entries(links).map(([name, linkname]) => ({
      header: { name, size: 0, type: "symlink" as const, linkname },
    })),
  ]);
}

const bundle = async (files: Record<string, Content>, links: Record<string, string> = {}) =>
  gzipSync(
    await tar(
      Object.fromEntries(Object.entries(files).map(([name, content]) => [`root/${name}`, content])),
      Object.fromEntries(Object.entries(links).map(([name, to]) => [`root/${name}`, to])),
    ),
  );

async function* inChunks(bytes: Uint8Array, size = 60_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const scan = (archive: Uint8Array, options?: ScanOptions) => scanArchive(() => inChunks(archive), options);

const password = drawMixed(16), line = `harmless\nlogin password=${password} ok\n`;
const at = { line: 2, column: 16, length: 16, what: "named-secret" };
/** UTF-16 as Windows writes it. */
const utf16 = new Uint8Array([0xff, 0xfe, ...[...line].flatMap((c) => [c.charCodeAt(0), 0])]);
const filler = "nothing to see on this line of a log\n".repeat(30_000);
const packedTar = gzipSync(await tar({ "etc/app.conf": line, "etc/inner.log.gz": gzipSync(encoder.encode(line)) }));

const behaviour: [name: string, file: string, content: Content, leaks: Partial<Leak>[]][] = [
  ["in text", "app.log", line, [{ path: "app.log", ...at }]],
  ["in text with CRLF and without a last newline", "a.ini", `[db]\r\npassword=${password}`, [{ line: 2, column: 10 }]],
  ["far into a large file", "big.log", filler + line, [{ ...at, line: 30_002 }]],
  ["on a line of a megabyte", "min.json", `{"rows":[${"1,".repeat(500_000)}0],"password":"${password}"}`, [
    { line: 1, column: 1_000_025, length: 16 },
  ]],
  ["next to bytes that are no text", "core.bin", new Uint8Array([0, 255, 254, ...encoder.encode(line), 0, 200]), [
    { line: 2, length: 16 },
  ]],
  ["in UTF-16", "win.log", utf16, [{ path: "win.log", ...at }]],
  ["in .gz", "app.log.gz", gzipSync(encoder.encode(line)), [{ path: "app.log.gz!", ...at }]],
  ["in gzip of another name", "dump", gzipSync(encoder.encode(line)), [{ path: "dump!", ...at }]],
  ["in .tar.gz, and archives in it", "x.tar.gz", packedTar, [
    { path: "x.tar.gz!/etc/app.conf", ...at },
    { path: "x.tar.gz!/etc/inner.log.gz!", ...at },
  ]],
  ["in tar of another name", "dump", await tar({ "a/b": line }), [{ path: "dump!/a/b", ...at }]],
  ["in base64", "s.yaml", `data: ${base64(line)}\n`, [{
    path: "s.yaml",
    line: 1,
    column: 7,
    length: base64(line).replace(/=+$/, "").length,
    what: "named-secret",
    inside: ["base64"],
  }]],
  ["in base64 in base64", "s.yaml", `data: ${base64(base64(line))}\n`, [{ line: 1, inside: ["base64", "base64"] }]],
  ["in base64 of gzip", "r.yaml", `release: ${btoa(String.fromCharCode(...gzipSync(encoder.encode(line))))}\n`, [{
    line: 1,
    column: 10,
    what: "named-secret",
    inside: ["base64", "gzip"],
  }]],
  ["in base64 that is longer than what is looked at together", "r.json", `{"x":"${base64(filler + line)}"}`, [{
    line: 1,
    column: 7,
    inside: ["base64"],
  }]],
  ["once for each place", "two.log", line + line, [at, { ...at, line: 4 }]],
];
for (const [name, file, content, leaks] of behaviour) {
  Deno.test(`scanArchive() finds a secret ${name}`, async () => {
    const found = await scan(await bundle({ "before.log": "x\n", [file]: content, "behind.log": "y\n" }));
    strictEqual(found.leakCount, leaks.length);
    found.leaks.forEach((leak, i) => {
      const keys = Object.keys(leaks[i]!) as (keyof Leak)[];
      deepStrictEqual(Object.fromEntries(keys.map((key) => [key, leak[key]])), leaks[i]);
    });
    ok(!leakReport("x.tar.gz", new Date(), found).includes(password), "tells where, not what");
  });
}

Deno.test("scanArchive() of a bundle without secrets counts what it has seen", async () => {
  const found = await scan(await bundle({ "a.log": filler, "b.gz": gzipSync(encoder.encode(filler)), "c": "" }));
  deepStrictEqual([found.leaks, found.leakCount, found.files], [[], 0, 3]);
  ok(found.bytes > filler.length);
});

Deno.test("scanArchive() finds a secret in a name, and does not repeat it", async () => {
  const token = `gh${"p_" + draw(ALNUM, 36)}`;
  const found = await scan(await bundle({ [`dump/${token}/a.log`]: line }, { link: `../dump/${token}` }));
  const paths = found.leaks.map(({ path, what }) => `${what} ${path}`);
  deepStrictEqual(paths, [
    `github-token dump/${"*".repeat(40)}/a.log`,
    `named-secret dump/${"*".repeat(40)}/a.log`,
    `github-token ../dump/${"*".repeat(40)}`,
  ]);
});

Deno.test("scanArchive() finds known values, in archives and base64 too", async () => {
  const value = "a plain sentence that somebody made a secret";
  const files = {
    "a.txt": `x ${value} y`,
    "b.gz": gzipSync(encoder.encode(value)),
    "c.txt": base64(base64(`1${value}`)),
  };
  const found = await scan(await bundle(files), { knownValues: [value] });
  deepStrictEqual(found.leaks.map(({ path, what }) => `${what} ${path}`), [
    "known-value a.txt",
    "known-value b.gz!",
    "known-value c.txt",
  ]);
});

Deno.test("scanArchive() tells the first thousand places, and how many there are", async () => {
  const files = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`${i}.log`, line.repeat(300)]));
  const found = await scan(await bundle(files));
  deepStrictEqual([found.leaks.length, found.leakCount], [MAX_LEAKS, 1500]);
});

const whole = await bundle({ "a.log": line, "b.log": draw(ALNUM, 3000) });
const unreadable: [name: string, archive: Uint8Array][] = [
  ["nothing", new Uint8Array()],
  ["no gzip", encoder.encode("this is no archive at all, whatever its name says".repeat(20))],
  ["no tar", gzipSync(encoder.encode("this is no archive at all, whatever its name says".repeat(20)))],
  ["gzip that is cut", whole.subarray(0, whole.length - 500)],
  ["tar that is cut", gzipSync((await tar({ "root/a.log": line })).subarray(0, 700))],
  ["tar without an end", gzipSync((await tar({ "root/a.log": line })).subarray(0, 1024))],
  [
    "a damaged header",
    gzipSync(
      new Uint8Array([...(await tar({ "root/a": "x" })).subarray(0, 1024), ...encoder.encode("y".repeat(1024))]),
    ),
  ],
];
for (const [name, archive] of unreadable) {
  Deno.test(`scanArchive() fails when the archive is ${name}`, async () => {
    await rejects(scan(archive), { code: "LEAK_GATE_FAILED", exitCode: 8 });
  });
}

Deno.test("scanArchive() fails when the archive cannot be read, and says why", async () => {
  await rejects(
    scanArchive(async function* () {
      yield whole.subarray(0, 100);
      await Promise.resolve();
      throw new Error("the disk is gone");
    }),
    { code: "LEAK_GATE_FAILED", message: /the disk is gone/ },
  );
});

Deno.test("scanArchive() fails when something follows the packed data", async () => {
  const clean = await bundle({ "a.log": "x" });
  await rejects(scan(new Uint8Array([...clean, ...encoder.encode(line)])), { code: "LEAK_GATE_FAILED" });
});

Deno.test("scanArchive() looks at all of a file that begins like an archive and is none", async () => {
  const gzip = new Uint8Array([0x1f, 0x8b, 8, 0, 1, 2, 3, ...encoder.encode(`\n${line}`)]);
  const followed = new Uint8Array([...gzipSync(encoder.encode("x")), ...encoder.encode(`\n${filler}${line}`)]);
  const damagedTar = new Uint8Array([...(await tar({ "a": "x" })).subarray(0, 1024), ...encoder.encode(line)]);
  for (const content of [gzip, followed, damagedTar]) {
    strictEqual((await scan(await bundle({ "odd.bin": content }))).leakCount, 1);
  }
});

Deno.test("scanArchive() fails with archives that are nested beyond all use", async () => {
  let nested: Uint8Array = encoder.encode(line);
  for (let i = 0; i < 12; i++) nested = gzipSync(nested);
  await rejects(scan(await bundle({ "a.gz": nested })), { code: "LEAK_GATE_FAILED" });
});

Deno.test("scanArchive() ends when it is told to", async () => {
  const abort = new AbortController();
  const reason = new Error("stop");
  await rejects(
    scanArchive(async function* () {
      yield whole.subarray(0, 500);
      abort.abort(reason);
      yield whole.subarray(500);
    }, { signal: abort.signal }),
    reason,
  );
});

Deno.test("scanArchive() holds no more of half a gigabyte than of a little", async () => {
  const text = `${"a line of a log without anything to hide in it, 12 ms\n".repeat(20_000)}`.slice(0, 1 << 20);
  const megabytes = 500;
  const header = (await tar({ "root/big.log": "" })).subarray(0, 512);
  const archive = () => {
    const size = (megabytes << 20).toString(8).padStart(11, "0");
    const block = new Uint8Array(header);
    block.set(encoder.encode(size), 124);
    block.fill(32, 148, 156);
    const sum = block.reduce((sum, byte) => sum + byte, 0);
    block.set(encoder.encode(sum.toString(8).padStart(6, "0") + "\0 "), 148);
    const body = encoder.encode(text);
    async function* plain() {
      yield block;
      for (let i = 0; i < megabytes; i++) yield body;
      yield new Uint8Array(1024);
    }
    return Readable.from(plain()).pipe(createGzip({ level: 1 }));
  };
  const before = Deno.memoryUsage().rss;
  let most = 0;
  const sampler = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 20);
  try {
    const found = await scanArchive(archive);
    deepStrictEqual([found.leakCount, found.bytes], [0, megabytes << 20]);
  } finally {
    clearInterval(sampler);
  }
  ok(most - before < 100e6, `${Math.round((most - before) / 1e6)} MB more`);
});
