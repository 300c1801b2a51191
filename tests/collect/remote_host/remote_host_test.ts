import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../scripts/test_cluster/simulated_kubelet.ts";
import { remoteHost } from "../../../src/collect/remote_host/remote_host.ts";
import type { KubeClient, KubeObject } from "../../../src/kube/kube_client.ts";
import { type ServedExec, withPlayedExec } from "../../kube/exec_server.ts";
import { PollClock } from "../../poll_clock.ts";
import { clusterCase, listAll, nodeNames, untilPods } from "../cluster_case.ts";
import { collectAll } from "../collect_all.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const sets = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const cpu = { title: "CPU Info", raw: { cpu: {} } };
const memory = { title: "Amount of Memory", raw: { memory: {} } };
const config = { collectors: [cpu, memory], image: "example.com/troubleshoot:1" };
const COMMAND = "/troubleshoot/collect - --chroot /host --format raw";

interface Asked {
  exec: ServedExec;
  node: string;
  kind: string;
  document: Record<string, unknown>;
}

/** The collector against the real API server, with nodes whose commands the test answers. */
function played(
  name: string,
  answer: (asked: Asked, given: { kube: KubeClient; namespace: string }) => Promise<void> | void,
  use: (
    collect: (more?: object, progress?: (message: string) => void) => ReturnType<typeof collectAll>,
    given: { nodes: string[]; clock: PollClock; stop: AbortController },
  ) => Promise<void>,
): void {
  clusterCase(name, async (kube, namespace) => {
    const clock = new PollClock();
    const stop = new AbortController();
    const run = async (exec: ServedExec) => {
      const document = JSON.parse(await exec.stdin());
      const pod = await kube.get(`/api/v1/namespaces/${namespace}/pods/${exec.pod}`);
      const [kind] = Object.keys(document.spec.collectors[0]);
      strictEqual(exec.command.join(" "), COMMAND);
      strictEqual(exec.container, "remote-collector");
      await answer({ exec, node: pod.spec.nodeName, kind: kind!, document }, { kube, namespace });
    };
    await withPlayedExec(kubeconfig, run, async (playing) => {
      const collect = (more: object = {}, progress = (_: string) => {}) =>
        collectAll(
          remoteHost,
          { ...config, ...more },
          { kube: playing, namespace, clock, signal: stop.signal, progress },
        );
      await use(collect, { nodes: await nodeNames(kube), clock, stop });
    });
    await nothingLeft(kube, namespace);
  });
}

async function nothingLeft(kube: KubeClient, namespace: string): Promise<void> {
  deepStrictEqual(await listAll(kube, sets(namespace)), []);
  await untilPods(kube, namespace, (pods) => pods.length === 0);
}

async function print({ exec, kind }: Asked): Promise<void> {
  await exec.stdout(JSON.stringify({ [`host-collectors/system/${kind}.json`]: `{"of":"${kind}"}` }));
  exec.exit(0);
}

const filesOf = (node: string, ...kinds: string[]) =>
  Object.fromEntries(kinds.map((kind) => [`host-collectors/${node}/system/${kind}.json`, `{"of":"${kind}"}`]));
const byName = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).toSorted());

let made: KubeObject | undefined;
const documents: unknown[] = [];
played("remote host collectors write the files of each node, and remove what they started", async (asked, given) => {
  made ??= (await listAll(given.kube, sets(given.namespace)))[0];
  documents.push(asked.document);
  await print(asked);
}, async (collect, { nodes }) => {
  const { files, missing } = await collect();
  deepStrictEqual(missing, []);
  const { ["host-collectors/system/node_list.json"]: list, ...rest } = files;
  strictEqual(list, JSON.stringify({ nodes }, null, 2));
  deepStrictEqual(byName(rest), byName(Object.assign({}, ...nodes.map((node) => filesOf(node, "cpu", "memory")))));
  strictEqual(documents.length, nodes.length * 2);
  deepStrictEqual(documents[0], {
    apiVersion: "troubleshoot.sh/v1beta2",
    kind: "HostCollector",
    metadata: { name: "remoteHostCollector" },
    spec: { collectors: [{ cpu: {} }] },
  });

  ok(made, "there was a DaemonSet");
  match(made.metadata.name, /^remote-host-collector-\w+$/);
  const labels = made.spec.template.metadata.labels;
  strictEqual(labels["troubleshoot.sh/remote-collector"], "true");
  strictEqual(labels["ds-selector-label"], made.metadata.name);
  const { containers: [container], volumes, hostNetwork, hostPID, hostIPC } = made.spec.template.spec;
  deepStrictEqual([hostNetwork, hostPID, hostIPC, container.securityContext.privileged], [true, true, true, true]);
  deepStrictEqual([container.command, container.image], [["tail", "-f", "/dev/null"], config.image]);
  strictEqual(container.imagePullPolicy, "IfNotPresent");
  deepStrictEqual([volumes[0].hostPath.path, container.volumeMounts[0].mountPath], ["/", "/host"]);
});

