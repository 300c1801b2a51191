import { deepStrictEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createGzip, gzipSync } from "node:zlib";
import { textAnalyze } from "../../src/analyze/kinds/cluster/text_analyze.ts";
import { clusterPodStatuses } from "../../src/analyze/kinds/cluster/cluster_pod_statuses.ts";
import type { AnalyzerEntry } from "../../src/analyze/run_analyzers.ts";
import { headerBlocks, padding, TAR_END } from "../../src/bundle/tar_blocks.ts";
import { systemClock } from "../../src/core/clock.ts";
import { analyzeBundle, type AnalyzeBundleOptions } from "../../src/pipeline/analyze_bundle.ts";
import { downloadBundle } from "../../src/pipeline/download_bundle.ts";
import { type Member, tarOf } from "../bundle/tar_bytes.ts";
import { ManualClock } from "../manual_clock.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const never = new AbortController().signal;
const bytes = (text: string) => new TextEncoder().encode(text);

/** A bundle as it is on a disk. */
async function bundleOf(...members: [name: string, content: string | Uint8Array][]): Promise<Uint8Array> {
  return gzipSync(await tarOf(...members.map(([name, content]): Member => [{ name: `${ROOT}/${name}` }, content])));
}

function text(fields: object): AnalyzerEntry {
  const outcomes = [{ fail: { when: "true", message: "found" } }, { pass: { when: "false", message: "not found" } }];
  return { analyzer: textAnalyze, config: textAnalyze.schema.parse({ fileName: "a.log", outcomes, ...fields }) };
}
const pods: AnalyzerEntry = {
  analyzer: clusterPodStatuses,
  config: clusterPodStatuses.schema.parse({ outcomes: [{ fail: { when: "!= Healthy" } }] }),
};

interface Judged {
  verdicts: string[];
  /** Files with a name in the temporary folder, while the bundle is open. */
  left: string[];
  sha256?: string;
}

async function judge(
  bundle: Uint8Array | URL,
  entries: AnalyzerEntry[],
  more: Partial<AnalyzeBundleOptions> = {},
): Promise<Judged> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "in.tar.gz");
    if (!(bundle instanceof URL)) await Deno.writeFile(path, bundle);
    const tempFolder = join(folder, "tmp");
    await Deno.mkdir(tempFolder);
    using analyzed = await analyzeBundle({
      bundle: bundle instanceof URL ? bundle : path,
      entries: () => entries,
      unsupported: [],
      env: {},
      clock: systemClock,
      signal: never,
      tempFolder,
      ...more,
    });
    return {
      verdicts: analyzed.findings.map(({ outcome: { status, message } }) => `${status}: ${message}`),
      left: [...Deno.readDirSync(tempFolder)].map(({ name }) => name),
      sha256: analyzed.sha256,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** How much more memory the process holds after it than before, in MB. */
async function grown<T>(action: () => Promise<T>): Promise<[result: T, megabytes: number]> {
  const before = Deno.memoryUsage().rss;
  let most = before;
  const sampler = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 20);
  try {
    return [await action(), (most - before) / 1e6];
  } finally {
    clearInterval(sampler);
  }
}

/** A gzip of a tar with one file of a byte, repeated. */
async function bombOf(name: string, megabytes: number, byte: string): Promise<Uint8Array> {
  const size = megabytes * 1024 * 1024;
  const piece = bytes(byte.repeat(1024 * 1024));
  const gzip = createGzip();
  const packed = new Response(ReadableStream.from(gzip)).bytes();
  const put = (chunk: Uint8Array) =>
    new Promise<void>((resolve) => gzip.write(chunk) ? resolve() : void gzip.once("drain", resolve));
  for (const [member, length] of [["version.yaml", 0], [name, size]] as const) {
    await put(await headerBlocks({ name: `${ROOT}/${member}`, size: 0, mode: 0o600, mtime: new Date(0) }, length));
    for (let at = 0; at < length; at += piece.length) await put(piece);
    await put(padding(length));
  }
  await put(TAR_END);
  gzip.end();
  return await packed;
}

