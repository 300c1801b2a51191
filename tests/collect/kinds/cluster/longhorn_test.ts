import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { parse } from "yaml";
import { longhorn } from "../../../../src/collect/kinds/cluster/longhorn.ts";
import { restingReplicas } from "../../../../src/collect/kinds/cluster/longhorn_checksums.ts";
import { longhornManifest } from "../../../../src/collect/kinds/cluster/longhorn_manifest.ts";
import type { KubeClient, KubeObject } from "../../../../src/kube/kube_client.ts";
import { podList, startExecServer, withPlayedExec } from "../../../kube/exec_server.ts";
import { ManualClock } from "../../../manual_clock.ts";
import { clusterCase, listAll, running, untilPods } from "../../cluster_case.ts";
import { collectAll } from "../../collect_all.ts";

const metadata = (name: string) => ({ name, namespace: "longhorn-system", labels: { a: "B" }, managedFields: [] });

const manifests: [name: string, object: KubeObject, kind: string, expect: Record<string, unknown>][] = [
  [
    "keeps the manifest, and names the object for analyzers",
    { metadata: metadata("n1"), spec: { diskPath: "/d" } },
    "Node",
    {
      apiVersion: "longhorn.io/v1beta1",
      kind: "Node",
      metadata: { name: "n1", namespace: "longhorn-system", labels: { a: "B" } },
      objectmeta: { name: "n1", namespace: "longhorn-system" },
      spec: { diskPath: "/d" },
      status: {},
    },
  ],
  [
    "repeats what analyzers read of a replica",
    {
      apiVersion: "longhorn.io/v1beta2",
      kind: "Replica",
      metadata: metadata("r1"),
      spec: { desireState: "running", nodeID: "n1", volumeName: "v1", failedAt: "2026-01-01T00:00:00Z" },
      status: { currentState: "stopped", ip: "10.0.0.1" },
    },
    "Replica",
    {
      apiVersion: "longhorn.io/v1beta2",
      kind: "Replica",
      metadata: { name: "r1", namespace: "longhorn-system", labels: { a: "B" } },
      objectmeta: { name: "r1", namespace: "longhorn-system" },
      spec: {
        desireState: "running",
        nodeID: "n1",
        volumeName: "v1",
        failedAt: "2026-01-01T00:00:00Z",
        failedat: "2026-01-01T00:00:00Z",
        instancespec: { desirestate: "running", nodeid: "n1", volumename: "v1" },
      },
      status: { currentState: "stopped", ip: "10.0.0.1", instancestatus: { currentstate: "stopped" } },
    },
  ],
  [
    "gives a volume's size as a number, and conditions as a map",
    {
      metadata: metadata("v1"),
      spec: { size: "10737418240", numberOfReplicas: 3 },
      status: {
        state: "attached",
        conditions: [{ type: "Scheduled", status: "True" }, { type: "Restore", status: "" }],
      },
    },
    "Volume",
    {
      apiVersion: "longhorn.io/v1beta1",
      kind: "Volume",
      metadata: { name: "v1", namespace: "longhorn-system", labels: { a: "B" } },
      objectmeta: { name: "v1", namespace: "longhorn-system" },
      spec: { size: 10737418240, numberOfReplicas: 3, numberofreplicas: 3 },
      status: {
        state: "attached",
        conditions: { Scheduled: { type: "Scheduled", status: "True" }, Restore: { type: "Restore", status: "" } },
      },
    },
  ],
];
for (const [name, object, kind, expect] of manifests) {
  Deno.test(`longhornManifest() ${name}`, () => {
    deepStrictEqual(longhornManifest(object, kind, "longhorn.io/v1beta1"), expect);
  });
}

const volume = (name: string, state: string): KubeObject => ({ metadata: { name }, status: { state } });
const replica = (name: string, volumeName: string, more: object = {}): KubeObject => ({
  metadata: { name },
  spec: { volumeName, nodeID: "n1", diskPath: "/data", dataDirectoryName: `${name}-dir`, ...more },
});
const resting: [name: string, volumes: KubeObject[], replicas: KubeObject[], expect: string[]][] = [
  ["takes the replicas of detached volumes", [volume("v", "detached"), volume("w", "attached")], [
    replica("a", "v"),
    replica("b", "v"),
    replica("c", "w"),
    replica("d", "w"),
  ], ["v/a n1 /data/replicas/a-dir", "v/b n1 /data/replicas/b-dir"]],
  ["leaves out a volume with one scheduled replica", [volume("v", "detached")], [
    replica("a", "v"),
    replica("b", "v", { nodeID: "" }),
  ], []],
  ["takes the folder that older versions name", [volume("v", "detached")], [
    replica("a", "v", { diskPath: undefined, dataPath: "/old/a" }),
    replica("b", "v", { diskPath: undefined }),
  ], ["v/a n1 /old/a"]],
];
for (const [name, volumes, replicas, expect] of resting) {
  Deno.test(`restingReplicas() ${name}`, () => {
    deepStrictEqual(
      restingReplicas(volumes, replicas).map(({ volume, name, node, folder }) => `${volume}/${name} ${node} ${folder}`),
      expect,
    );
  });
}