/** What the first node answers to `cpu`; every other collector on every node answers as it should. */
const failures: [name: string, answer: (exec: ServedExec) => Promise<void> | void, reason: string, error: RegExp][] = [
  [
    "whose command fails",
    (exec) => {
      exec.stderr("no lscpu\n");
      exec.exit(2);
    },
    "failed",
    /exit status 2: no lscpu$/,
  ],
  [
    "that prints no JSON",
    async (exec) => {
      await exec.stdout("<html>");
      exec.exit(0);
    },
    "failed",
    /Cannot use what the command in the pod printed: it is not JSON/,
  ],
  [
    "that prints more than is taken",
    async (exec) => {
      await exec.stdout("x".repeat(10_000_001));
      exec.exit(0);
    },
    "too-large",
    /more than 10000000 bytes/,
  ],
  ["whose connection breaks", (exec) => exec.breakOff(), "failed", /broke before it ended/],
  [
    "that gives no file, and says why",
    async (exec) => {
      exec.stderr("not on this system\n");
      await exec.stdout("{}");
      exec.exit(0);
    },
    "failed",
    /It gave no file: not on this system$/,
  ],
];
for (const [name, answer, reason, error] of failures) {
  let first = "";
  played(`remote host collectors tell of a node ${name}, and go on`, async (asked) => {
    if (asked.node === first && asked.kind === "cpu") await answer(asked.exec);
    else await print(asked);
  }, async (collect, { nodes }) => {
    first = nodes[0]!;
    const { files, missing } = await collect();
    deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [[
      `host-collectors/${first}/CPU Info`,
      reason,
    ]]);
    const { collector, error: told } = JSON.parse(files[`host-collectors/${first}/errors/CPU Info-error.json`]!);
    strictEqual(collector, "CPU Info");
    match(told, error);
    ok(!missing[0]!.message.includes("lscpu"), "what a command says is in the file alone, which is redacted");
    ok(files[`host-collectors/${first}/system/memory.json`], "its other collectors");
    for (const node of nodes.slice(1)) ok(files[`host-collectors/${node}/system/cpu.json`], "the other nodes");
  });
}

played("remote host collectors take no file that would lie outside its node's folder", async ({ exec }) => {
  await exec.stdout(JSON.stringify({ "host-collectors/../../version.yaml": "x", "system/cpu.json": "y" }));
  exec.exit(0);
}, async (collect, { nodes }) => {
  const { files, missing } = await collect({ collectors: [cpu] });
  const list = "host-collectors/system/node_list.json";
  deepStrictEqual(
    Object.keys(files).sort(),
    [...nodes.map((n) => `host-collectors/${n}/system/cpu.json`), list].sort(),
  );
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "failed"));
  match(missing[0]!.message, /leads out of the node's folder/);
});

let silentNode = "";
let silent = Promise.withResolvers<void>();
played("remote host collectors do not wait for a node that gives no answer", async (asked) => {
  if (asked.node !== silentNode) return await print(asked);
  silent.resolve();
  await new Promise((resolve) => asked.exec.gone.addEventListener("abort", resolve));
}, async (collect, { nodes, clock }) => {
  silentNode = nodes[0]!;
  const others = Promise.withResolvers<void>();
  let done = 0;
  const collecting = collect({ collectors: [cpu, memory, { title: "Third", raw: { hostOS: {} } }] }, (message) => {
    if (/^\d+ of 9: /.test(message) && ++done === 6) others.resolve();
  });
  await others.promise;
  for (let i = 0; i < 2; i++) {
    await silent.promise;
    silent = Promise.withResolvers();
    await clock.advance(121_000);
  }
  const { files, missing } = await collecting;
  deepStrictEqual(
    missing.map(({ path, reason }) => [path.replace(silentNode, "N"), reason]),
    ["CPU Info", "Amount of Memory", "Third"].map((title) => [`host-collectors/N/${title}`, "timed-out"]),
  );
  match(missing[0]!.message, /No answer within 120 s/);
  match(missing[2]!.message, /Not run: the node gave no answer to 2 collectors before/);
  for (const node of nodes.slice(1)) ok(files[`host-collectors/${node}/system/hostOS.json`]);
});

let interrupt = () => {};
played(
  "remote host collectors leave nothing when they are interrupted",
  () => interrupt(),
  async (collect, { stop }) => {
    interrupt = () => stop.abort(new DOMException("Ctrl-C", "AbortError"));
    await rejects(collect(), { name: "AbortError" });
  },
);

played("remote host collectors do not wait for images that cannot be had", () => {}, async (collect, { nodes }) => {
  const { files, missing } = await collect({ image: `${SIMULATE_IMAGE}pull` });
  for (const node of nodes) match(files[`host-collectors/${node}/errors/pod-error.json`]!, /ImagePullBackOff/);
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "failed"));
});

clusterCase("remote host collectors give pods as long as they are told to", async (kube, namespace) => {
  const clock = new PollClock();
  const image = `${SIMULATE_IMAGE}creating`;
  const collecting = collectAll(remoteHost, { ...config, image, startMs: 60_000 }, { kube, clock, namespace });
  const nodes = await nodeNames(kube);
  const creating = ({ status }: KubeObject) => JSON.stringify(status ?? {}).includes("ContainerCreating");
  await untilPods(kube, namespace, (pods) => pods.length === nodes.length && pods.every(creating));
  await clock.advance(61_000);
  const { files, missing } = await collecting;
  match(files[`host-collectors/${nodes[0]}/errors/pod-error.json`]!, /not ready within 1m \(Pending; .*ContainerCreat/);
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "timed-out"));
  await nothingLeft(kube, namespace);
});
