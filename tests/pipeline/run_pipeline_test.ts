import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { join } from "node:path";
import { type Entry, missing, textEntry } from "../../src/bundle/entry.ts";
import { systemClock } from "../../src/core/clock.ts";
import { pipelineRequestSchema } from "../../src/pipeline/request.ts";
import { runPipeline } from "../../src/pipeline/run_pipeline.ts";
import { collector, missingOf, specOf, withRun } from "./with_run.ts";
import { secretsOf } from "../secrets.ts";

Deno.test("runPipeline() writes a bundle with the files that readers look for, each one explained", async () => {
  await withRun(await specOf(""), ({ report, manifest, files }) => {
    strictEqual(report.status, "completed");
    strictEqual(report.exitCode, 0);
    match(
      files.get("version.yaml")!,
      /^apiVersion: troubleshoot.sh\/v1beta2\nkind: SupportBundle\nspec:\n {2}versionNumber: \d/,
    );
    deepStrictEqual(JSON.parse(files.get("analysis.json")!), []);
    match(files.get("execution-data/summary.txt")!, /Amount of Memory \(S\) : [\d,]+ms/);
    const { total } = JSON.parse(files.get("host-collectors/system/memory.json")!);
    ok(total > 1e6);
    const explained = manifest.files.map(({ path }) => path).sort();
    deepStrictEqual(explained, [...files.keys()].filter((path) => path !== "MANIFEST.json").sort());
    for (const record of manifest.files) {
      const bytes = new TextEncoder().encode(files.get(record.path)!);
      strictEqual(record.bytes, bytes.length, record.path);
    }
    deepStrictEqual(report.stages.map(({ stage, status }) => `${stage} ${status}`), [
      "collect ok",
      "redact ok",
      "analyze skipped",
      "archive ok",
      "leak-gate ok",
    ]);
  });
});

Deno.test("runPipeline() never writes an unredacted byte, and counts what it hid", async () => {
  const secret = "Planted" + crypto.randomUUID().replaceAll("-", "");
  const leaky = collector("leaky", async function* () {
    yield textEntry("app.properties", `name=x\ndb.password=${secret}\nurl=postgres://app:${secret}@db:5432/x\n`);
  });
  await withRun(await specOf("", leaky), ({ report, manifest, files }) => {
    for (const [path, text] of files) ok(!text.includes(secret), path);
    match(files.get("app.properties")!, /^name=x\ndb\.password=\*\*\*HIDDEN\*\*\*\n/);
    const total = Object.values(report.redactions).reduce((sum, n) => sum + n, 0);
    ok(total >= 2);
    ok(manifest.files.find(({ path }) => path === "app.properties")!.redactions);
  });
});

Deno.test("runPipeline() with redact: false leaves the bytes as they are, and says so", async () => {
  const leaky = collector("leaky", async function* () {
    yield textEntry("app.properties", "db.password=plain-as-day\n");
  });
  await withRun(await specOf("", leaky), ({ report, files }) => {
    strictEqual(files.get("app.properties"), "db.password=plain-as-day\n");
    strictEqual(report.stages.find(({ stage }) => stage === "redact")!.status, "skipped");
  }, { redact: false });
});

const failures = [ // name, collect, reason, message
  [
    "throws",
    async function* (): AsyncGenerator<Entry> {
      yield textEntry("before.txt", "had");
      throw new Error("socket hang up");
    },
    "failed",
    /socket hang up/,
  ],
  [
    "says itself that something is missing",
    async function* (): AsyncGenerator<Entry> {
      yield textEntry("before.txt", "had");
      yield missing("broken", "forbidden", "list pods: the API server answered 403");
    },
    "forbidden",
    /403/,
  ],
] as const;
for (const [name, collect, reason, message] of failures) {
  Deno.test(`runPipeline() delivers the rest when a collector ${name}`, async () => {
    await withRun(await specOf("", collector("broken", collect)), ({ report, manifest, files }) => {
      strictEqual(report.status, "partial");
      strictEqual(report.exitCode, 0);
      strictEqual(files.get("before.txt"), "had");
      strictEqual(missingOf(manifest, "broken")!.reason, reason);
      match(missingOf(manifest, "broken")!.message, message);
      strictEqual(manifest.collectors.find(({ title }) => title === "broken")!.status, "partial");
      strictEqual(report.shortfallCount, 1);
    });
  });
}

