/** Measures what the README claims, in one run: medians, and ratios of things measured side by side.
 *
 *   scripts/deno task bench            everything that this machine can
 *   scripts/deno task bench redaction  one section: startup, redaction, redact, analyze, gate, upload, scheduler, tick, cluster */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { scanArchive } from "../src/leak_gate/scan_archive.ts";
import { createRedactor } from "../src/redact/create_redactor.ts";
import { KnownValues } from "../src/redact/values/known_values.ts";
import { analyzeBench } from "./bench_analyze.ts";
import { type BenchTools, redactBench } from "./bench_redact.ts";
import { schedulerBench, tickBench } from "./bench_scheduler.ts";
import { uploadBench } from "./bench_upload.ts";
import { buildBinary } from "./build.ts";
import { startTestCluster } from "./test_cluster.ts";
import { LARGE, planSeed, type SeedSize, TWICE } from "./test_cluster/seed_objects.ts";

const KUBECTL_KINDS =
  "pods,services,deployments,statefulsets,replicasets,jobs,cronjobs,events,configmaps,endpointslices," +
  "roles,rolebindings,serviceaccounts";

/** A program that redacts a file and throws the result away. */
const REDACT_STREAM = `
  import { createRedactor } from ${JSON.stringify(new URL("../src/redact/create_redactor.ts", import.meta.url))};
  const { readable } = await Deno.open(Deno.args[0]);
  const redactor = createRedactor({ builtIn: true, custom: [] });
  for await (const _ of redactor.redact("cluster-resources/pods.json", readable, () => {}));`;

const sections: Record<string, () => Promise<void>> = {
  startup,
  redaction,
  redact: () => redactBench(tools()),
  analyze: () => analyzeBench(tools()),
  gate,
  upload: () => uploadBench(tools()),
  scheduler,
  tick,
  cluster,
};
const chosen = Deno.args.length > 0 ? Deno.args : Object.keys(sections);
const scratch = await Deno.makeTempDir({ prefix: "bench-" });
const binary = await buildBinary();
try {
  console.log(
    `${Deno.build.target}, ${navigator.hardwareConcurrency} cores, ${new Date().toISOString().slice(0, 10)}\n`,
  );
  for (const name of chosen) {
    const section = sections[name];
    if (section === undefined) {
      throw new Error(`There is no section "${name}"; there are ${Object.keys(sections).join(", ")}`);
    }
    await section();
  }
} finally {
  await Deno.remove(scratch, { recursive: true });
}

function tools(): BenchTools {
  return { binary, scratch, measure, row, median, logText };
}

function row(what: string, figure: string, bound = ""): void {
  console.log(`${what.padEnd(58)} ${figure.padStart(22)}  ${bound}`);
}

/** The start of a small command, and what it holds. */
async function startup(): Promise<void> {
  const source = [Deno.execPath(), "run", "-A", join(import.meta.dirname!, "..", "main.ts")];
  const runs = { binary: [] as Measured[], source: [] as Measured[] };
  for (let i = 0; i < 11; i++) {
    runs.binary.push(await measure([binary, "version"]));
    runs.source.push(await measure([...source, "version"]));
  }
  const ms = median(runs.binary.map((run) => run.ms));
  row("start of a small command", `${Math.round(ms)} ms`, "< 100 ms");
  row("  its memory", `${Math.round(median(runs.binary.map((run) => run.peakMB)))} MB`, "< 80 MB");
  row("  ratio to the same command from source", (ms / median(runs.source.map((run) => run.ms))).toFixed(2));
}

