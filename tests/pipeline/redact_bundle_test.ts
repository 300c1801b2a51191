import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import type { Manifest } from "../../src/bundle/manifest.ts";
import type { RedactionReport } from "../../src/bundle/redaction_report.ts";
import { MASK } from "../../src/redact/mask.ts";
import { concatBytes, type Member, text } from "../bundle/tar_bytes.ts";
import { collected, REPORT, reportOf, ROOT, Scratch, secret, secrets, textOf, VERSION } from "./bundle_scratch.ts";
import { specOf, withRun } from "./with_run.ts";

/** Bytes that cannot be compressed. */
const noise = (blocks: number) =>
  concatBytes(Array.from({ length: blocks }, () => crypto.getRandomValues(new Uint8Array(65_536))));
Deno.test("redactBundle() hides what is in a bundle, and keeps its order, links, times and owners", async () => {
  await using scratch = await Scratch.create();
  const value = secret();
  const large = `password=${value}\n` + "2026-01-31 nothing of interest\n".repeat(100_000);
  const mtime = new Date(1_600_000_000_000);
  const result = await scratch.redact(
    await scratch.archive(
      [{ name: `${ROOT}/`, type: "directory", mode: 0o755 }],
      [{ name: `${ROOT}/large.log`, mtime, uid: 42, uname: "app", mode: 0o644 }, large],
      VERSION,
      [{ name: `${ROOT}/b/l.log`, type: "symlink", linkname: "../large.log" }],
      [{ name: `${ROOT}/a.gz` }, gzipSync(`password=${value}\n`)],
      [{ name: `${ROOT}/z/`, type: "directory" }],
      [{ name: `${ROOT}/h.log`, type: "link", linkname: `${ROOT}/large.log` }],
      [{ name: `${ROOT}/same` }, "first"],
      [{ name: `${ROOT}/same` }, "second"],
    ),
  );
  const names = ["", "large.log", "version.yaml", "b/l.log", "a.gz", "z/", "h.log", "same", "same", REPORT];
  deepStrictEqual(result.entries.map(({ header }) => header.name), names.map((name) => `${ROOT}/${name}`));
  const [folder, log, , symlink, , , link] = result.entries.map(({ header }) => header);
  deepStrictEqual([log!.mtime, log!.uid, log!.uname, log!.mode], [mtime, 42, "app", 0o600]);
  deepStrictEqual([folder!.mode, symlink!.linkname, link!.linkname], [0o755, "../large.log", `${ROOT}/large.log`]);
  equal(textOf(result, "large.log"), large.replace(value, MASK));
  equal(text(gunzipSync(result.files.get(`${ROOT}/a.gz`)!)), `password=${MASK}\n`);
  const report = reportOf(result);
  deepStrictEqual(report.files.map(({ path }) => path), ["a.gz", "large.log"]);
  const [rule] = report.rules;
  deepStrictEqual([rule!.count, rule!.files, rule!.builtIn, rule!.bytesHidden], [2, 2, true, 2 * value.length]);
  deepStrictEqual(report.totals, { files: 2, count: 2, bytesHidden: 2 * value.length, leftOut: 0 });
  ok(!JSON.stringify(report).includes(value));
});

Deno.test("redactBundle() brings the manifest of a bundle up to date, where it is", async () => {
  await using scratch = await Scratch.create();
  const value = secret();
  const path = await collected(scratch, value);
  const before = (await unpackTar(gunzipSync(await Deno.readFile(path)))).map(({ header }) => header.name);
  const result = await scratch.redact(path);
  const after = result.entries.map(({ header }) => header.name);
  deepStrictEqual(after, [...before.filter((name) => name !== "out/mine/c.zip"), `out/${REPORT}`]);
  const manifest: Manifest = JSON.parse(textOf(result, "MANIFEST.json"));
  for (const { path, bytes: size, sha256 } of manifest.files) {
    const content = result.files.get(`out/${path}`)!;
    equal(size, content.length, path);
    equal(sha256, createHash("sha256").update(content).digest("hex"), path);
  }
  const record = manifest.files.find(({ path }) => path.endsWith("a.txt"))!;
  deepStrictEqual(Object.values(record.redactions!), [1]);
  const missing = manifest.missing.find(({ reason }) => reason === "redaction-failed")!;
  deepStrictEqual([missing.path, missing.collector], ["mine/c.zip", "secrets"]);
  match(missing.message, /left out.*zip/);
  ok(manifest.files.some(({ path }) => path === REPORT));
  const stage = manifest.stages.at(-1)!;
  deepStrictEqual([stage.stage, stage.status], ["redact", "partial"]);
  for (const content of result.files.values()) ok(!text(content).includes(value));
});