Deno.test("analyzeBundle() stops at a gzip bomb, and says so", async () => {
  const bomb = await bombOf("a.log", 1_000, "\0");
  const [{ verdicts }, megabytes] = await grown(() => judge(bomb, [text({ regex: "x" })]));
  match(verdicts[0]!, /^error: not all of the archive could be read: it unpacks to more than 200 times its size\./);
  match(verdicts[1]!, /^warn: No matching files/);
  ok(megabytes < 200, `${megabytes} MB`);
});

Deno.test("analyzeBundle() reads no JSON of a gigabyte on one line, and says so", async () => {
  const line = await bombOf("cluster-resources/pods/a.json", 900, "[");
  const [{ verdicts, left }, megabytes] = await grown(() => judge(line, [pods]));
  deepStrictEqual(verdicts, [
    "error: cluster-resources/pods/a.json of the bundle is too large to be read at once: 944 MB, and the limit is 134 MB",
  ]);
  if (Deno.build.os !== "windows") deepStrictEqual(left, []);
  ok(megabytes < 200, `${megabytes} MB`);
});

const nested = "[".repeat(200_000);
const hostile: [name: string, files: [string, string][], entry: AnalyzerEntry, verdict: RegExp][] = [
  [
    "JSON without an end",
    [["cluster-resources/pods/a.json", "{"]],
    pods,
    /^error: Cannot read cluster.*a\.json .* as JSON/,
  ],
  ["JSON of deep lists", [["cluster-resources/pods/a.json", nested]], pods, /^error: Cannot read cluster/],
  ["JSON of something else", [["cluster-resources/pods/a.json", '"x"']], pods, /^(?:skipped|error): /],
  ["items that are null", [["cluster-resources/pods/a.json", '{"items": [null, 1]}']], pods, /^error: .*not a list/],
  [
    "a pod of wrong types",
    [["cluster-resources/pods/a.json", '{"items": [{"metadata": 1, "spec": [], "status": {"containerStatuses": 7}}]}']],
    pods,
    /^(?:fail|error|skipped): /,
  ],
  ["a file with a NUL", [["a.log", "\0\0x\0"]], text({ regex: "x" }), /^fail: found/],
  [
    "a pattern that backtracks elsewhere",
    [["a.log", "a".repeat(100_000)]],
    text({ regex: "(a+)+$b|(a*)*c" }),
    /^pass: not/,
  ],
  [
    "a glob of many stars",
    [["a".repeat(99), "x"]],
    text({ fileName: `${"*a".repeat(500)}b`, regex: "x" }),
    /^warn: No m/,
  ],
  [
    "a path out of the bundle",
    [["a.log", "x"]],
    text({ fileName: "../../etc/hostname", regex: "." }),
    /^error: The path/,
  ],
  [
    "a template of loops in loops",
    [["a.log", "x"]],
    text({
      regexGroups: "(?P<x>x)",
      outcomes: [{
        fail: {
          message: `${"{{ range until 100000 }}".repeat(4)}x${"{{ end }}".repeat(4)}`,
        },
      }],
    }),
    /^error: .*(?:too long|too large|takes|until)/,
  ],
];
for (const [name, files, entry, verdict] of hostile) {
  Deno.test(`analyzeBundle() answers in time to ${name}`, async () => {
    const started = performance.now();
    const { verdicts } = await judge(await bundleOf(["version.yaml", "v"], ...files), [entry]);
    match(verdicts.join("\n"), verdict);
    equal(verdicts.length, 1);
    ok(performance.now() - started < 20_000);
  });
}

