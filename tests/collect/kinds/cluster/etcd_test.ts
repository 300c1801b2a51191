import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import { etcd } from "../../../../src/collect/kinds/cluster/etcd.ts";
import { etcdPlace } from "../../../../src/collect/kinds/cluster/etcd_place.ts";
import type { KubeClient, KubeObject } from "../../../../src/kube/kube_client.ts";
import { podList, type ServedExec, startExecServer, withPlayedExec } from "../../../kube/exec_server.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, nodeNames } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

function node(name: string, labels: Record<string, string>, ready = true): KubeObject {
  return { metadata: { name, labels }, status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] } };
}

const K0S = "node.k0sproject.io/role";
const EMBEDDED = "kots.io/embedded-cluster-role";
const CONTROL = { "node-role.kubernetes.io/control-plane": "true" };
const worker = node("worker", { "kubernetes.io/hostname": "worker" });
const places: [name: string, nodes: KubeObject[], distribution: string, node?: string][] = [
  ["kURL", [worker, node("a", { "kurl.sh/cluster": "true" })], "kurl"],
  ["k0s", [worker, node("a", { [K0S]: "control-plane" })], "k0s", "a"],
  ["an embedded cluster", [worker, node("a", { [EMBEDDED]: "total-1" })], "embedded-cluster", "a"],
  [
    "k0s with a controller that is ready",
    [
      node("w", { [K0S]: "worker" }),
      node("a", { [K0S]: "control-plane" }, false),
      node("b", { [K0S]: "control-plane" }),
    ],
    "k0s",
    "b",
  ],
  [
    "an embedded cluster with a controller",
    [
      node("w", { [EMBEDDED]: "total-2" }),
      node("a", { [EMBEDDED]: "total-2", ...CONTROL }),
    ],
    "embedded-cluster",
    "a",
  ],
];
for (const [name, nodes, distribution, where] of places) {
  Deno.test(`etcdPlace() knows ${name}`, () => {
    const place = etcdPlace(nodes);
    strictEqual(place.distribution, distribution);
    strictEqual("node" in place ? place.node : undefined, where);
  });
}

Deno.test("etcdPlace() refuses other distributions", () => {
  throws(() => etcdPlace([worker, node("a", { "kurl.sh/cluster": "false" })]), { code: "NOT_SUPPORTED" });
  throws(() => etcdPlace([]), { code: "NOT_SUPPORTED" });
});

const KURL = "/etc/kubernetes/pki/etcd";
const kurlAccess =
  `--cacert ${KURL}/ca.crt --cert ${KURL}/healthcheck-client.crt --key ${KURL}/healthcheck-client.key ` +
  "--write-out json --endpoints https://127.0.0.1:2379";

async function collectKurl(
  run: (exec: ServedExec) => Promise<void> | void,
  pods = [{ name: "etcd-a", namespace: "kube-system" }],
) {
  await using server = startExecServer(
    run,
    (_, path) =>
      path === "/api/v1/nodes"
        ? Response.json({ metadata: {}, items: [node("a", { "kurl.sh/cluster": "true" })] })
        : podList(pods),
  );
  const kube = server.connect();
  try {
    return { ...await collectAll(etcd, {}, { kube }), commands: server.commands };
  } finally {
    kube.close();
  }
}

Deno.test("etcd of kURL is asked in its own pod", async () => {
  const { files, missing, commands, entries } = await collectKurl(async (exec) => {
    await exec.stdout(JSON.stringify(exec.command.slice(1, 3)));
    exec.exit(0);
  });
  deepStrictEqual(commands, [
    `etcdctl endpoint health ${kurlAccess}`,
    `etcdctl endpoint status ${kurlAccess}`,
    `etcdctl member list ${kurlAccess}`,
    `etcdctl alarm list ${kurlAccess}`,
    `etcdctl version ${kurlAccess}`,
  ]);
  deepStrictEqual(
    Object.keys(files),
    ["endpoint-health", "endpoint-status", "member-list", "alarm-list", "version"]
      .map((name) => `etcd/${name}.json`),
  );
  strictEqual(files["etcd/endpoint-health.json"], '["endpoint","health"]');
  deepStrictEqual(missing, []);
  ok(entries[0]?.type === "file");
  strictEqual(entries[0].source, "exec kube-system/etcd-a/main etcdctl endpoint health");
});

