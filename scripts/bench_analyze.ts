/** The section `analyze` of the bench: 1,000 analyzers over 5,000 pods, and bundles of 2 GB. */
import { join } from "node:path";
import { stringify } from "yaml";
import { gzipMembers } from "../src/bundle/gzip_members.ts";
import { headerBlocks, padding, TAR_END } from "../src/bundle/tar_blocks.ts";
import type { BenchTools } from "./bench_redact.ts";

const ROOT = "support-bundle-2026-01-31T08_00_00";
const NAMESPACES = 50;
const PODS = 5_000;
const ANALYZERS = 1_000;
const ROUNDS = 5;
const encoder = new TextEncoder();

/** A file of an archive: its text, or a text that is repeated to so many bytes. */
type File = [name: string, text: string, bytes?: number];

export async function analyzeBench({ binary, scratch, measure, row, median, logText }: BenchTools): Promise<void> {
  const analyze = (bundle: string, spec: string) =>
    measure([
      binary,
      "analyze",
      bundle,
      spec,
      "-o",
      "json",
      "--output-file",
      join(scratch, "out"),
      "--exit-code=false",
    ]);

  const pods = join(scratch, "pods.tar.gz");
  await writeBundle(pods, clusterFiles());
  const spec = join(scratch, "analyzers.yaml");
  await Deno.writeTextFile(spec, manyAnalyzers());
  const runs = [];
  for (let i = 0; i < ROUNDS; i++) runs.push(await analyze(pods, spec));
  row(
    `analyze: ${ANALYZERS} analyzers, ${PODS} pods`,
    `${(median(runs.map(({ ms }) => ms)) / 1000).toFixed(2)} s`,
    "< 3 s",
  );
  row("  its memory", `${Math.round(Math.max(...runs.map(({ peakMB }) => peakMB)))} MB`, "< 250 MB");

  const few = join(scratch, "few.yaml");
  await Deno.writeTextFile(few, fewAnalyzers());
  const text = logText(20);
  const logs = (count: number) =>
    Array.from({ length: count }, (_, i): File => [`logs/app/${i}.log`, text, 2e9 / count]);
  const small = text.slice(0, 50_000);
  const many = Array.from({ length: 40_000 }, (_, i): File => [`logs/all/${i}.log`, small]);
  for (const [what, files] of [["4 logs", logs(4)], ["40,000 files", many]] as const) {
    const bundle = join(scratch, "large.tar.gz");
    await writeBundle(bundle, [...clusterFiles(), ...files]);
    const { ms, peakMB } = await analyze(bundle, few);
    row(`analyze a bundle of 2 GB, ${what}`, `${(ms / 1000).toFixed(1)} s`);
    row("  its memory", `${Math.round(peakMB)} MB`, "< 200 MB");
    await Deno.remove(bundle);
  }
}

function clusterFiles(): File[] {
  const files: File[] = [["version.yaml", "apiVersion: troubleshoot.sh/v1beta2\n"]];
  const list = (kind: string, namespace: string, count: number, item: (name: string) => object): File => {
    const items = Array.from({ length: count }, (_, i) => item(`${kind.slice(0, -1)}-${i}`));
    return [
      `cluster-resources/${kind}/${namespace}.json`,
      JSON.stringify({ kind: "List", apiVersion: "v1", items }, null, 2),
    ];
  };
  for (let n = 0; n < NAMESPACES; n++) {
    const namespace = `ns-${n}`;
    files.push(
      list("pods", namespace, PODS / NAMESPACES, (name) => pod(namespace, name)),
      list("deployments", namespace, 20, (name) => ({
        metadata: { name, namespace, labels: { app: name } },
        spec: { replicas: 2 },
        status: { replicas: 2, readyReplicas: 2, availableReplicas: 2 },
      })),
      [`app/${namespace}.log`, `2026-01-02T03:04:05Z INFO reconcile finished\n`.repeat(200)],
    );
  }
  files.push([
    "cluster-resources/nodes.json",
    JSON.stringify({
      items: Array.from({ length: 100 }, (_, i) => ({
        metadata: { name: `node-${i}`, labels: { "kubernetes.io/arch": "amd64" } },
        status: {
          capacity: { cpu: "16", memory: "64Gi", pods: "110" },
          allocatable: { cpu: "15", memory: "60Gi", pods: "110" },
        },
      })),
    }),
  ], ["cluster-info/cluster_version.json", JSON.stringify({ info: { gitVersion: "v1.31.2" }, string: "v1.31.2" })]);
  return files;
}