/** Redaction of logs, one line in a hundred with a secret, against gzip of the same bytes; of objects; of long lines. */
async function redaction(): Promise<void> {
  const file = join(scratch, "app.log");
  const megabytes = 64;
  await Deno.writeTextFile(file, logText(megabytes));
  const through = async (transform: (body: ReadableStream<Uint8Array>) => ReadableStream<Uint8Array>) => {
    const body = Readable.toWeb(createReadStream(file, { highWaterMark: 256 * 1024 })) as ReadableStream<Uint8Array>;
    const started = performance.now();
    for await (const _ of transform(body));
    return megabytes / ((performance.now() - started) / 1000);
  };
  const redactor = createRedactor({ builtIn: true, custom: [] });
  const scrubbing = [100, 5_000].map((count) => {
    const scrubber = createRedactor({ builtIn: true, custom: [], values: randomValues(count) });
    return { count, scrubber, speeds: [] as number[] };
  });
  const speeds = { redact: [] as number[], gzip: [] as number[] };
  for (let i = 0; i < 5; i++) {
    speeds.redact.push(await through((body) => redactor.redact("app.log", body, () => {})));
    for (const { scrubber, speeds } of scrubbing) {
      speeds.push(await through((body) => scrubber.redact("app.log", body, () => {})));
    }
    speeds.gzip.push(
      await through((body) =>
        body.pipeThrough(new CompressionStream("gzip") as TransformStream<Uint8Array, Uint8Array>)
      ),
    );
  }
  const speed = median(speeds.redact);
  row("redaction of logs, one core", `${speed.toFixed(0)} MB/s`);
  row("  ratio to gzip of the same bytes", (speed / median(speeds.gzip)).toFixed(2));
  for (const { count, speeds } of scrubbing) {
    row(`  ratio with ${count} known values to none`, (median(speeds) / speed).toFixed(2), "> 0.90");
  }
  await Deno.remove(file);

  const files = podFiles();
  const bytes = files.reduce((sum, file) => sum + file.length, 0);
  const runs: number[] = [];
  for (let i = 0; i < 7; i++) {
    const started = performance.now();
    files.forEach((file, n) => redactor.redactBytes(`cluster-resources/pods/team-${n}.json`, file));
    runs.push(bytes / 1000 / (performance.now() - started));
  }
  row(`redaction of pods, ${files.length} files of JSON`, `${median(runs).toFixed(0)} MB/s`);

  const pods = new TextDecoder().decode(files[0]).replace(/\n\s*/g, "");
  const list = Array(Math.ceil(100e6 / pods.length)).fill(pods).join(",");
  for (const [name, text] of [["pods", `{"items":[${list}]}`], ["one word", "word".repeat(25e6)]]) {
    await Deno.writeTextFile(file, text!);
    const { ms, peakMB } = await measure([Deno.execPath(), "eval", REDACT_STREAM, file]);
    row(`redaction of a line of ${name} of 100 MB, process from source`, seconds(ms));
    row("  its memory", `${Math.round(peakMB)} MB`, "< 150 MB");
  }
}

/** Pods of the large cluster, one file for each namespace, as the bundle has them. */
function podFiles(): Uint8Array[] {
  const byNamespace = new Map<string, unknown[]>();
  for (const { kind, metadata, spec } of planSeed(LARGE).objects) {
    if (kind !== "Deployment") continue;
    const pods = byNamespace.get(metadata.namespace) ?? [];
    byNamespace.set(metadata.namespace, pods);
    for (let i = 0; i < spec.replicas; i++) {
      const name = `${metadata.name}-${crypto.randomUUID().slice(0, 8)}`;
      const conditions = ["PodScheduled", "Initialized", "Ready"].map((type) => ({ type, status: "True" }));
      pods.push({
        kind: "Pod",
        apiVersion: "v1",
        metadata: { ...spec.template.metadata, name, namespace: metadata.namespace, uid: crypto.randomUUID() },
        spec: { ...spec.template.spec, serviceAccountName: "default", nodeName: "node-07", priority: 0 },
        status: { phase: "Running", conditions, podIP: `10.0.0.${i}`, startTime: new Date().toISOString() },
      });
    }
  }
  return [...byNamespace.values()].map((items) =>
    new TextEncoder().encode(JSON.stringify({ kind: "PodList", apiVersion: "v1", items }, null, 2))
  );
}