Deno.test("etcd keeps what an unhealthy endpoint says, and tells of commands that give nothing", async () => {
  const { files, missing } = await collectKurl(async (exec) => {
    const what = exec.command[1];
    if (what === "endpoint" && exec.command[2] === "health") {
      await exec.stdout('[{"health":false}]');
      exec.stderr("Error: unhealthy cluster\n");
      exec.exit(1);
    } else if (what === "alarm") {
      exec.stderr("context deadline exceeded\n");
      exec.exit(1);
    } else if (what === "version") exec.breakOff();
    else exec.exit(0);
  });
  deepStrictEqual(files, {
    "etcd/endpoint-health.json": '[{"health":false}]',
    "etcd/endpoint-health-stderr.json": '{"stderr":"Error: unhealthy cluster\\n"}',
    "etcd/alarm-list-stderr.json": '{"stderr":"context deadline exceeded\\n"}',
  });
  deepStrictEqual(missing.map(({ path, reason, message }) => [path, reason, message]), [
    ["etcd/alarm-list.json", "failed", "context deadline exceeded"],
    [
      "etcd/version.json",
      "failed",
      "The connection to the command broke before it ended (WebSocket close 1011 broken off)",
    ],
  ]);
});

Deno.test("etcd of kURL fails without a pod of etcd", async () => {
  await rejects(collectKurl(() => {}, []), { code: "NOT_FOUND" });
});

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const pods = "/api/v1/namespaces/default/pods";
const collectors = async (kube: KubeClient) =>
  (await listAll(kube, pods)).map(({ metadata }) => metadata.name).filter((name) => name.startsWith("etcd-collector-"));

clusterCase("etcd fails in a cluster whose distribution it does not know", async (kube) => {
  await rejects(collectAll(etcd, {}, { kube }), { code: "NOT_SUPPORTED" });
});

/** The cluster with a node of k0s among its nodes. */
async function withK0s(
  run: (exec: ServedExec, pod: KubeObject) => Promise<void> | void,
  use: (kube: KubeClient, node: string, polled: Promise<void>) => Promise<void>,
  real: KubeClient,
): Promise<void> {
  const polled = Promise.withResolvers<void>();
  const name = (await nodeNames(real))[1]!;
  const interfere = async (request: Request, real: Response) => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(`${pods}/etcd-collector-`) && request.method === "GET") polled.resolve();
    if (pathname !== "/api/v1/nodes") return real;
    const list = await real.json();
    for (const { metadata } of list.items) if (metadata.name === name) metadata.labels[K0S] = "control-plane";
    return Response.json(list);
  };
  await withPlayedExec(
    kubeconfig,
    async (exec) => {
      await run(exec, await real.get(`/api/v1/namespaces/${exec.namespace}/pods/${exec.pod}`));
    },
    (kube) => use(kube, name, polled.promise),
    interfere,
  );
}

clusterCase("etcd of k0s is asked in a pod on a node that has its certificates, which is removed", async (real) => {
  let pod: KubeObject | undefined;
  await withK0s(async (exec, found) => {
    pod = found;
    await exec.stdout(exec.command.join(" "));
    exec.exit(0);
  }, async (kube, node) => {
    const { files, missing } = await collectAll(etcd, {}, { kube, clock: new PollClock() });
    deepStrictEqual(Object.keys(files).length, 5);
    match(
      files["etcd/version.json"]!,
      /^etcdctl version --cacert \/var\/lib\/k0s\/pki\/etcd\/ca\.crt --cert \S+\/server\.crt /,
    );
    deepStrictEqual(missing, []);
    ok(pod);
    match(pod.metadata.name, /^etcd-collector-/);
    strictEqual(pod.spec.nodeName, node);
    deepStrictEqual([pod.spec.hostNetwork, pod.spec.automountServiceAccountToken], [true, false]);
    deepStrictEqual(pod.spec.volumes, [{
      name: "certificates",
      hostPath: { path: "/var/lib/k0s/pki/etcd", type: "Directory" },
    }]);
    const [{ image, command, volumeMounts }] = pod.spec.containers;
    deepStrictEqual([image, command, volumeMounts[0].readOnly], [
      "quay.io/coreos/etcd:latest",
      ["sleep", "5m"],
      true,
    ]);
  }, real);
  deepStrictEqual(await collectors(real), []);
});

clusterCase("etcd leaves no pod behind when it cannot start", async (real) => {
  await withK0s(() => {}, async (kube) => {
    const image = `${SIMULATE_IMAGE}pull`;
    await rejects(collectAll(etcd, { image }, { kube, clock: new PollClock() }), { code: "POD_FAILED" });
  }, real);
  deepStrictEqual(await collectors(real), []);
});

clusterCase("etcd gives its pod 60 s to start", async (real) => {
  await withK0s(() => {}, async (kube, _node, polled) => {
    const clock = new PollClock();
    const collecting = rejects(collectAll(etcd, { image: `${SIMULATE_IMAGE}creating` }, { kube, clock }), {
      code: "TIMEOUT",
      message: /did not start within 1m \(Pending/,
    });
    await polled;
    await clock.advance(60_000);
    await collecting;
  }, real);
  deepStrictEqual(await collectors(real), []);
});