Deno.test("redactBundle() adds to what a bundle says of earlier redaction", async () => {
  await using scratch = await Scratch.create();
  const [value, word] = [secret(), secret()];
  const first = await scratch.redact(await collected(scratch, value));
  const again = await scratch.redact(first.redacted.path, [{ name: "mine", removals: { values: ["harmless", word] } }]);
  deepStrictEqual(again.entries.map(({ header }) => header.name), first.entries.map(({ header }) => header.name));
  const report = reportOf(again);
  const byPath = Object.fromEntries(report.files.map(({ path, redactions }) => [basename(path), redactions]));
  equal(byPath["a.txt"]![0]!.count, 1, "hidden the first time");
  deepStrictEqual(byPath["b.txt"]!.map(({ rule, builtIn }) => [rule, builtIn]), [["mine.literal.0", false]]);
  equal(again.redacted.report.totals.count, 1, "hidden now");
  equal(report.totals.leftOut, 1);
  const manifest: Manifest = JSON.parse(textOf(again, "MANIFEST.json"));
  equal(manifest.files.filter(({ path }) => path === REPORT).length, 1);
  equal(manifest.missing.filter(({ reason }) => reason === "redaction-failed").length, 1);
});

Deno.test("redactBundle() takes for a manifest only one of ours", async () => {
  await using scratch = await Scratch.create();
  const value = secret();
  const result = await scratch.redact(
    await scratch.archive(VERSION, [{ name: `${ROOT}/MANIFEST.json` }, `{"schemaVersion": 1, "password": "${value}"}`]),
  );
  equal(textOf(result, "MANIFEST.json"), `{"schemaVersion": 1, "password": "${MASK}"}`);
});

Deno.test("redactBundle() leaves out what it cannot look into, and what must not be unpacked", async () => {
  await using scratch = await Scratch.create();
  const broken = gzipSync(noise(50)).subarray(0, 2_500_000);
  const result = await scratch.redact(
    await scratch.archive(
      VERSION,
      [{ name: `${ROOT}/small.gz` }, broken.subarray(0, 1000)],
      [{ name: `${ROOT}/large.gz` }, broken],
      [{ name: `${ROOT}/other`, type: "link", linkname: `${ROOT}/large.gz` }],
      [{ name: `${ROOT}/out`, type: "symlink", linkname: "/etc/passwd" }],
      [{ name: "../../x" }, "outside"],
      [{ name: `${ROOT}/null`, type: "character-device" }],
      [{ name: `${ROOT}/last` }, "kept"],
    ),
  );
  const kept = ["version.yaml", "last", REPORT].map((name) => `${ROOT}/${name}`);
  deepStrictEqual(result.entries.map(({ header }) => header.name), kept);
  deepStrictEqual(reportOf(result).leftOut.map(({ path }) => path), [
    "small.gz",
    "large.gz",
    "other",
    "out",
    "../../x",
    "null",
  ]);
});

const layouts: [name: string, members: Member[]][] = [
  ["in a folder of the usual name", [[{ name: `${ROOT}/in/a.txt` }, "abc"]]],
  ["in a folder of another name", [[{ name: "mine/in/a.txt" }, "abc"], [{ name: "mine/version.yaml" }]]],
  ["in a folder without version.yaml", [[{ name: "mine/in/a.txt" }, "abc"], [{ name: "mine/b.txt" }, "abc"]]],
  ["without a folder", [[{ name: "in/a.txt" }, "abc"], [{ name: "version.yaml" }]]],
  ["below ./", [[{ name: "./", type: "directory" }], [{ name: "./in/a.txt" }, "abc"], [{ name: "./version.yaml" }]]],
];
for (const [name, members] of layouts) {
  Deno.test(`redactBundle() finds paths as rules know them ${name}`, async () => {
    await using scratch = await Scratch.create();
    const rule = { fileSelector: { file: "in/*.txt" }, removals: { values: ["abc"] } };
    const { files } = await scratch.redact(await scratch.archive(...members), [rule]);
    equal(text([...files].find(([name]) => name.endsWith("in/a.txt"))![1]), MASK);
  });
}