Deno.test("runPipeline() keeps nothing of a file that breaks off, and the collector's other files", async () => {
  const broken = collector("broken", async function* () {
    const body = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(new TextEncoder().encode("half a line\n")),
      pull: () => Promise.reject(new Error("connection reset")),
    });
    yield { type: "file", path: "half.log", body };
    yield textEntry("whole.log", "whole\n");
  });
  await withRun(await specOf("", broken), ({ manifest, files }) => {
    strictEqual(files.has("half.log"), false);
    strictEqual(files.get("whole.log"), "whole\n");
    match(missingOf(manifest, "half.log")!.message, /connection reset/);
  });
});

Deno.test("runPipeline() puts no file outside of the bundle", async () => {
  const hostile = collector("hostile", async function* () {
    yield textEntry("../../escaped.txt", "x");
    yield { type: "link", path: "link", target: "/etc/hostname" };
    yield textEntry("good.txt", "x");
  });
  await withRun(await specOf("", hostile), ({ manifest, files, folder }) => {
    match(missingOf(manifest, "../../escaped.txt")!.message, /outside the bundle/);
    deepStrictEqual(manifest.links, []);
    strictEqual(files.get("good.txt"), "x");
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["out", "out.tar.gz", "work"]);
  });
});

/** Gives one line and then waits until it is told to stop, or for ever. */
function endless(obedient: boolean, started: () => void) {
  return collector("endless", async function* ({ signal }) {
    yield {
      type: "file",
      path: "endless.log",
      body: new ReadableStream<Uint8Array>({
        start(c) {
          c.enqueue(new TextEncoder().encode("first line\nsecond li"));
          started();
        },
        pull: () => new Promise(() => {}),
      }),
    };
    if (obedient) signal.throwIfAborted();
    else await new Promise(() => {});
  });
}

const endings = [ // name, obedient, how it ends, exit code, reason
  ["the collector's deadline", true, "collector", 0, "timed-out"],
  ["the deadline of the run", true, "run", 124, "timed-out"],
  ["Ctrl-C", true, "stop", 130, "interrupted"],
  ["Ctrl-C, from a collector that does not listen", false, "stop", 130, "interrupted"],
] as const;
for (const [name, obedient, how, exitCode, reason] of endings) {
  Deno.test(`runPipeline() finishes the bundle after ${name}, with whole lines of what was had`, async () => {
    const stop = new AbortController();
    const unit = endless(obedient, () => {
      // Once its first line lies in the stream.
      if (how === "stop") setTimeout(() => stop.abort(), 50);
    });
    await withRun(await specOf("", unit), ({ report, manifest, files }) => {
      strictEqual(report.status, "partial");
      strictEqual(report.exitCode, exitCode);
      strictEqual(files.get("endless.log"), "first line\n");
      deepStrictEqual(manifest.files.find(({ path }) => path === "endless.log")!.truncated, { limit: "deadline" });
      strictEqual(missingOf(manifest, "endless")!.reason, reason);
      ok(files.has("host-collectors/system/memory.json"));
    }, {
      stop: stop.signal,
      deadlineMs: how === "run" ? 100 : undefined,
      ...(how === "collector" ? { collectorDeadlineMs: 100 } : {}),
    });
  });
}

