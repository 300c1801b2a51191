import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { bytesEntry, type Entry, type FileEntry, textEntry } from "../../src/bundle/entry.ts";
import type { Manifest } from "../../src/bundle/manifest.ts";
import { collector, missingOf, specOf, withRun } from "./with_run.ts";

const encoder = new TextEncoder();
const LINE = "2026-03-02T12:00:00Z a line of a log that never comes to its end\n";

/** A file that never ends. Whoever does not want it any more says so by cancelling it.
 * @param chunk from its number */
function endless(path: string, chunk: (n: number) => string, more: Partial<FileEntry> = {}) {
  let n = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      controller.enqueue(encoder.encode(chunk(n++)));
    },
    cancel: () => void (cancelled = true),
  }, { highWaterMark: 0 });
  const entry: FileEntry = { type: "file", path, body, ...more };
  return { entry, wasCancelled: () => cancelled };
}

const fileOf = (manifest: Manifest, path: string) => manifest.files.find((file) => file.path === path);
const recordOf = (manifest: Manifest, title: string) => manifest.collectors.find((record) => record.title === title)!;

Deno.test("runPipeline() cuts a file that never ends after a whole line, redacted, and has the files after it", async () => {
  const secret = "Planted" + crypto.randomUUID().replaceAll("-", "");
  const log = endless("endless.log", () => `${LINE}db.password=${secret}\n`.repeat(100));
  const unit = collector("talkative", async function* () {
    yield log.entry;
    yield textEntry("after.txt", "after\n");
  });
  await withRun(await specOf("", unit), ({ report, manifest, files }) => {
    const text = files.get("endless.log")!;
    ok(text.length <= 100_000 && text.length > 90_000, `${text.length}`);
    match(text, /(?:\n|\*)$/);
    ok(text.endsWith("\n") && !text.includes(secret));
    const record = fileOf(manifest, "endless.log")!;
    deepStrictEqual(record.truncated, { limit: "100 kB (--max-file-size)" });
    strictEqual(record.bytes, text.length);
    const hidden = Object.values(record.redactions ?? {}).reduce((sum, count) => sum + count, 0);
    ok(hidden >= text.split("db.password=").length - 1, "what was hidden in it is counted");
    strictEqual(files.get("after.txt"), "after\n");
    strictEqual(recordOf(manifest, "talkative").status, "ok");
    ok(log.wasCancelled());
    strictEqual(report.status, "completed");
  }, { sizeLimits: { file: 100_000, collector: 0, bundle: 0 } });
});

Deno.test("runPipeline() keeps both ends of a log, up to the deadline of its collector", async () => {
  const log = endless("both.log", (n) => `${n}: ${LINE}`.repeat(50), { bothEnds: true });
  const unit = collector("talkative", async function* ({ signal }) {
    yield log.entry;
    signal.throwIfAborted();
  });
  await withRun(await specOf("", unit), ({ manifest, files }) => {
    const text = files.get("both.log")!;
    ok(text.length <= 50_000 && text.length > 40_000, `${text.length}`);
    const [, first, leftOut, last] =
      /^(\d+): [^]*\n\[support-bundle left (\d+) bytes out here: the limit is 50\.0 kB \(--max-file-size\)\]\n[^]*?(\d+): [^\n]*\n$/
        .exec(text)!;
    strictEqual(first, "0");
    ok(Number(last) > 20 && Number(leftOut) > 10_000, `${last} ${leftOut}`);
    deepStrictEqual(fileOf(manifest, "both.log")!.truncated, { limit: "deadline; 50.0 kB (--max-file-size)" });
    strictEqual(missingOf(manifest, "talkative")!.reason, "timed-out");
    ok(log.wasCancelled());
  }, { sizeLimits: { file: 50_000, collector: 0, bundle: 0 }, collectorDeadlineMs: 500 });
});