Deno.test("longhorn says when it is not installed", async () => {
  await using server = startExecServer(() => {});
  const kube = server.connect();
  const { files, missing } = await collectAll(longhorn, { collectorName: "c" }, { kube });
  kube.close();
  deepStrictEqual(files, {});
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [["longhorn/c", "not-installed"]]);
});

Deno.test("longhorn goes on where a list is refused, and reads the version that there is", async () => {
  const paths: string[] = [];
  await using server = startExecServer(() => {}, (_, path) => {
    paths.push(path);
    if (path === "/apis/longhorn.io") {
      return Response.json({ versions: [{ version: "v1beta2" }], preferredVersion: { version: "v1beta2" } });
    }
    if (path.endsWith("/volumes")) return Response.json({ message: "no" }, { status: 403 });
    if (path.endsWith("/pods")) return podList([]);
    return Response.json({ metadata: {}, items: path.endsWith("/nodes") ? [{ metadata: { name: "n1" } }] : [] });
  });
  const kube = server.connect();
  const { files, missing } = await collectAll(longhorn, { namespace: "storage" }, { kube });
  kube.close();
  deepStrictEqual(Object.keys(files), ["longhorn/storage/nodes/n1.yaml", "longhorn/storage/settings.yaml"]);
  deepStrictEqual(missing.map(({ path, reason }) => [path, reason]), [
    ["longhorn/storage/volumes", "forbidden"],
    ["logs", "empty"],
  ]);
  ok(paths.includes("/apis/longhorn.io/v1beta2/namespaces/storage/replicas"));
});

Deno.test("longhorn ends at its own time", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  await using server = startExecServer(() => {}, async (_, path) => {
    if (path === "/apis/longhorn.io") return Response.json({ versions: [] });
    asked.resolve();
    await held.promise;
    return Response.json({ metadata: {}, items: [] });
  });
  const kube = server.connect();
  const collecting = rejects(collectAll(longhorn, { timeout: "1m" }, { kube, clock }), {
    code: "TIMEOUT",
    message: /within 1m/,
  });
  await asked.promise;
  await clock.advance(60_000);
  await collecting;
  held.resolve();
  kube.close();
  await rejects(collectAll(longhorn, { timeout: "later" }), { code: "SPEC_VALUE" });
});