Deno.test("redactBundle() reads a folder as it reads the archive that was unpacked there", async () => {
  await using scratch = await Scratch.create();
  const value = secret();
  const path = await collected(scratch, value);
  const outer = join(scratch.folder, "unpacked");
  await Deno.mkdir(outer);
  new Deno.Command("tar", { args: ["xzf", path, "-C", outer] }).outputSync();
  const inner = join(outer, "out");
  await Deno.symlink("../../../outside", join(inner, "out"));
  await Deno.symlink("version.yaml", join(inner, "again"));
  await Deno.mkdir(join(inner, "empty"));
  new Deno.Command("mkfifo", { args: [join(inner, "pipe")] }).outputSync();
  for (const folder of [inner, outer]) {
    const result = await scratch.redact(folder);
    const paths = new Set(result.files.keys());
    for (const name of ["MANIFEST.json", "again", "empty/", REPORT]) ok(paths.has(`out/${name}`), name);
    const links = result.entries.flatMap(({ header: { name, type, linkname } }) =>
      type === "symlink" ? [`${name} -> ${linkname}`] : []
    );
    deepStrictEqual(links, ["out/again -> version.yaml"]);
    for (const name of ["out", "pipe"]) ok(!paths.has(`out/${name}`), name);
    const left = reportOf(result).leftOut.map(({ path }) => basename(path));
    deepStrictEqual(left.sort(), ["c.zip", "out", "pipe"]);
    for (const content of result.files.values()) ok(!text(content).includes(value));
  }
});

const refused: [name: string, bundle: (scratch: Scratch) => string | Promise<string>, code: string][] = [
  ["there is nothing", () => "/no/such/bundle.tar.gz", "BUNDLE_NOT_FOUND"],
  ["it is a folder of something else", (scratch) => scratch.folder, "BUNDLE_NOT_FOUND"],
  ["it has no members", (scratch) => scratch.archive(), "BUNDLE_EMPTY"],
  ["it is no archive", async (scratch) => {
    await Deno.writeTextFile(join(scratch.folder, "x"), "apiVersion: v1\n");
    return join(scratch.folder, "x");
  }, "ARCHIVE_FORMAT"],
  ["it is cut off", async (scratch) => {
    const path = await scratch.archive(VERSION, [
      { name: `${ROOT}/a` },
      crypto.getRandomValues(new Uint8Array(60_000)),
    ]);
    await Deno.truncate(path, 40_000);
    return path;
  }, "ARCHIVE_DAMAGED"],
  ["it is cut off in a large file", async (scratch) => {
    const path = await scratch.archive(VERSION, [{ name: `${ROOT}/a` }, noise(60)]);
    await Deno.truncate(path, 3_000_000);
    return path;
  }, "ARCHIVE_DAMAGED"],
];
for (const [name, bundle, code] of refused) {
  Deno.test(`redactBundle() fails when ${name}, and leaves nothing`, async () => {
    await using scratch = await Scratch.create();
    const path = await bundle(scratch);
    await rejects(scratch.redact(path), (error: Error & { code: string }) => {
      equal(error.code, code, error.message);
      ok(error.message.includes(path), error.message);
      return true;
    });
    deepStrictEqual(scratch.left(), []);
  });
}

Deno.test("redactBundle() ends when it is stopped in the middle of a file, and leaves nothing", async () => {
  await using scratch = await Scratch.create();
  const path = await scratch.archive(VERSION, [{ name: `${ROOT}/a` }, noise(160)]);
  const stop = new AbortController();
  const reason = new DOMException("interrupted", "AbortError");
  const progress = (_stage: string, path: string) => void (path === "a" && queueMicrotask(() => stop.abort(reason)));
  await rejects(scratch.redact(path, [], { signal: stop.signal, progress }), reason);
  deepStrictEqual(scratch.left(), []);
});

Deno.test("redactBundle() does not write into the folder that it reads", async () => {
  await using scratch = await Scratch.create();
  await Deno.writeTextFile(join(scratch.folder, "version.yaml"), "apiVersion: v1\n");
  await rejects(scratch.redact(scratch.folder), { code: "USAGE" });
  deepStrictEqual(scratch.left(), []);
});

Deno.test("a bundle that is collected has a report of what was hidden, by rule and file", async () => {
  const value = secret();
  const spec = await specOf("", secrets(value));
  await withRun(spec, ({ files, report, manifest }) => {
    const found: RedactionReport = JSON.parse(files.get(REPORT)!);
    deepStrictEqual(found.files.map(({ path }) => basename(path)), ["a.txt"]);
    deepStrictEqual(Object.fromEntries(found.rules.map(({ rule, count }) => [rule, count])), report.redactions);
    deepStrictEqual(found.leftOut.map(({ path }) => path), ["mine/c.zip"]);
    ok(manifest.files.some(({ path }) => path === REPORT));
    ok(!files.get(REPORT)!.includes(value));
  });
  await withRun(spec, ({ files }) => ok(!files.has(REPORT), "nothing was redacted"), { redact: false });
});