const packed = () => Uint8Array.from({ length: 20_000 }, (_, i) => i % 7 === 0 ? 0 : 65 + i % 26);
const unfit: [name: string, entry: () => Entry, redact: boolean][] = [
  ["an archive", () => bytesEntry("dump.tar.gz", packed()), false],
  ["a binary file", () => bytesEntry("core", packed()), true],
  ["a stream of something binary", () => ({ ...endless("core", () => `\x7fELF\0${LINE}`).entry }), true],
  ["a file without line breaks", () => textEntry("min.json", "[" + "1,".repeat(10_000) + "1]"), true],
];
for (const [name, entry, redact] of unfit) {
  Deno.test(`runPipeline() leaves out ${name} that is too large, and says so`, async () => {
    const unit = collector("large", async function* () {
      yield entry();
      yield textEntry("after.txt", "after\n");
    });
    await withRun(await specOf("", unit), ({ report, manifest, files }) => {
      const { path } = entry();
      strictEqual(files.has(path), false);
      const why = missingOf(manifest, path)!;
      strictEqual(why.reason, "too-large");
      strictEqual(why.message, "left out: there was no room for it within 10.0 kB (--max-file-size)");
      strictEqual(files.get("after.txt"), "after\n");
      const record = recordOf(manifest, "large");
      deepStrictEqual([record.status, record.files, record.bytes], ["partial", 1, 6]);
      strictEqual(report.shortfallCount, 1);
    }, { sizeLimits: { file: 10_000, collector: 0, bundle: 0 }, redact });
  });
}

Deno.test("runPipeline() ends a collector that never comes to its end where its budget does, and lets it clean up", async () => {
  let cleaned = 0;
  const unit = collector("endless", async function* () {
    try {
      for (let n = 0;; n++) yield textEntry(`files/${n}.txt`, LINE.repeat(10));
    } finally {
      await new Promise((resolve) => setTimeout(resolve, 500));
      cleaned++;
    }
  });
  const modest = collector("modest", async function* () {
    await new Promise((resolve) => setTimeout(resolve, 200));
    yield textEntry("modest.txt", "modest\n");
  });
  await withRun(await specOf("", unit, modest), ({ manifest, files }) => {
    const record = recordOf(manifest, "endless");
    strictEqual(record.status, "partial");
    ok(record.bytes <= 10_000 && record.bytes > 9_000, `${record.bytes}`);
    strictEqual(record.files, [...files.keys()].filter((path) => path.startsWith("files/")).length);
    const why = missingOf(manifest, "endless")!;
    strictEqual(why.reason, "too-large");
    match(why.message, /^stopped: its files have reached 10\.0 kB \(--max-collector-size\)/);
    const cut = fileOf(manifest, `files/${record.files - 1}.txt`)!;
    deepStrictEqual(cut.truncated, { limit: "10.0 kB (--max-collector-size)" });
    strictEqual(cleaned, 1, "before the bundle was finished");
    strictEqual(files.get("modest.txt"), "modest\n");
  }, { sizeLimits: { file: 0, collector: 10_000, bundle: 0 } });
});

Deno.test("runPipeline() begins no collector once the bundle is full, stops those that run, and says so of each", async () => {
  const talking = (title: string) =>
    collector(title, async function* () {
      for (let n = 0;; n++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield textEntry(`${title}/${n}.txt`, LINE.repeat(10));
      }
    });
  const units = ["a", "b", "c", "d", "e", "f"].map(talking);
  await withRun(await specOf("", ...units), ({ report, manifest, files }) => {
    const bytes = manifest.files.filter(({ collector }) => collector !== "support-bundle")
      .reduce((sum, { bytes }) => sum + bytes, 0);
    ok(bytes <= 50_000 && bytes > 45_000, `${bytes}`);
    const why = ["a", "b", "c", "d", "e", "f"].map((title) => {
      const { reason, message } = missingOf(manifest, title)!;
      strictEqual(reason, "too-large");
      return message.split(":")[0]!;
    });
    deepStrictEqual(why.sort().join(" "), "not started not started stopped stopped stopped stopped");
    strictEqual(recordOf(manifest, "f").status, "failed");
    match(recordOf(manifest, "f").message!, /^not started: the bundle had reached 50\.0 kB \(--max-bundle-size\)$/);
    // What explains the bundle always has room.
    for (const path of ["version.yaml", "MANIFEST.json", "analysis.json", "execution-data/cost.json"]) {
      ok(files.has(path));
    }
    strictEqual(report.status, "partial");
    strictEqual(report.exitCode, 0);
  }, { sizeLimits: { file: 0, collector: 0, bundle: 50_000 } });
});