/** The leak gate over logs that were redacted, and what it adds to a run whose bundle has the size of a cluster's. */
async function gate(): Promise<void> {
  const redactor = createRedactor({ builtIn: true, custom: [] });
  const { bytes: body } = redactor.redactBytes("app.log", new TextEncoder().encode(logText(64)))!;
  const archive = gzipSync(await packTar([{ header: { name: "root/app.log", size: body.length }, body }]));
  const knownValues = Array.from({ length: 10_000 }, () => crypto.randomUUID());
  const speeds = { plain: [] as number[], known: [] as number[] };
  const through = async (options: { knownValues?: string[] }) => {
    const started = process.cpuUsage();
    const { leakCount } = await scanArchive(() => Readable.from([archive]), options);
    if (leakCount > 0) throw new Error("the gate holds back what redaction left");
    const { user, system } = process.cpuUsage(started); // microseconds, which tell more than the clock of a busy machine
    return body.length / (user + system);
  };
  for (let i = 0; i < 5; i++) {
    speeds.plain.push(await through({}));
    speeds.known.push(await through({ knownValues }));
  }
  row("leak gate over logs, by processor time, with gunzip", `${median(speeds.plain).toFixed(0)} MB/s`, "> 150 MB/s");
  row("  with 10,000 known values, made ready each time", `${median(speeds.known).toFixed(0)} MB/s`);

  const files = join(scratch, "files");
  await Deno.mkdir(files);
  const text = logText(1).slice(0, 17_000);
  for (let i = 0; i < 1_400; i++) await Deno.writeTextFile(join(files, `${i}.log`), `${i}\n${text}`);
  const spec = join(scratch, "files.yaml");
  await Deno.writeTextFile(
    spec,
    `apiVersion: troubleshoot.sh/v1beta2\nkind: HostCollector\nspec: {collectors: [{copy: {path: ${files}}}]}\n`,
  );
  const runs = { on: [] as Measured[], off: [] as Measured[] };
  const run = (leakGate: boolean) =>
    measure([binary, spec, "-o", join(scratch, crypto.randomUUID()), "--interactive=false", `--leak-gate=${leakGate}`]);
  for (let i = 0; i < 7; i++) {
    runs.on.push(await run(true));
    runs.off.push(await run(false));
  }
  const added = summary(runs.on).ms - summary(runs.off).ms;
  row("  added to a run with 1,400 files of 24 MB", `${Math.round(added)} ms`);
  row(
    "  its memory, with and without",
    `${Math.round(summary(runs.on).peakMB)}, ${Math.round(summary(runs.off).peakMB)} MB`,
  );
}

/** The scheduler with many jobs. */
async function scheduler(): Promise<void> {
  await schedulerBench({ binary, scratch, measure, row, median });
}

/** What the scheduler's tick costs. */
async function tick(): Promise<void> {
  await tickBench({ binary, scratch, measure, row, median });
}

