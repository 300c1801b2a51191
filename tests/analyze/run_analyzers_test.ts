import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as z from "zod";
import { type AnalyzerResult, defineAnalyzer, type Finding } from "../../src/analyze/analyzer.ts";
import { cpu } from "../../src/analyze/kinds/host/cpu.ts";
import { clusterVersion } from "../../src/analyze/kinds/cluster/cluster_version.ts";
import { type AnalyzerEntry, runAnalyzers, type RunAnalyzersOptions } from "../../src/analyze/run_analyzers.ts";
import type { BundleReader } from "../../src/bundle/bundle_reader.ts";
import { ManualClock } from "../manual_clock.ts";
import { fail, pass } from "./judge_kind.ts";
import { MemoryBundle } from "./memory_bundle.ts";

/** An analyzer that does what a test says. */
function scripted(
  analyze: (bundle: BundleReader) => AsyncIterable<AnalyzerResult>,
  fields: object = {},
): AnalyzerEntry {
  const analyzer = defineAnalyzer({
    kind: "scripted",
    where: "cluster",
    summary: "",
    icon: { key: "own", uri: "" },
    fields: () => ({ note: z.string().optional() }),
    title: ({ checkName }) => checkName || "Scripted",
    analyze: (_, bundle) => analyze(bundle),
  });
  return { analyzer, config: analyzer.schema.parse(fields) };
}

const says = (message: string, more: Partial<AnalyzerResult> = {}) =>
  async function* (): AsyncIterable<AnalyzerResult> {
    yield await Promise.resolve({ outcome: { status: "pass" as const, message }, ...more });
  };

function entry(analyzer: AnalyzerEntry["analyzer"], fields: object): AnalyzerEntry {
  return { analyzer, config: analyzer.schema.parse(fields) };
}

async function run(
  entries: AnalyzerEntry[],
  options: Partial<RunAnalyzersOptions> = {},
  files: Record<string, unknown> = {},
): Promise<Finding[]> {
  const signal = new AbortController().signal;
  return await Array.fromAsync(runAnalyzers(entries, new MemoryBundle(files), { signal, ...options }));
}

const short = (findings: Finding[]) =>
  findings.map(({ title, outcome: { status, message } }) => [title, status, message]);

Deno.test("runAnalyzers() completes results, in order", async () => {
  const titles: string[] = [];
  const findings = await run([
    scripted(says("a", { title: "Own", icon: { key: "other", uri: "" } }), { strict: "true" }),
    scripted(says("b"), { checkName: "Named" }),
  ], { clock: new ManualClock(), progress: (title) => titles.push(title) });
  deepStrictEqual(findings, [
    {
      title: "Own",
      kind: "scripted",
      where: "cluster",
      strict: true,
      icon: { key: "other", uri: "" },
      outcome: { status: "pass", message: "a" },
      durationMs: 0,
    },
    {
      title: "Named",
      kind: "scripted",
      where: "cluster",
      strict: false,
      icon: { key: "own", uri: "" },
      outcome: { status: "pass", message: "b" },
      durationMs: 0,
    },
  ]);
  deepStrictEqual(titles, ["Scripted", "Named"]);
});

Deno.test("runAnalyzers() turns what an analyzer throws into a finding, and goes on", async () => {
  const findings = await run([
    scripted(async function* () {
      yield* says("before")();
      throw new TypeError("broken", { cause: new Error("by this") });
    }),
    scripted(() => {
      throw new Error("at once");
    }),
    scripted(says("after")),
  ]);
  deepStrictEqual(short(findings), [
    ["Scripted", "pass", "before"],
    ["Scripted", "error", "broken: by this"],
    ["Scripted", "error", "at once"],
    ["Scripted", "pass", "after"],
  ]);
});

Deno.test("runAnalyzers() turns a title that throws into the kind", async () => {
  const broken = scripted(says("a"));
  broken.analyzer = {
    ...broken.analyzer,
    title() {
      throw new Error("no title");
    },
  };
  deepStrictEqual(short(await run([broken])), [["scripted", "pass", "a"]]);
});