Deno.test("runPipeline() drops everything when it is aborted", async () => {
  const folder = await Deno.makeTempDir();
  const abort = new AbortController();
  const unit = endless(true, () => setTimeout(() => abort.abort(), 20));
  const request = pipelineRequestSchema.parse({
    specs: ["-"],
    archivePath: join(folder, "out.tar.gz"),
    rootName: "out",
    workParent: join(folder, "work"),
  });
  const context = {
    clock: systemClock,
    env: {},
    secret: secretsOf(),
    stop: new AbortController().signal,
    abort: abort.signal,
    emit: () => {},
  };
  await rejects(runPipeline(request, await specOf("", unit), context), { name: "AbortError" });
  deepStrictEqual([...Deno.readDirSync(join(folder, "work"))], []);
  deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["work"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("runPipeline() keeps the bundle when it cannot be delivered, and ends with its own code", async () => {
  await withRun(await specOf(""), async ({ report }) => {
    strictEqual(report.status, "failed");
    strictEqual(report.exitCode, 7);
    strictEqual(report.stages.find(({ stage }) => stage === "upload")!.status, "failed");
    ok((await Deno.stat(report.archive!.path)).isFile);
  }, {
    upload: {
      url: "s3://bucket/x/",
      options: { endpoint: "http://127.0.0.1:1", region: "x" },
      credentials: "env:NO_SUCH_VARIABLE",
    },
  });
});

Deno.test("runPipeline() runs analyzers on what was redacted, and reports their findings", async () => {
  const spec = await specOf(
    "  hostAnalyzers:\n    - memory:\n        outcomes:\n          - fail: {when: '> 1', message: much memory}\n",
  );
  await withRun(spec, ({ report, files }) => {
    deepStrictEqual(report.findings, {
      fail: 1,
      warn: 0,
      pass: 0,
      top: [{
        title: "Amount of Memory",
        severity: "fail",
        message: "much memory",
        evidence: "host-collectors/system/memory.json",
      }],
    });
    strictEqual(JSON.parse(files.get("analysis.json")!)[0].severity, "error");
    strictEqual(report.status, "completed");
  });
});

Deno.test("runPipeline() finishes the bundle at Ctrl-C while the API server owes it an answer about permissions", async () => {
  const stop = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (new URL(request.url).pathname === "/version") return Response.json({ gitVersion: "v1.36.0" });
    // A webhook authorizer that hangs: reviews are never answered, and nothing else is.
    setTimeout(() => stop.abort(), 50);
    return new Promise<Response>((resolve) => {
      request.signal.addEventListener("abort", () => resolve(new Response(null, { status: 503 })), { once: true });
    });
  });
  try {
    const spec = await specOf("  collectors: [{logs: {selector: [app=x], namespace: shop}}]\n");
    await withRun(spec, ({ report, manifest, files }) => {
      strictEqual(report.status, "partial");
      strictEqual(report.exitCode, 130);
      ok(files.has("host-collectors/system/memory.json"));
      strictEqual(missingOf(manifest, "logs/app=x")!.reason, "interrupted");
    }, { stop: stop.signal, kube: { server: `http://127.0.0.1:${server.addr.port}` } });
  } finally {
    await server.shutdown();
  }
});

Deno.test("runPipeline() looks for trouble by itself when the run finds out what to collect, and not otherwise", async () => {
  const pods = JSON.stringify({ items: [{ metadata: { name: "web", namespace: "shop" }, status: CRASHING }] }, null, 2);
  const cluster = collector("cluster", async function* () {
    yield textEntry("cluster-resources/pods/shop.json", pods);
  });
  const primaries = (analysis: unknown[]) =>
    (analysis as { insight: { primary: string } }[]).map(({ insight }) => insight.primary);
  await withRun(await specOf("", cluster), ({ report, files }) => {
    deepStrictEqual(primaries(report.analysis)[0], "Restarts again and again: shop/web, container main");
    deepStrictEqual(JSON.parse(files.get("analysis.json")!), report.analysis);
    deepStrictEqual(report.findings.top, [{
      title: "Restarts again and again: shop/web, container main",
      severity: "fail",
      message: "Pod shop/web: container main restarted 9 times.",
      nextStep: "kubectl logs -n shop web -c main --previous",
      evidence: "cluster-resources/pods/shop.json:10",
    }]);
  }, { auto: true });
  for (const options of [{ auto: true, analyze: false }, { auto: false }]) {
    await withRun(await specOf("", cluster), ({ report }) => deepStrictEqual(report.analysis, []), options);
  }
});

const CRASHING = {
  containerStatuses: [{ name: "main", restartCount: 9, state: { waiting: { reason: "CrashLoopBackOff" } } }],
};

Deno.test("runPipeline() hides in findings what it hides in files, wherever they go", async () => {
  const secret = "Planted" + crypto.randomUUID().replaceAll("-", "");
  const spec = `
  hostAnalyzers:
  - memory:
      checkName: Ask
      outcomes: [{ fail: { message: "see postgres://app:${secret}@db:5432/x for more" } }]
`;
  await withRun(await specOf(spec), ({ report, files, events }) => {
    const expected = "see postgres://***HIDDEN***:***HIDDEN***@***HIDDEN***:5432/***HIDDEN*** for more";
    deepStrictEqual(report.findings.top.map(({ message }) => message), [expected]);
    ok(JSON.stringify(report.analysis).includes(expected));
    ok(files.get("analysis.json")!.includes(expected));
    ok(!JSON.stringify([report, events]).includes(secret));
  });
});