/** About 4 kB, as a real one without managed fields. */
function pod(namespace: string, name: string): object {
  const env = Array.from({ length: 20 }, (_, i) => ({ name: `SETTING_${i}`, value: `value-${i}-${name}` }));
  const container = (i: number) => ({
    name: `c${i}`,
    image: `registry.example.com/app/c${i}:1.2.3`,
    env,
    resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "100m", memory: "128Mi" } },
    volumeMounts: [{ name: "data", mountPath: "/data" }],
  });
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace,
      uid: `${namespace}-${name}`,
      labels: { app: name },
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
    spec: { containers: [container(0), container(1)], nodeName: "node-1", restartPolicy: "Always" },
    status: {
      phase: "Running",
      conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({ type, status: "True" })),
      containerStatuses: [0, 1].map((i) => ({
        name: `c${i}`,
        ready: true,
        started: true,
        restartCount: 0,
        image: `registry.example.com/app/c${i}:1.2.3`,
        state: { running: { startedAt: "2026-01-01T00:00:05Z" } },
      })),
    },
  };
}

const OUTCOMES = [{ fail: { when: "< 1", message: "none" } }, { pass: { message: "enough" } }];

/** Of each kind as many as of the others; one in ten of those that can looks at all pods. */
function manyAnalyzers(): string {
  const kinds = [
    (i: number) => ({
      deploymentStatus: { name: `deployment-${i % 20}`, namespace: `ns-${i % NAMESPACES}`, outcomes: OUTCOMES },
    }),
    (i: number) => ({
      clusterPodStatuses: {
        ...i % 10 === 0 ? {} : { namespaces: [`ns-${i % NAMESPACES}`] },
        outcomes: [{ fail: { when: "!= Healthy", message: "{{ .Name }} is {{ .Status.Reason }}" } }],
      },
    }),
    (i: number) => ({
      textAnalyze: {
        collectorName: "app",
        fileName: `ns-${i % NAMESPACES}.log`,
        regex: `error ${i}`,
        outcomes: [
          { pass: { when: "false", message: "no error" } },
          { fail: { when: "true", message: "an error" } },
        ],
      },
    }),
    (i: number) => ({
      nodeResources: {
        checkName: `nodes ${i}`,
        outcomes: [
          { fail: { when: `count() < ${i % 10}`, message: "few" } },
          { pass: { message: "enough" } },
        ],
      },
    }),
    () => ({
      clusterVersion: { outcomes: [{ fail: { when: "< 1.20.0", message: "old" } }, { pass: { message: "new" } }] },
    }),
  ];
  // Each is written differently: what is written the same counts once.
  const analyzers = Array.from({ length: ANALYZERS }, (_, i) => {
    const [[kind, fields]] = Object.entries(kinds[i % kinds.length]!(Math.floor(i / kinds.length))) as [
      [string, object],
    ];
    return { [kind]: { checkName: `check ${i}`, ...fields } };
  });
  return specOf(analyzers);
}

function fewAnalyzers(): string {
  const outcomes = [{ pass: { when: "false", message: "fine" } }, { fail: { when: "true", message: "lost" } }];
  return specOf([
    { clusterPodStatuses: { outcomes: [{ fail: { when: "!= Healthy" } }] } },
    { textAnalyze: { collectorName: "logs/app", fileName: "*.log", regex: "connection to shard \\d+ lost", outcomes } },
    {
      textAnalyze: { collectorName: "logs/all", fileName: "1*.log", regex: "connection to shard \\d+ lost", outcomes },
    },
  ]);
}

function specOf(analyzers: object[]): string {
  return stringify({
    apiVersion: "troubleshoot.sh/v1beta2",
    kind: "Analyzer",
    metadata: { name: "bench" },
    spec: { analyzers },
  });
}

async function writeBundle(path: string, files: File[]): Promise<void> {
  async function* tar() {
    for (const [name, text, atLeast = 0] of files) {
      const bytes = encoder.encode(text);
      const times = Math.max(1, Math.ceil(atLeast / bytes.length));
      const size = times * bytes.length;
      yield await headerBlocks({ name: `${ROOT}/${name}`, size: 0, mode: 0o600, mtime: new Date(0) }, size);
      for (let i = 0; i < times; i++) yield bytes;
      yield padding(size);
    }
    yield TAR_END;
  }
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for await (const piece of gzipMembers(tar())) {
    for (let rest = piece; rest.length > 0;) rest = rest.subarray(file.writeSync(rest));
  }
}
