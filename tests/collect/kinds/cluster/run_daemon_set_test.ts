import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import { runDaemonSet } from "../../../../src/collect/kinds/cluster/run_daemon_set.ts";
import type { KubeClient, KubeObject } from "../../../../src/kube/kube_client.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, nodeNames, running, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const FOREVER = "example.com/forever:1";
const image = (what: string) => `${SIMULATE_IMAGE}${what}`;
const sets = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const podSpec = (image: string, more: Record<string, unknown> = {}) => ({
  tolerations: [{ operator: "Exists" }],
  containers: [{ name: "restarts", image }],
  ...more,
});

async function setsGone(kube: KubeClient, namespace: string): Promise<void> {
  for (const { metadata } of await listAll(kube, sets(namespace))) ok(metadata.deletionTimestamp);
}

clusterCase(
  "runDaemonSet writes the log of each node once its pod has ended, and removes the set",
  async (kube, ns) => {
    const config = { name: "check/one", namespace: ns, podSpec: podSpec(image("restart")) };
    const { files, missing, entries } = await collectAll(runDaemonSet, config, { kube, clock: new PollClock() });
    const nodes = await nodeNames(kube);
    ok(nodes.length > 1);
    deepStrictEqual(Object.keys(files).sort(), nodes.map((node) => `check/one/${node}.log`));
    deepStrictEqual(missing, []);
    ok(Object.values(files).every((text) => text === "done\n"));
    ok(entries[0]?.type === "file");
    match(entries[0].source!, /log\?container=restarts&previous=true&limitBytes=20000000$/);
    await setsGone(kube, ns);
  },
);

clusterCase("runDaemonSet runs leave each other's pods alone", async (kube, ns) => {
  const both = ["a", "b"].map((name) =>
    collectAll(runDaemonSet, { name, namespace: ns, podSpec: podSpec(image("restart")) }, {
      kube,
      clock: new PollClock(),
    })
  );
  const nodes = await nodeNames(kube);
  const [a, b] = await Promise.all(both);
  deepStrictEqual(Object.keys(a!.files).sort(), nodes.map((node) => `a/${node}.log`));
  deepStrictEqual(Object.keys(b!.files).sort(), nodes.map((node) => `b/${node}.log`));
  const sources = [a!, b!].flatMap(({ entries }) =>
    entries.flatMap((entry) => entry.type === "file" ? entry.source : [])
  );
  strictEqual(new Set(sources).size, 2 * nodes.length);
});

clusterCase("runDaemonSet takes the current log where there is none before the restart", async (kube, ns) => {
  const spec = podSpec(image("restart"), { containers: [{ name: "other", image: image("restart") }] });
  const { files } = await collectAll(runDaemonSet, { name: "c", namespace: ns, podSpec: spec }, {
    kube,
    clock: new PollClock(),
  });
  for (const text of Object.values(files)) match(text, /handled request=/);
});

clusterCase("runDaemonSet takes the logs of other containers beside the first one's", async (kube, ns) => {
  const containers = [{ name: "restarts", image: image("restart") }, { name: "side", image: FOREVER }];
  const config = { name: "c", namespace: ns, podSpec: podSpec("", { containers }) };
  const { files } = await collectAll(runDaemonSet, config, { kube, clock: new PollClock() });
  const nodes = await nodeNames(kube);
  deepStrictEqual(Object.keys(files).sort(), nodes.flatMap((node) => [`c/${node}-side.log`, `c/${node}.log`]));
});

clusterCase("runDaemonSet says in the log why an image cannot be had", async (kube, ns) => {
  const config = { name: "c", namespace: ns, podSpec: podSpec(image("pull")) };
  const { files, missing } = await collectAll(runDaemonSet, config, { kube, clock: new PollClock() });
  const nodes = await nodeNames(kube);
  deepStrictEqual(Object.keys(files).sort(), nodes.map((node) => `c/${node}.log`));
  for (const text of Object.values(files)) match(text, /^The pod will not start: the image .* ImagePullBackOff/);
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "failed"));
  await setsGone(kube, ns);
});

