import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { createTarDecoder } from "modern-tar";
import { SIMULATE_IMAGE } from "../../../../scripts/test_cluster/simulated_kubelet.ts";
import type { Collector } from "../../../../src/collect/collector.ts";
import { collectd } from "../../../../src/collect/kinds/cluster/collectd.ts";
import { copyFromHost } from "../../../../src/collect/kinds/cluster/copy_from_host.ts";
import { hostMount } from "../../../../src/collect/kinds/cluster/host_files.ts";
import type { KubeClient, KubeObject } from "../../../../src/kube/kube_client.ts";
import { type ServedExec, withPlayedExec } from "../../../kube/exec_server.ts";
import { PollClock } from "../../../poll_clock.ts";
import { clusterCase, listAll, nodeNames, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";
import { makeTar } from "./tar_maker.ts";

const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const sets = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/daemonsets`;
const tar = await makeTar([
  { name: "app/", type: "directory" },
  { name: "app/a.log", body: "line 1\n" },
  { name: "app/sub/b.log", body: "line 2\n" },
]);
const config = { name: "hosts", hostPath: "/var/log/app", image: "example.com/tools:1", extractArchive: true };

const mounts: [hostPath: string, mounted: string, folder: string, item: string][] = [
  ["/var/log/app", "/var/log", "/host", "app"],
  ["/var/log//app/", "/var/log", "/host", "app"],
  ["/var/../etc/ssl/certs", "/etc/ssl", "/host", "certs"],
  ["/etc", "/etc", "/", "host"],
  ["/etc/", "/etc", "/", "host"],
  ["/", "/", "/", "host"],
];
for (const [hostPath, mounted, folder, item] of mounts) {
  Deno.test(`hostMount() mounts ${mounted} for ${hostPath}`, () => {
    deepStrictEqual(hostMount(hostPath), { mounted, packed: { folder, item } });
  });
}

Deno.test("hostMount() refuses relative paths", () => {
  throws(() => hostMount("var/log"), { code: "SPEC_VALUE", message: /not an absolute path/ });
});

Deno.test("copyFromHost refuses what it cannot name before it asks for anything", async () => {
  await rejects(collectAll(copyFromHost, { ...config, name: "../up" }), { code: "UNSAFE_PATH" });
  await rejects(collectAll(copyFromHost, { ...config, timeout: "soon" }), { code: "SPEC_VALUE" });
});

/** Collects with commands that are played; the cluster is real. */
function played(
  name: string,
  run: (exec: ServedExec, kube: KubeClient, namespace: string) => Promise<void> | void,
  use: (
    collect: (more?: object, collector?: Collector) => ReturnType<typeof collectAll>,
    given: { kube: KubeClient; namespace: string; nodes: string[]; commands: string[] },
  ) => Promise<void>,
): void {
  clusterCase(name, async (kube, namespace) => {
    await withPlayedExec(kubeconfig, (exec) => run(exec, kube, namespace), async (playing, commands) => {
      const collect = (more: object = {}, collector: Collector = copyFromHost) =>
        collectAll(collector, { ...config, namespace, ...more }, { kube: playing, clock: new PollClock() });
      await use(collect, { kube, namespace, nodes: await nodeNames(kube), commands });
    });
    await nothingLeft(kube, namespace);
  });
}

async function nothingLeft(kube: KubeClient, namespace: string): Promise<void> {
  deepStrictEqual(await listAll(kube, sets(namespace)), []);
  deepStrictEqual(await listAll(kube, `/api/v1/namespaces/${namespace}/secrets`), []);
  await untilPods(kube, namespace, (pods) => pods.length === 0);
}

async function send(exec: ServedExec, bytes: Uint8Array = tar): Promise<void> {
  await exec.stdout(bytes);
  exec.exit(0);
}

let made: KubeObject | undefined;
played("copyFromHost unpacks the files of each node, and removes what it started", async (exec, kube, namespace) => {
  made ??= (await listAll(kube, sets(namespace)))[0];
  await send(exec);
}, async (collect, { nodes, commands }) => {
  const login = btoa(JSON.stringify({ auths: {} }));
  const imagePullSecret = { data: { ".dockerconfigjson": login }, type: "kubernetes.io/dockerconfigjson" };
  const { files, missing } = await collect({ imagePullSecret });
  deepStrictEqual(
    files,
    Object.fromEntries(nodes.flatMap((node) => [
      [`hosts/${node}/app/a.log`, "line 1\n"],
      [`hosts/${node}/app/sub/b.log`, "line 2\n"],
    ])),
  );
  deepStrictEqual(missing, []);
  deepStrictEqual(commands, nodes.map(() => "tar -C /host -cf - app"));

  ok(made, "there was a DaemonSet");
  match(made.metadata.name, /^troubleshoot-copyfromhost-/);
  strictEqual(made.metadata.labels!["app.kubernetes.io/managed-by"], "troubleshoot.sh");
  strictEqual(made.metadata.labels!["troubleshoot.sh/collector"], "copyfromhost");
  const { containers, volumes, tolerations, imagePullSecrets, automountServiceAccountToken } = made.spec.template.spec;
  const { name, command, args, image, imagePullPolicy, volumeMounts } = containers[0];
  deepStrictEqual([name, command, args, image], ["collector", ["sleep"], ["1000000"], config.image]);
  strictEqual(imagePullPolicy, "IfNotPresent");
  deepStrictEqual([volumeMounts[0].mountPath, volumeMounts[0].readOnly], ["/host", true]);
  deepStrictEqual(volumes[0].hostPath, { path: "/var/log", type: "Directory" });
  deepStrictEqual(
    tolerations.map(({ key, effect }: { key: string; effect: string }) => `${key}:${effect}`),
    ["node-role.kubernetes.io/master:NoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule"],
  );
  strictEqual(imagePullSecrets.length, 1);
  strictEqual(automountServiceAccountToken, false);
});

played("copyFromHost writes an archive for each node", (exec) => send(exec), async (collect, { nodes }) => {
  const { files, entries, missing } = await collect({ extractArchive: undefined });
  deepStrictEqual(Object.keys(files), nodes.map((node) => `hosts/${node}/archive.tar`));
  deepStrictEqual(missing, []);
  const [first] = entries;
  ok(first?.type === "file");
  match(first.source!, /^exec t-\w+\/troubleshoot-copyfromhost-\S+\/collector tar -C \/host -cf - app$/);
  const names: string[] = [];
  const archive = new Blob([files[first.path]!]).stream().pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of archive) {
    names.push(header.name);
    await body.cancel();
  }
  deepStrictEqual(names, ["app/", "app/a.log", "app/sub/b.log"]);
});

played(
  "copyFromHost without a name writes below the path of the host",
  (exec) => send(exec),
  async (collect, { nodes }) => {
    const { files } = await collect({ name: undefined, hostPath: "/etc" });
    deepStrictEqual(Object.keys(files).slice(0, 2), [`etc/${nodes[0]}/app/a.log`, `etc/${nodes[0]}/app/sub/b.log`]);
  },
);

played("collectd writes its archives below collectd/rrd", (exec) => send(exec), async (collect, { nodes }) => {
  const { files } = await collect({}, collectd as unknown as Collector);
  deepStrictEqual(Object.keys(files), nodes.map((node) => `collectd/rrd/${node}/archive.tar`));
});

played("copyFromHost tells of a node whose files cannot be read, and goes on", (exec) => {
  if (!exec.pod.endsWith("x")) exec.stderr("tar: app: No such file or directory\n");
  exec.exit(2);
}, async (collect, { nodes }) => {
  const { files, missing } = await collect();
  deepStrictEqual(
    files,
    Object.fromEntries(nodes.flatMap((node) => [
      [`hosts/${node}/error.txt`, "command terminated with non-zero exit code: exit status 2\n"],
      ...(files[`hosts/${node}/stderr.txt`] === undefined
        ? []
        : [[`hosts/${node}/stderr.txt`, "tar: app: No such file or directory\n"]]),
    ])),
  );
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), nodes.map((node) => [`hosts/${node}`, "failed"]));
});

played("copyFromHost does not wait for images that cannot be had", () => {}, async (collect, { nodes, commands }) => {
  const { files, missing } = await collect({ image: `${SIMULATE_IMAGE}pull` });
  deepStrictEqual(Object.keys(files).toSorted(), nodes.map((node) => `hosts/${node}/error.txt`));
  for (const text of Object.values(files)) match(text, /The pod will not start: the image .* ImagePullBackOff/);
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "failed"));
  deepStrictEqual(commands, []);
});

clusterCase("copyFromHost gives pods 30 s to start, and says what they wait for", async (kube, namespace) => {
  const clock = new PollClock();
  const image = `${SIMULATE_IMAGE}creating`;
  const collecting = collectAll(copyFromHost, { ...config, namespace, image }, { kube, clock });
  const nodes = await nodeNames(kube);
  const creating = ({ status }: KubeObject) => JSON.stringify(status ?? {}).includes("ContainerCreating");
  await untilPods(kube, namespace, (pods) => pods.length === nodes.length && pods.every(creating));
  await clock.advance(2_000);
  await clock.advance(29_000);
  const { files, missing } = await collecting;
  deepStrictEqual(Object.keys(files).toSorted(), nodes.map((node) => `hosts/${node}/error.txt`));
  match(files[`hosts/${nodes[0]}/error.txt`]!, /not ready within 30s \(Pending; .*ContainerCreating/);
  deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "timed-out"));
  await nothingLeft(kube, namespace);
});

clusterCase("copyFromHost tells at once that the folder does not exist on a node", async (kube, namespace) => {
  const image = `${SIMULATE_IMAGE}creating`;
  const collecting = collectAll(copyFromHost, { ...config, namespace, image }, { kube, clock: new PollClock() });
  const nodes = await nodeNames(kube);
  // What a kubelet says.
  for (const { metadata } of await untilPods(kube, namespace, (pods) => pods.length === nodes.length)) {
    const { name, uid } = metadata;
    await kube.create(`/api/v1/namespaces/${namespace}/events`, {
      metadata: { generateName: "mount-" },
      involvedObject: { kind: "Pod", namespace, name, uid },
      type: "Warning",
      reason: "FailedMount",
      message: 'MountVolume.SetUp failed for volume "host" : hostPath type check failed: /var/log is not a directory',
    });
  }
  const { files } = await collecting;
  for (const node of nodes) match(files[`hosts/${node}/error.txt`]!, /\/var\/log is not a directory/);
  await nothingLeft(kube, namespace);
});

clusterCase("copyFromHost says that a policy of the namespace lets no pod see its node", async (kube, namespace) => {
  await kube.create("/api/v1/namespaces", {
    metadata: { name: `${namespace}-strict`, labels: { "pod-security.kubernetes.io/enforce": "baseline" } },
  });
  try {
    const clock = new PollClock();
    const collecting = rejects(
      collectAll(copyFromHost, { ...config, namespace: `${namespace}-strict` }, { kube, clock }),
      { code: "TIMEOUT", message: /no pod was created within 30s \(FailedCreate: .*violates PodSecurity/ },
    );
    while (!(await listAll(kube, `/api/v1/namespaces/${namespace}-strict/events`)).length) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await clock.advance(31_000);
    await collecting;
    deepStrictEqual(await listAll(kube, sets(`${namespace}-strict`)), []);
  } finally {
    await kube.delete(`/api/v1/namespaces/${namespace}-strict`);
  }
});

clusterCase("copyFromHost without a namespace takes that of the command line", async (kube, namespace) => {
  const image = `${SIMULATE_IMAGE}pull`;
  const { missing } = await collectAll(copyFromHost, { ...config, image }, { kube, namespace, clock: new PollClock() });
  strictEqual(missing.length, (await nodeNames(kube)).length);
  const events = await listAll(kube, `/api/v1/namespaces/${namespace}/events`);
  ok(events.some(({ reason, involvedObject }) => reason === "SuccessfulCreate" && involvedObject.kind === "DaemonSet"));
});

clusterCase("copyFromHost leaves nothing when it is aborted in the middle of a copy", async (kube, namespace) => {
  const stop = new AbortController();
  await withPlayedExec(kubeconfig, async (exec) => {
    await exec.stdout(tar.slice(0, 1000));
    stop.abort(new DOMException("late", "TimeoutError"));
  }, async (playing) => {
    const context = { kube: playing, clock: new PollClock(), signal: stop.signal };
    await rejects(collectAll(copyFromHost, { ...config, namespace }, context), { name: "TimeoutError" });
  });
  await nothingLeft(kube, namespace);
});

clusterCase("copyFromHost keeps what it has when its own time is over", async (kube, namespace) => {
  const clock = new PollClock();
  const nodes = await nodeNames(kube);
  let begun = 0;
  await withPlayedExec(kubeconfig, async (exec) => {
    await exec.stdout(tar.slice(0, 1600));
    if (++begun === nodes.length) await clock.advance(60_000);
  }, async (playing) => {
    const context = { kube: playing, clock };
    const { files, missing } = await collectAll(copyFromHost, { ...config, namespace, timeout: "1m" }, context);
    ok(`hosts/${nodes[0]}/error.txt` in files);
    deepStrictEqual(missing.map(({ reason }) => reason), nodes.map(() => "timed-out"));
  });
  await nothingLeft(kube, namespace);
});
