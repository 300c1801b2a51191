/** Starts a small real cluster for the tests: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, with kwok
 * in the place of kubelets, all from the folder that `KUBEBUILDER_ASSETS` names. Nothing listens beyond 127.0.0.1.
 *
 *   deno run -A scripts/test_cluster.ts        runs one until Ctrl-C, and says where its kubeconfig is */
import { join } from "node:path";
import { type ClusterFacts, planSeed, type SeedSize } from "./test_cluster/seed_objects.ts";
import { kwokConfig, OWN_LOGS, runtimeLog } from "./test_cluster/simulated_kubelet.ts";

export interface TestCluster {
  /** Path of an administrator's kubeconfig. */
  kubeconfig: string;
  /** Path of a JSON file: {@linkcode ClusterFacts}. */
  factsFile: string;
  facts: ClusterFacts;
  /** Ends every process and removes every file. Twice is harmless. */
  stop(): Promise<void>;
}

/** This machine cannot start a cluster; the message says what is missing. */
export class ClusterUnavailableError extends Error {
  override readonly name = "ClusterUnavailableError";
}

const PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok"];
const START_TIMEOUT_MS = 90_000;
const PODS_TIMEOUT_MS = 300_000;

/** @param assets folder of the programs
 * @param options `signal` ends it while it starts; afterwards, `stop()` does. `size`: what it is filled with, by default
 * what the tests work on
 * @throws {ClusterUnavailableError} */