clusterCase("runDaemonSet at its timeout keeps what there is of the logs", async (kube, ns) => {
  const clock = new PollClock();
  const config = { name: "c", namespace: ns, podSpec: podSpec(FOREVER), timeout: "10s" };
  const nodes = await nodeNames(kube);
  const collecting = collectAll(runDaemonSet, config, { kube, clock });
  await untilPods(kube, ns, running(nodes.length));
  await clock.advance(10_000);
  const { entries, missing } = await collecting;
  const files = entries.filter((entry) => entry.type === "file");
  deepStrictEqual(files.map(({ path }) => path).sort(), nodes.map((node) => `c/${node}.log`));
  for (const { text, truncated } of files) {
    strictEqual(text, "done\n");
    deepStrictEqual(truncated, { limit: "deadline" });
  }
  deepStrictEqual(
    missing.map(({ path, reason }) => [path, reason]).sort(),
    nodes.map((n) => [`c/${n}.log`, "timed-out"]),
  );
  match(missing[0]!.message, /timeout: the pod did not end within 10s \(Running\)$/);
  await setsGone(kube, ns);
});

clusterCase("runDaemonSet names pods that no node took", async (kube, ns) => {
  const containers = [{ name: "big", image: FOREVER, resources: { requests: { cpu: "1000" } } }];
  const clock = new PollClock();
  const config = { name: "c", namespace: ns, podSpec: podSpec("", { containers }), timeout: "10s" };
  const nodes = await nodeNames(kube);
  const collecting = collectAll(runDaemonSet, config, { kube, clock });
  const refused = ({ status }: KubeObject) => status?.conditions?.[0]?.reason === "Unschedulable";
  await untilPods(kube, ns, (pods) => pods.length === nodes.length && pods.every(refused));
  await clock.advance(10_000);
  const { files } = await collecting;
  strictEqual(Object.keys(files).length, nodes.length);
  for (const [path, text] of Object.entries(files)) {
    match(path, /^c\/unknown-node-run-daemonset-c-[a-z2-9]{8}-.*\.log$/);
    match(text, /Unschedulable: .*Insufficient cpu/);
  }
});

clusterCase("runDaemonSet says that no node is one for its pods", async (kube, ns) => {
  const config = { collectorName: "n", namespace: ns, podSpec: podSpec(FOREVER, { nodeSelector: { no: "node" } }) };
  const { files, missing } = await collectAll(runDaemonSet, config, { kube, clock: new PollClock() });
  deepStrictEqual(files, {});
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["run-daemonset/n", "empty"]]);
});

clusterCase("runDaemonSet removes its set when it is aborted", async (kube, ns) => {
  const abort = new AbortController();
  const progress = () => abort.abort(new Error("Ctrl-C"));
  const config = { name: "c", namespace: ns, podSpec: podSpec(FOREVER) };
  const collecting = collectAll(runDaemonSet, config, { kube, clock: new PollClock(), signal: abort.signal, progress });
  await rejects(collecting, { message: "Ctrl-C" });
  await setsGone(kube, ns);
});

const timeouts: [string, string | undefined, RegExp][] = [
  ["60 s without one", undefined, /within 1m /],
  ["60 s for 0", "0", /within 1m /],
  ["60 s for less than 0", "-5s", /within 1m /],
];
for (const [name, timeout, expected] of timeouts) {
  clusterCase(`runDaemonSet has a timeout of ${name}`, async (kube, ns) => {
    const config = { name: "c", namespace: ns, podSpec: podSpec(FOREVER), timeout };
    const clock = new PollClock();
    const collecting = collectAll(runDaemonSet, config, { kube, clock });
    await untilPods(kube, ns, running((await nodeNames(kube)).length));
    await clock.advance(60_000);
    const { missing } = await collecting;
    match(missing[0]!.message, expected);
  });
}

clusterCase("runDaemonSet refuses a timeout that is none, before it creates anything", async (kube, ns) => {
  const config = { name: "c", namespace: ns, podSpec: podSpec(FOREVER), timeout: "soon" };
  await rejects(collectAll(runDaemonSet, config, { kube }), { code: "SPEC_VALUE" });
  deepStrictEqual(await listAll(kube, sets(ns)), []);
});

Deno.test("runDaemonSet needs DaemonSets, not pods", () => {
  const config = runDaemonSet.schema.parse({ namespace: "x", podSpec: podSpec("x") });
  deepStrictEqual(runDaemonSet.needs!(config, {}).slice(0, 3), [
    { verb: "create", resource: "daemonsets", group: "apps", namespace: "x" },
    { verb: "get", resource: "daemonsets", group: "apps", namespace: "x" },
    { verb: "delete", resource: "daemonsets", group: "apps", namespace: "x" },
  ]);
});
