import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import { sysctl } from "../../../../src/collect/kinds/cluster/sysctl.ts";
import { systemClock } from "../../../../src/core/clock.ts";
import type { KubeListPage } from "../../../../src/kube/kube_client.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, nodeNames, running, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const FOREVER = "example.com/forever:1";
const image = (what: string) => `${SIMULATE_IMAGE}${what}`;
const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;

clusterCase("sysctl writes the settings of each node, and removes its pods", async (kube, namespace) => {
  const config = { image: image("succeed"), imagePullPolicy: "Never" };
  const { files, missing } = await collectAll(sysctl, config, { kube, clock: new PollClock(), namespace });
  const text = "/proc/sys/net/ipv4/ip_forward = 1\n/proc/sys/vm/swappiness = 60\n";
  const nodes = await nodeNames(kube);
  deepStrictEqual(files, Object.fromEntries(Object.keys(files).map((path) => [path, text])));
  deepStrictEqual(Object.keys(files).sort(), nodes.map((node) => `sysctl/${node}`));
  deepStrictEqual(missing, []);
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
});

clusterCase("sysctl runs on the host's network, on the very node, whatever its taints", async (kube, namespace) => {
  const clock = new PollClock();
  const config = { image: FOREVER, timeout: "5s", namespace };
  const nodes = await nodeNames(kube);
  const collecting = collectAll(sysctl, config, { kube, clock });
  const specs = (await untilPods(kube, namespace, running(nodes.length))).map(({ spec }) => spec);
  await clock.advance(5000);
  const { missing } = await collecting;
  deepStrictEqual(
    missing.map(({ path, reason }) => [path, reason]).sort(),
    nodes.map((n) => [`sysctl/${n}`, "timed-out"]),
  );
  match(missing[0]!.message, /^timeout: the pod did not end within 5s \(Running\)$/);
  for (const { hostNetwork, tolerations, nodeName, affinity } of specs) {
    const [term] = affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    deepStrictEqual(term.matchFields[0].values, [nodeName]);
    deepStrictEqual([hostNetwork, tolerations[0]], [true, { operator: "Exists" }]);
  }
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
});

clusterCase("sysctl says why a pod failed, and what it printed", async (kube, namespace) => {
  const { files, missing } = await collectAll(sysctl, { image: image("fail"), namespace }, {
    kube,
    clock: new PollClock(),
  });
  deepStrictEqual(files, {});
  for (const { reason, message } of missing) {
    strictEqual(reason, "failed");
    match(
      message,
      /^The pod could not read the settings: Failed; container "sysctl" ended with 3: Error.*; \/proc\/sys/s,
    );
  }
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
});

clusterCase("sysctl gives up an image that cannot be pulled", async (kube, namespace) => {
  const { missing } = await collectAll(sysctl, { image: image("pull"), namespace }, { kube, clock: new PollClock() });
  for (const { message } of missing) match(message, /^The pod will not start: the image .* ImagePullBackOff/);
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
});

const timeouts: [string, string | undefined, number, RegExp][] = [
  ["2 min without one", undefined, 120_000, /within 2m /],
  ["1 min for 0", "0", 60_000, /within 1m /],
];
for (const [name, timeout, ms, expected] of timeouts) {
  clusterCase(`sysctl has a timeout of ${name}`, async (kube, namespace) => {
    const config = { image: FOREVER, namespace, timeout };
    const clock = new PollClock();
    const collecting = collectAll(sysctl, config, { kube, clock });
    await untilPods(kube, namespace, running((await nodeNames(kube)).length));
    await clock.advance(ms - 1);
    await systemClock.sleep(100); // nothing ends before its time
    ok((await listAll(kube, pods(namespace))).every(({ metadata }) => metadata.deletionTimestamp === undefined));
    await clock.advance(1);
    const { missing } = await collecting;
    match(missing[0]!.message, expected);
  });
}

clusterCase("sysctl names the nodes that it did not get to before the deadline", async (kube, namespace) => {
  const clock = new PollClock();
  const deadlineAt = new Date(clock.now().getTime() + 10_000);
  const nodes = await nodeNames(kube);
  const collecting = collectAll(sysctl, { image: FOREVER, namespace }, { kube, clock, deadlineAt });
  await untilPods(kube, namespace, running(nodes.length));
  await clock.advance(8000);
  const { missing } = await collecting;
  deepStrictEqual(
    missing.map(({ path, reason }) => [path, reason]).sort(),
    nodes.map((n) => [`sysctl/${n}`, "timed-out"]),
  );
  deepStrictEqual(await listAll(kube, pods(namespace)), []);
});

clusterCase("sysctl starts no pod on a node that is not ready, and says so", async (kube, namespace) => {
  // The cluster's own nodes are shared with other tests.
  const altered = new Proxy(kube, {
    get(target, key) {
      if (key === "list") {
        return async function* (path: string, options: never): AsyncGenerator<KubeListPage> {
          for await (const page of target.list(path, options)) {
            if (path === "/api/v1/nodes") page.items[0]!.spec.taints = [{ key: "node.kubernetes.io/unreachable" }];
            yield page;
          }
        };
      }
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const config = { image: image("succeed"), namespace };
  const { files, missing } = await collectAll(sysctl, config, { kube: altered, clock: new PollClock() });
  const nodes = await nodeNames(kube);
  strictEqual(Object.keys(files).length, nodes.length - 1);
  deepStrictEqual(missing.map(({ reason, message }) => [reason, message]), [
    ["not-started", "No pod is started here: the node is unreachable"],
  ]);
});

clusterCase("sysctl removes its pods when it is aborted", async (kube, namespace) => {
  const abort = new AbortController();
  const progress = () => abort.abort(new Error("Ctrl-C"));
  const config = { image: FOREVER, namespace };
  const collecting = collectAll(sysctl, config, { kube, clock: new PollClock(), signal: abort.signal, progress });
  await rejects(collecting, { message: "Ctrl-C" });
  for (const { metadata } of await listAll(kube, pods(namespace))) ok(metadata.deletionTimestamp);
});

clusterCase("sysctl that may not list nodes fails as forbidden", async (kube, namespace) => {
  await rejects(collectAll(sysctl, { image: FOREVER, namespace }, { kube }), { code: "KUBE_FORBIDDEN" });
}, { as: "system:serviceaccount:shop:nobody" });