export async function startTestCluster(
  assets: string,
  { signal, size }: { signal?: AbortSignal; size?: SeedSize } = {},
): Promise<TestCluster> {
  for (const name of PROGRAMS) {
    if (!await isFile(join(assets, name))) {
      throw new ClusterUnavailableError(`the folder that KUBEBUILDER_ASSETS names has no ${name}`);
    }
  }
  const folder = await Deno.makeTempDir({ prefix: "test-cluster-" });
  const children = new Children(folder, signal);
  const stop = once(async () => {
    await children.stop();
    await Deno.remove(folder, { recursive: true });
  });
  try {
    await issueCertificates(folder);
    return { ...await start(assets, folder, children, size), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  assets: string,
  folder: string,
  children: Children,
  size?: SeedSize,
): Promise<Omit<TestCluster, "stop">> {
  const [etcd, peer, api, kubelet] = freePorts(4) as [number, number, number, number];
  for (const user of ["admin", "controller-manager", "scheduler"]) await writeKubeconfig(folder, user, api);
  const at = (name: string) => join(folder, name);
  const run = (name: string, args: Record<string, string | number>) =>
    children.spawn(join(assets, name), Object.entries(args).map(([flag, value]) => `--${flag}=${value}`));

  run("etcd", {
    "data-dir": at("etcd"),
    "unsafe-no-fsync": "true",
    "log-level": "warn",
    "listen-client-urls": `http://127.0.0.1:${etcd}`,
    "advertise-client-urls": `http://127.0.0.1:${etcd}`,
    "listen-peer-urls": `http://127.0.0.1:${peer}`,
    "initial-advertise-peer-urls": `http://127.0.0.1:${peer}`,
    "initial-cluster": `default=http://127.0.0.1:${peer}`,
  });
  run("kube-apiserver", {
    "etcd-servers": `http://127.0.0.1:${etcd}`,
    "bind-address": "127.0.0.1",
    "secure-port": api,
    "tls-cert-file": at("server.crt"),
    "tls-private-key-file": at("server.key"),
    "client-ca-file": at("ca.crt"),
    "service-account-key-file": at("sa.key"),
    "service-account-signing-key-file": at("sa.key"),
    "service-account-issuer": `https://127.0.0.1:${api}`,
    "service-cluster-ip-range": "10.0.0.0/24",
    "authorization-mode": "RBAC",
    "allow-privileged": "true",
    "profiling": "false",
    "kubelet-preferred-address-types": "InternalIP",
  });
  const kubectl = (args: string[], input?: string) =>
    output(join(assets, "kubectl"), ["--kubeconfig", at("admin.kubeconfig"), ...args], input);
  await waitFor("the API server", START_TIMEOUT_MS, children, async () => {
    await kubectl(["get", "--raw", "/readyz"]);
    return true;
  });
  // By default they send 20 and 50 requests a second: thousands of pods would take minutes.
  const hurried = { "kube-api-qps": 500, "kube-api-burst": 1000 };
  run("kube-controller-manager", {
    "kubeconfig": at("controller-manager.kubeconfig"),
    "leader-elect": "false",
    "use-service-account-credentials": "true",
    "service-account-private-key-file": at("sa.key"),
    "root-ca-file": at("ca.crt"),
    "cluster-signing-cert-file": at("ca.crt"),
    "cluster-signing-key-file": at("ca.key"),
    "secure-port": 0,
    "node-monitor-grace-period": "24h",
    ...hurried,
  });
  run("kube-scheduler", {
    "kubeconfig": at("scheduler.kubeconfig"),
    "leader-elect": "false",
    "secure-port": 0,
    ...hurried,
  });
  const plan = planSeed(size);
  await Deno.mkdir(at("exec"));
  await Deno.writeTextFile(at("pod.log"), plan.log);
  const ownLogs = Object.fromEntries(Object.keys(OWN_LOGS).map((name) => [name, at(`${name}.log`)]));
  for (const [name, lines] of Object.entries(OWN_LOGS)) await Deno.writeTextFile(ownLogs[name]!, runtimeLog(lines));
  await Deno.writeTextFile(at("kwok.yaml"), kwokConfig(at("pod.log"), at("exec"), ownLogs));
  run("kwok", {
    "kubeconfig": at("admin.kubeconfig"),
    "manage-all-nodes": "true",
    "node-ip": "127.0.0.1",
    "node-port": kubelet,
    "server-address": `127.0.0.1:${kubelet}`,
    "tls-cert-file": at("server.crt"),
    "tls-private-key-file": at("server.key"),
    "config": at("kwok.yaml"),
  });

  const create = (items: unknown[]) =>
    kubectl(["create", "--validate=false", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await create(plan.objects);
  await kubectl(["wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=30s"]);
  await create(plan.customObjects);
  await waitFor("the pods", PODS_TIMEOUT_MS, children, async () => {
    const pods = JSON.parse(await kubectl(["get", "pods", "-A", "-o", "json"])).items as PodStatus[];
    return pods.length >= plan.facts.podCount && pods.every(hasSettled);
  });
  await Deno.writeTextFile(at("facts.json"), JSON.stringify(plan.facts));
  return { kubeconfig: at("admin.kubeconfig"), factsFile: at("facts.json"), facts: plan.facts };
}

interface PodStatus {
  metadata: { ownerReferences?: { kind: string }[] };
  status: { phase: string; startTime?: string };
}

function hasSettled(pod: PodStatus): boolean {
  const ofJob = pod.metadata.ownerReferences?.some((owner) => owner.kind === "Job") ?? false;
  return pod.status.startTime !== undefined && (!ofJob || pod.status.phase === "Succeeded");
}

/** Makes the certificates of a cluster that lives for minutes, in `folder`. */
async function issueCertificates(folder: string): Promise<void> {
  const openssl = async (...args: string[]) => {
    await output("openssl", args, undefined, folder).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new ClusterUnavailableError("openssl, which makes its certificates, is not on the PATH");
    });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl("req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.crt");
  await openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sa.key");
  for (
    const [name, subject, names] of [
      ["admin", "/O=system:masters/CN=admin", "DNS:admin"],
      ["controller-manager", "/CN=system:kube-controller-manager", "DNS:controller-manager"],
      ["scheduler", "/CN=system:kube-scheduler", "DNS:scheduler"],
      ["server", "/CN=kube-apiserver", "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.0.0.1"],
    ] as const
  ) {
    await Deno.writeTextFile(join(folder, `${name}.ext`), `subjectAltName=${names}\n`);
    await openssl("req", ...newKey, "-subj", subject, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signing, "-out", `${name}.crt`);
  }
}

async function writeKubeconfig(folder: string, user: string, port: number): Promise<void> {
  const data = async (name: string) => (await Deno.readFile(join(folder, name))).toBase64();
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{
      name: "test",
      cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": await data("ca.crt") },
    }],
    users: [{
      name: user,
      user: { "client-certificate-data": await data(`${user}.crt`), "client-key-data": await data(`${user}.key`) },
    }],
    contexts: [{ name: "test", context: { cluster: "test", user } }],
    "current-context": "test",
  };
  const path = join(folder, `${user}.kubeconfig`);
  await Deno.writeTextFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
}

/** Processes that end together. What they say goes to `<name>.log`. */
class Children {
  #running: { name: string; process: Deno.ChildProcess; ended: boolean }[] = [];

  constructor(readonly folder: string, readonly signal?: AbortSignal) {}

  spawn(program: string, args: string[]): void {
    const name = program.split(/[\\/]/).at(-1)!;
    const process = new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
    const child = { name, process, ended: false };
    process.status.then(() => child.ended = true);
    const log = Deno.openSync(join(this.folder, `${name}.log`), { create: true, append: true });
    process.stderr.pipeTo(log.writable).catch(() => {});
    this.#running.push(child);
  }

  /** @throws when one has ended by itself, with the end of its log, or when the signal was aborted */
  async check(): Promise<void> {
    this.signal?.throwIfAborted();
    for (const { name, ended } of this.#running) {
      if (!ended) continue;
      const log = await Deno.readTextFile(join(this.folder, `${name}.log`));
      throw new Error(`${name} ended by itself:\n${log.slice(-2000)}`);
    }
  }

  async stop(): Promise<void> {
    const running = this.#running.splice(0).reverse();
    for (const { process, ended } of running) if (!ended) process.kill("SIGKILL");
    await Promise.all(running.map(({ process }) => process.status));
  }
}

async function waitFor(what: string, timeoutMs: number, children: Children, done: () => Promise<boolean>) {
  const end = performance.now() + timeoutMs;
  let why = "";
  while (performance.now() < end) {
    await children.check();
    const asked = performance.now();
    if (await done().catch((error: Error) => (why = error.message, false))) return;
    // Looking at thousands of pods is work that keeps them from coming up.
    await new Promise((resolve) => setTimeout(resolve, Math.max(200, 2 * (performance.now() - asked))));
  }
  throw new Error(`${what} did not come up within ${timeoutMs / 1000} s. ${why}`.trim());
}

async function output(program: string, args: string[], input?: string, cwd?: string): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    cwd,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) await new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`${program} ${args[0]}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  return listeners.map((listener) => {
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    return port;
  });
}

function once(action: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => result ??= action();
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

if (import.meta.main) {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  if (!assets) {
    console.error("KUBEBUILDER_ASSETS is not set: it names the folder of etcd, kube-apiserver, kubectl, kwok …");
    Deno.exit(1);
  }
  const ending = new AbortController();
  const ended = new Promise<void>((resolve) => ending.signal.addEventListener("abort", () => resolve()));
  Deno.addSignalListener("SIGINT", () => ending.abort());
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => ending.abort());
  const cluster = await startTestCluster(assets, { signal: ending.signal });
  console.error("Press Ctrl-C to end it. Set these for the tests:");
  console.log(`TEST_KUBECONFIG=${cluster.kubeconfig}`);
  console.log(`TEST_CLUSTER_FACTS=${cluster.factsFile}`);
  await ended;
  await cluster.stop();
  Deno.exit(0);
}