Deno.test("runAnalyzers() shows what the spec excludes, and does not run it", async () => {
  const excluded = scripted(() => {
    throw new Error("was run");
  }, { exclude: true });
  const [finding] = await run([excluded]);
  deepStrictEqual(finding!.outcome, {
    status: "skipped",
    reason: "excluded",
    message: "The spec leaves this analyzer out",
  });
});

Deno.test("runAnalyzers() lets no kind vanish over missing files", async () => {
  const outcomes = [fail()];
  deepStrictEqual(short(await run([entry(clusterVersion, { outcomes }), entry(cpu, { outcomes })])), [
    [
      "Required Kubernetes Version",
      "skipped",
      "The bundle does not have cluster-info/cluster_version.json, or it is empty",
    ],
    ["Number of CPUs", "skipped", "The bundle does not have host-collectors/system/cpu.json, or it is empty"],
  ]);
});

Deno.test("runAnalyzers() ends an analyzer that takes too long, stops its reading, and goes on", async () => {
  const clock = new ManualClock();
  let stuck: BundleReader | undefined;
  const run1 = run(
    [
      scripted(async function* (bundle) {
        stuck = bundle;
        yield* says("early")();
        await new Promise(() => {});
      }),
      scripted(says("next")),
    ],
    { clock, deadlineMs: 5000 },
    { "a": "text" },
  );
  await clock.untilSleeping(1);
  await clock.advance(5000);
  deepStrictEqual(short(await run1), [
    ["Scripted", "pass", "early"],
    ["Scripted", "error", "it took longer than 5 s"],
    ["Scripted", "pass", "next"],
  ]);
  deepStrictEqual((await run1).map(({ durationMs }) => durationMs), [0, 5000, 0]);
  strictEqual(clock.sleeping, 0);
  let stopped = false;
  try {
    await stuck!.readText("a");
  } catch {
    stopped = true;
  }
  strictEqual(stopped, true);
});

Deno.test("runAnalyzers() says which analyzers a stop kept from running", async () => {
  const stop = new AbortController();
  const findings = await run([
    scripted(async function* () {
      yield* says("done")();
      stop.abort();
      await new Promise(() => {});
    }),
    scripted(says("never")),
    scripted(says("never"), { exclude: true }),
  ], { signal: stop.signal });
  deepStrictEqual(short(findings), [
    ["Scripted", "pass", "done"],
    ["Scripted", "error", "the run was stopped"],
    ["Scripted", "error", "the run was stopped before this analyzer"],
    ["Scripted", "skipped", "The spec leaves this analyzer out"],
  ]);
});

Deno.test("runAnalyzers() bounds the results of one analyzer, and their length", async () => {
  let cleanedUp = false;
  const findings = await run([
    scripted(async function* () {
      try {
        for (;;) yield* says("x".repeat(100))();
      } finally {
        cleanedUp = true;
      }
    }),
    scripted(says("y".repeat(100_000))),
  ]);
  strictEqual(cleanedUp, true);
  strictEqual(findings.length, 10_002);
  strictEqual(findings[10_000]!.outcome.message, "it has more than 10000 results; the rest is left out");
  strictEqual(findings[10_001]!.outcome.message.length < 33_000, true);
});

Deno.test("runAnalyzers() parses a file once for all analyzers", async () => {
  const bundle = new MemoryBundle({ "cluster-info/cluster_version.json": { string: "v1.27.3" } });
  const entries = Array.from({ length: 5 }, () => entry(clusterVersion, { outcomes: [pass()] }));
  const signal = new AbortController().signal;
  strictEqual((await Array.fromAsync(runAnalyzers(entries, bundle, { signal }))).length, 5);
  strictEqual(bundle.reads.get("cluster-info/cluster_version.json"), 1);
});