/** The state of a cluster with 2,200 pods in 50 namespaces, and of one with twice as many. */
async function cluster(): Promise<void> {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  const given = Deno.env.get("BENCH_KUBECONFIG");
  if (assets === undefined && given === undefined) {
    return row("clusterResources over 2,200 pods", "skipped", "KUBEBUILDER_ASSETS names no control plane");
  }
  const spec = join(scratch, "cluster.yaml");
  const collectors = "[{clusterInfo: {}}, {clusterResources: {}}]";
  await Deno.writeTextFile(
    spec,
    `apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nspec: {collectors: ${collectors}}\n`,
  );
  const usual = await inCluster(given, assets, LARGE, async (kubeconfig) => {
    const runs: Measured[] = [];
    const kubectl: number[] = [];
    for (let i = 0; i < 5; i++) {
      if (assets !== undefined) {
        const get = [join(assets, "kubectl"), "--kubeconfig", kubeconfig, "get", KUBECTL_KINDS, "-A", "-o", "json"];
        kubectl.push((await measure(get)).ms);
      }
      runs.push(await measure(collect(kubeconfig, spec)));
    }
    const whole = summary(runs);
    row("clusterInfo, clusterResources over 2,200 pods, process", seconds(whole.ms), "< 1.5 s");
    row("  its memory", `${Math.round(whole.peakMB)} MB`, "< 200 MB");
    if (kubectl.length > 0) {
      row("  ratio to kubectl get -o json of 13 of its kinds", (whole.ms / median(kubectl)).toFixed(2));
    }

    const auto = ["--auto", "--include-namespaces", "team-0*"];
    const found: Measured[] = [];
    for (let i = 0; i < 3; i++) found.push(await measure(collect(kubeconfig, ...auto)));
    row(`${auto.join(" ")}: 430 pods with logs`, seconds(summary(found).ms), "< 4 s");
    row("  its memory", `${Math.round(summary(found).peakMB)} MB`);
    return whole;
  });
  if (assets === undefined) return;
  const twice = await inCluster(undefined, assets, TWICE, async (kubeconfig) => {
    const runs: Measured[] = [];
    for (let i = 0; i < 5; i++) runs.push(await measure(collect(kubeconfig, spec)));
    return summary(runs);
  });
  row("twice the pods: ratio of times", (twice.ms / usual.ms).toFixed(2), "< 2.2");
  row("  ratio of memory", (twice.peakMB / usual.peakMB).toFixed(2), "< 1.2");
}

function collect(kubeconfig: string, ...args: string[]): string[] {
  const archive = join(scratch, `cluster-${crypto.randomUUID()}`);
  return [binary, ...args, "--kubeconfig", kubeconfig, "-o", archive, "--interactive=false"];
}

async function inCluster<T>(
  kubeconfig: string | undefined,
  assets: string | undefined,
  size: SeedSize,
  action: (kubeconfig: string) => Promise<T>,
): Promise<T> {
  if (kubeconfig !== undefined) return await action(kubeconfig);
  const started = await startTestCluster(assets!, { size });
  try {
    return await action(started.kubeconfig);
  } finally {
    await started.stop();
  }
}

/** The median time, and the most memory. */
function summary(runs: Measured[]): { ms: number; peakMB: number } {
  return { ms: median(runs.map(({ ms }) => ms)), peakMB: Math.max(...runs.map(({ peakMB }) => peakMB)) };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

interface Measured {
  ms: number;
  peakMB: number;
  stdout: string;
}

async function measure(command: string[], env: Record<string, string> = {}): Promise<Measured> {
  const started = performance.now();
  const child = new Deno.Command(command[0]!, { args: command.slice(1), env, stdout: "piped", stderr: "piped" })
    .spawn();
  let peakMB = 0;
  const sampler = setInterval(() => peakMB = Math.max(peakMB, peakOf(child.pid)), 5);
  const { code, stdout, stderr } = await child.output();
  const ms = performance.now() - started;
  clearInterval(sampler);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  return { ms, peakMB, stdout: new TextDecoder().decode(stdout) };
}

/** The most memory a process has held, in MB; 0 where the system does not say. */
function peakOf(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
    return Number(kilobytes ?? 0) * 1024 / 1e6;
  } catch {
    return 0;
  }
}

/** Passwords and tokens, as they are in Secrets. */
function randomValues(count: number): KnownValues {
  const values = new KnownValues();
  for (let i = 0; i < count; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(6 + i % 40));
    values.addText(btoa(String.fromCharCode(...bytes)), "secret-value");
  }
  return values;
}

function logText(megabytes: number): string {
  const lines: string[] = [];
  for (let i = 0, bytes = 0; bytes < megabytes * 1e6; i++) {
    const secret = crypto.randomUUID().replaceAll("-", "");
    const line = i % 100 === 0
      ? `2026-01-02T03:04:05Z WARN connecting with password=${secret} to postgres://app:${secret}@db:5432/shop id=${i}`
      : `2026-01-02T03:04:05Z INFO reconcile of deployment shop/web finished, 4 of 4 replicas ready, took 12 ms id=${i}`;
    lines.push(line);
    bytes += line.length + 1;
  }
  return lines.join("\n") + "\n";
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
