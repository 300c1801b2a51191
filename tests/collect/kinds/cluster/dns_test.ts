import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import { dns } from "../../../../src/collect/kinds/cluster/dns.ts";
import type { KubeClient } from "../../../../src/kube/kube_client.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const SYSTEM = "/api/v1/namespaces/kube-system";
const image = (what: string) => `${SIMULATE_IMAGE}${what}`;

/** What the cluster's DNS would have; removed again. */
async function withDnsObjects(kube: KubeClient, test: () => Promise<void>): Promise<void> {
  const named = (name: string, more: Record<string, unknown>) => ({ metadata: { name }, ...more });
  const objects: [string, { metadata: { name: string } }][] = [
    ["services", named("kube-dns", { spec: { ports: [{ port: 53 }], clusterIP: "10.0.0.10" } })],
    [
      "endpoints",
      named("kube-dns", {
        subsets: [{
          addresses: [{ ip: "10.1.0.2" }, { ip: "10.1.0.3" }],
          ports: [{ name: "a", port: 53 }, { name: "b", port: 9153 }],
        }],
      }),
    ],
    ["configmaps", named("coredns", { data: { Corefile: ".:53 {\n  errors\n}\n" } })],
  ];
  try {
    for (const [resource, object] of objects) await kube.create(`${SYSTEM}/${resource}`, object);
    await test();
  } finally {
    for (const [resource, { metadata }] of objects) await kube.delete(`${SYSTEM}/${resource}/${metadata.name}`);
  }
}

async function untilDnsPodRuns(kube: KubeClient): Promise<void> {
  await untilPods(
    kube,
    "default",
    (pods) =>
      pods.some(({ metadata, status }) => metadata.name.startsWith("troubleshoot-dns-") && status?.phase === "Running"),
  );
}

async function noDnsPods(kube: KubeClient): Promise<void> {
  const pods = await listAll(kube, "/api/v1/namespaces/default/pods");
  deepStrictEqual(pods.filter(({ metadata }) => metadata.name.startsWith("troubleshoot-dns-")), []);
}

clusterCase("dns reports what pods see and what the cluster has", async (kube) => {
  await withDnsObjects(kube, async () => {
    const { files, missing } = await collectAll(dns, { image: image("succeed") }, { kube, clock: new PollClock() });
    deepStrictEqual(Object.keys(files), ["dns/debug.txt", "dns/debug.json"]);
    deepStrictEqual(
      files["dns/debug.json"],
      JSON.stringify({
        kubernetesClusterIP: "10.0.0.1",
        podResolvConf: "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.0.0.10",
        query: {
          kubernetes: { name: "kubernetes", address: "10.0.0.1" },
          nonResolvableDomain: { name: "*", address: "" },
        },
        kubeDNSPods: [""],
        kubeDNSService: "10.0.0.10",
        kubeDNSEndpoints: "10.1.0.2:53, 10.1.0.3:53",
      }),
    );
    match(files["dns/debug.txt"]!, /^=== cluster IP of the service kubernetes: 10\.0\.0\.1$/m);
    match(files["dns/debug.txt"]!, /^=== running DNS pods: none$/m);
    match(files["dns/debug.txt"]!, /^ {2}errors$/m);
    match(files["dns/debug.txt"]!, /^nameserver 10\.0\.0\.10$/m);
    match(files["dns/debug.txt"]!, /^=== ConfigMap kube-dns: it does not exist$/m);
    deepStrictEqual(missing, []);
    await noDnsPods(kube);
  });
});

clusterCase("dns obeys its timeout, and reports the rest", async (kube) => {
  const config = { image: "example.com/forever:1", timeout: "3s", nonResolvable: "nowhere.example.com" };
  const clock = new PollClock();
  const collecting = collectAll(dns, config, { kube, clock });
  await untilDnsPodRuns(kube);
  await clock.advance(3000);
  const { files, missing } = await collecting;
  const found = JSON.parse(files["dns/debug.json"]!);
  deepStrictEqual([found.kubernetesClusterIP, found.podResolvConf], ["10.0.0.1", ""]);
  deepStrictEqual(found.query.nonResolvableDomain, { name: "nowhere.example.com", address: "" });
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["dns/debug.json", "timed-out"]]);
  match(missing[0]!.message, /timeout: the pod did not end within 3s \(Running\)$/);
  await noDnsPods(kube);
});

clusterCase("dns has a timeout of 60 s without one", async (kube) => {
  const clock = new PollClock();
  const collecting = collectAll(dns, { image: "example.com/forever:1" }, { kube, clock });
  await untilDnsPodRuns(kube);
  await clock.advance(60_000);
  const { missing } = await collecting;
  match(missing[0]!.message, /within 1m /);
});

clusterCase("dns removes its pod when it is aborted", async (kube) => {
  const abort = new AbortController();
  const signal = abort.signal;
  const context = { kube, clock: new PollClock(), signal };
  const failed = rejects(collectAll(dns, { image: "example.com/forever:1" }, context), { message: "Ctrl-C" });
  await untilDnsPodRuns(kube);
  abort.abort(new Error("Ctrl-C"));
  await failed;
  const pods = await listAll(kube, "/api/v1/namespaces/default/pods");
  const left = pods.filter(({ metadata }) =>
    metadata.name.startsWith("troubleshoot-dns-") && !metadata.deletionTimestamp
  );
  deepStrictEqual(left, []);
});

clusterCase("dns notes each thing that it may not see", async (kube) => {
  const { files, missing } = await collectAll(dns, { image: image("succeed") }, { kube, clock: new PollClock() });
  deepStrictEqual(Object.keys(files), ["dns/debug.txt", "dns/debug.json"]);
  deepStrictEqual(new Set(missing.map(({ reason }) => reason)), new Set(["forbidden"]));
}, { as: "system:serviceaccount:shop:nobody" });