Deno.test("analyzeBundle() drops everything when it is stopped", async () => {
  const stop = new AbortController();
  const progress = (what: string) => what.startsWith("read ") && stop.abort(new DOMException("stop", "AbortError"));
  await rejects(
    judge(await bundleOf(["a.log", "x"]), [text({ regex: "x" })], {
      signal: stop.signal,
      progress: (w) => void progress(w),
    }),
    /stop/,
  );
});

/** A server that answers with a bundle, and what it was asked. */
async function served(
  handler: (request: Request) => Response | Promise<Response>,
  action: (url: URL) => Promise<void>,
) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  try {
    await action(new URL(`http://127.0.0.1:${server.addr.port}/b.tar.gz`));
  } finally {
    await server.shutdown();
  }
}

Deno.test("analyzeBundle() of an address downloads it, follows redirects, and says its hash", async () => {
  const bundle = await bundleOf(["version.yaml", "v"], ["a.log", "x"]);
  const asked: string[] = [];
  const handler = (request: Request) => {
    asked.push(`${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
    if (request.url.endsWith("/b.tar.gz")) return new Response(null, { status: 302, headers: { location: "/real" } });
    return new Response(bundle.slice());
  };
  await served(handler, async (url) => {
    url.username = "me";
    url.password = "p";
    const { verdicts, sha256, left } = await judge(url, [text({ regex: "x" }), text({ regex: "y" })]);
    deepStrictEqual(verdicts, ["fail: found", "pass: not found"]);
    equal(sha256, createHash("sha256").update(bundle).digest("hex"));
    if (Deno.build.os !== "windows") deepStrictEqual(left, []);
    deepStrictEqual(asked, [`/b.tar.gz Basic ${btoa("me:p")}`, `/real Basic ${btoa("me:p")}`]);
  });
});

const refused: [name: string, response: () => Response, message: RegExp][] = [
  ["another status", () => new Response("no", { status: 404 }), /the server answered 404$/],
  [
    "a web page",
    () => new Response("<html>login</html>"),
    /it is no tar archive, plain or in gzip, but something else/,
  ],
  ["an empty answer", () => new Response(""), /an empty file/],
  ["too much", () => new Response("x".repeat(2_000_000)), /it is larger than 1\.0 MB$/],
  [
    "a redirect to a file",
    () => new Response(null, { status: 302, headers: { location: "file:///etc/passwd" } }),
    /the server redirects to file:, which is not followed$/,
  ],
];
for (const [name, response, message] of refused) {
  Deno.test(`analyzeBundle() refuses an address that answers with ${name}, and quotes no query`, async () => {
    await served(response, async (url) => {
      url.search = "?token=t0psecret";
      const options = { env: {}, clock: systemClock, signal: never, tempFolder: Deno.env.get("TMPDIR") ?? "/tmp" };
      const action = name === "too much"
        ? downloadBundle(url, { ...options, maxBytes: 1e6 }).then(({ file }) => file[Symbol.dispose]())
        : judge(url, [text({ regex: "x" })]).then(() => {});
      await rejects(action, (error) => {
        match((error as Error).message, message);
        ok(!(error as Error).message.includes("t0psecret"));
        return true;
      });
    });
  });
}

Deno.test("downloadBundle() gives up on a server that says nothing more", async () => {
  const clock = new ManualClock();
  let feeding: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = () =>
    new ReadableStream<Uint8Array>({ start: (controller) => (feeding = controller).enqueue(bytes("x")) });
  await served(() => new Response(body()), async (url) => {
    const options = { env: {}, clock, signal: never, tempFolder: Deno.env.get("TMPDIR") ?? "/tmp" };
    const failed = rejects(downloadBundle(url, options), /Cannot download .*: the server said nothing for 60 s$/);
    // The answer arrives in real time; the clock is turned until somebody waits for it.
    const turning = setInterval(() => void clock.advance(30_000), 50);
    await failed;
    clearInterval(turning);
    try {
      feeding?.close();
    } catch {
      // The connection is gone.
    }
  });
});