const PLURALS: [plural: string, kind: string][] = [
  ["nodes", "Node"],
  ["volumes", "Volume"],
  ["replicas", "Replica"],
  ["engines", "Engine"],
  ["engineimages", "EngineImage"],
  ["instancemanagers", "InstanceManager"],
  ["backingimagemanagers", "BackingImageManager"],
  ["backingimages", "BackingImage"],
  ["sharemanagers", "ShareManager"],
  ["settings", "Setting"],
];
const kubeconfig = Deno.env.get("TEST_KUBECONFIG") ?? "";
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Installs the resources of Longhorn, with whatever fields, and removes them. */
async function withLonghornApi(kube: KubeClient, use: () => Promise<void>): Promise<void> {
  const name = (plural: string) => `${plural}.longhorn.io`;
  try {
    for (const [plural, kind] of PLURALS) {
      await kube.delete(`${CRDS}/${name(plural)}`); // of a test that was killed
      await kube.create(CRDS, {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: name(plural) },
        spec: {
          group: "longhorn.io",
          scope: "Namespaced",
          names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
          versions: ["v1beta1", "v1beta2"].map((version) => ({
            name: version,
            served: true,
            storage: version === "v1beta2",
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          })),
        },
      });
    }
    for (const [plural] of PLURALS) {
      while (true) {
        const { status } = await kube.get(`${CRDS}/${name(plural)}`);
        if (
          status?.conditions?.some((c: { type: string; status: string }) =>
            c.type === "Established" && c.status === "True"
          )
        ) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    await use();
  } finally {
    for (const [plural] of PLURALS) await kube.delete(`${CRDS}/${name(plural)}`);
  }
}

/** A name that a shell must not read. */
const DISK = "/var/lib/longhorn $(exit 1)";

/** Commands in containers run here, with another folder in the place of /host. */
async function onThisMachine<T>(host: string, use: (kube: KubeClient) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  await withPlayedExec(kubeconfig, async (exec) => {
    const [program, ...args] = exec.command;
    const there = args.map((arg) => arg.replace(/^\/host(?=\/)/, host));
    const { stdout, stderr, code } = await new Deno.Command(program!, { args: there }).output();
    await exec.stdout(stdout);
    exec.stderr(new TextDecoder().decode(stderr));
    exec.exit(code);
  }, async (kube) => void (result = { value: await use(kube) }));
  return result!.value;
}

clusterCase(
  "longhorn reads objects, settings, logs and checksums of a cluster that has it",
  async (kube, namespace) => {
    const folder = await Deno.makeTempDir();
    await withLonghornApi(kube, async () => {
      const create = async (plural: string, kind: string, object: Omit<KubeObject, "metadata"> & { name: string }) => {
        const { name, ...rest } = object;
        const path = `/apis/longhorn.io/v1beta1/namespaces/${namespace}/${plural}`;
        for (let tries = 1;; tries++) {
          try {
            return await kube.create(path, { apiVersion: "longhorn.io/v1beta1", kind, metadata: { name }, ...rest });
          } catch (error) {
            if (tries === 40) throw error; // a new resource is not served at once
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      };
      await create("nodes", "Node", { name: "n1", status: { conditions: { Schedulable: { status: "True" } } } });
      await create("settings", "Setting", { name: "backup-target", value: "s3://backups@here/" });
      await create("settings", "Setting", { name: "auto-salvage", value: "true" });
      await create("volumes", "Volume", { name: "v1", spec: { numberOfReplicas: 3 }, status: { state: "detached" } });
      for (const [i, name] of ["r1", "r2", "r3"].entries()) {
        const data = `${folder}/host${DISK}/replicas/${name}`;
        await Deno.mkdir(data, { recursive: true });
        await Deno.writeTextFile(`${data}/volume-head-000.img`, i === 1 ? "other" : "same");
        await create("replicas", "Replica", {
          name,
          spec: {
            volumeName: "v1",
            nodeID: name === "r3" ? "n2" : "n1",
            diskPath: DISK,
            dataDirectoryName: name,
            desireState: "stopped",
          },
          status: { currentState: "stopped" },
        });
      }
      await kube.create(`/api/v1/namespaces/${namespace}/pods`, {
        metadata: {
          name: "instance-manager-r-1",
          labels: { "longhorn.io/instance-manager-type": "replica", "longhorn.io/node": "n1" },
        },
        spec: { containers: [{ name: "replica-manager", image: "longhorn" }] },
      });
      await untilPods(kube, namespace, running(1));

      const { files, links, missing } = await onThisMachine(
        `${folder}/host`,
        (kube) => collectAll(longhorn, { namespace }, { kube }),
      );
      const at = `longhorn/${namespace}`;
      deepStrictEqual(parse(files[`${at}/settings.yaml`]!), {
        "auto-salvage": "true",
        "backup-target": "s3://backups@here/",
      });
      const node = parse(files[`${at}/nodes/n1.yaml`]!);
      deepStrictEqual(
        [node.kind, node.metadata.name, node.objectmeta.name, node.status.conditions.Schedulable.status],
        [
          "Node",
          "n1",
          "n1",
          "True",
        ],
      );
      strictEqual(parse(files[`${at}/replicas/r2.yaml`]!).spec.instancespec.desirestate, "stopped");
      strictEqual(parse(files[`${at}/volumes/v1.yaml`]!).spec.numberofreplicas, 3);
      const log = `cluster-resources/pods/logs/${namespace}/instance-manager-r-1/replica-manager.log`;
      ok(log in files);
      deepStrictEqual(links, { [`${at}/logs/instance-manager-r-1/replica-manager.log`]: log });
      const sums = ["r1", "r2"].map((name) => files[`${at}/volumes/v1/replicachecksums/${name}.txt`]!);
      for (const text of sums) match(text, /^[0-9a-f]{32} {2}volume-head-000\.img\n$/);
      ok(sums[0] !== sums[1]);
      deepStrictEqual(missing.map(({ path, reason, message }) => [path, reason, message]), [[
        `${at}/volumes/v1/replicachecksums/r3.txt`,
        "failed",
        'No instance manager runs on the node "n2"',
      ]]);
      strictEqual((await listAll(kube, `/apis/longhorn.io/v1beta1/namespaces/${namespace}/replicas`)).length, 3);
    }).finally(() => Deno.remove(folder, { recursive: true }));
  },
);
