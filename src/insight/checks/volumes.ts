import type { AnalyzerResult } from "../../analyze/analyzer.ts";
import { affectedBy } from "../affected.ts";
import type { ClusterFiles, Stored } from "../cluster_files.ts";
import { command } from "../command.ts";
import type { Insight } from "../insight.ts";
import { below, clip, condition, list, number, text } from "../loose.ts";

/** A claim that waits for less than this may just be served. */
const PATIENCE_MS = 5 * 60_000;
const FULL = 0.95;
const NEARLY_FULL = 0.85;

export const volumes: Insight = {
  id: "volume",
  title: "Volumes that are full, lost or never come",
  reads: ["pvcs", "storage-classes", "pods"],
  when:
    "A PersistentVolumeClaim is Lost, or Pending for five minutes (not where it waits for its first pod); a volume is 85 % full (a failure from 95 %), where the bundle has " +
    "node-metrics; a resized file system waits for a restart of its pod",
  says:
    "What the provisioner says, the StorageClass that is not there, how full a volume is; pods that wait for a claim belong to its finding",
  nextStep: "Where to look, what to enlarge",
  async *inspect(cluster) {
    const classes = new Map<string, Stored>();
    for await (const each of cluster.objects("storage-classes")) classes.set(each.name, each);
    for await (const claim of cluster.objects("pvcs", "PersistentVolumeClaim")) {
      const found = await judgeClaim(cluster, claim, classes);
      if (found !== undefined) yield found;
    }
    yield* fullVolumes(cluster);
  },
};

async function judgeClaim(
  cluster: ClusterFiles,
  claim: Stored,
  classes: ReadonlyMap<string, Stored>,
): Promise<AnalyzerResult | undefined> {
  const { value, namespace, name } = claim;
  const phase = below(value, "status", "phase");
  const resize = condition(value, "FileSystemResizePending");
  const users = (await cluster.pods()).in(namespace).filter(({ claims }) => claims.includes(name));
  const events = (await cluster.events()).of("PersistentVolumeClaim", namespace, name);
  const object = { kind: "PersistentVolumeClaim", namespace, name };
  const common = {
    involvedObject: { ...object, apiVersion: "v1" },
    cause: `volume-claim/${namespace}/${name}`,
    nextStep: command`kubectl describe pvc -n ${namespace} ${name}`,
  };
  const evidence = async (keys: (string | number)[]) => [
    ...await cluster.evidence({ ...claim, keys }),
    ...await cluster.ofEvents(events),
  ];
  if (phase === "Lost") {
    return {
      ...common,
      title: `Volume claim ${namespace}/${name} has lost its volume`,
      outcome: {
        status: "fail",
        message: `PersistentVolumeClaim ${namespace}/${name} is Lost: its volume ${
          text(below(value, "spec", "volumeName"))
        } does not exist`,
      },
      explanation:
        "The volume that the claim was bound to is gone, and with it the data, unless the storage still has it.",
      ...affectedBy([object]),
      evidence: await evidence(["status"]),
    };
  }
  if (phase === "Bound" && resize?.value.status === "True") {
    return {
      ...common,
      title: `Volume claim ${namespace}/${name} waits for a restart to grow`,
      outcome: {
        status: "warn",
        message:
          `PersistentVolumeClaim ${namespace}/${name} was enlarged, and its file system grows when its pod is restarted`,
      },
      explanation: "The storage has grown; the file system on it has not yet.",
      ...affectedBy([object]),
      evidence: await evidence(["status", "conditions", resize.index]),
    };
  }
  if (phase !== "Pending" || await cluster.isYoung(value, PATIENCE_MS)) return undefined;
  const className = below(value, "spec", "storageClassName");
  const storageClass = classes.get(text(className));
  const waits = below(storageClass?.value, "volumeBindingMode") === "WaitForFirstConsumer";
  // Without a pod, or with one that no node takes for another reason, such a claim is as it should be.
  const failed = events.find(({ reason }) => /Failed/.test(reason));
  const blocked = users.some(({ trouble }) => trouble?.cause === common.cause);
  if (waits && failed === undefined && !blocked) return undefined;
  const known = classes.size > 0;
  const [why, explanation] = failed !== undefined
    ? [clip(failed.message), "The provisioner was asked for a volume, and failed."]
    : known && text(className) !== "" && storageClass === undefined
    ? [`there is no StorageClass "${text(className)}"`, "Nothing makes volumes of the class that the claim names."]
    : known && !className && className !== ""
    ? [
      "it names no StorageClass, and the cluster had no default when it was made",
      "Nothing makes a volume for the claim, and no volume that is there fits.",
    ]
    : [
      storageClass === undefined
        ? "no volume fits it"
        : `${text(below(storageClass.value, "provisioner"))} has not made a volume`,
      "No volume was made for the claim, and none that is there fits: the provisioner is not installed, or does not work.",
    ];
  return {
    ...common,
    title: `Volume claim ${namespace}/${name} gets no volume`,
    outcome: {
      status: users.length > 0 ? "fail" : "warn",
      message: `PersistentVolumeClaim ${namespace}/${name} is Pending: ${why}`,
    },
    explanation,
    ...affectedBy([object]),
    evidence: await evidence(["status"]),
  };
}

/** From what kubelets say of volumes, where the bundle has it. */
async function* fullVolumes(cluster: ClusterFiles): AsyncGenerator<AnalyzerResult> {
  const seen = new Set<string>();
  for (const path of await cluster.find("node-metrics/*.json")) {
    const pods = below(await cluster.json(path), "pods");
    for (const pod of list(pods)) {
      for (const volume of list(pod.volume)) {
        const [used, capacity] = [number(volume.usedBytes), number(volume.capacityBytes)];
        const [name, namespace] = [text(below(volume, "pvcRef", "name")), text(below(volume, "pvcRef", "namespace"))];
        if (used === undefined || !capacity || name === "" || seen.has(`${namespace}/${name}`)) continue;
        const inodes = (number(volume.inodesUsed) ?? 0) / (number(volume.inodes) || Infinity);
        const share = Math.max(used / capacity, inodes);
        if (share < NEARLY_FULL) continue;
        seen.add(`${namespace}/${name}`);
        const object = { kind: "PersistentVolumeClaim", namespace, name };
        const what = inodes > used / capacity ? "of its files (inodes)" : "of its bytes";
        yield {
          title: `Volume ${namespace}/${name} is ${share >= FULL ? "full" : "nearly full"}`,
          outcome: {
            status: share >= FULL ? "fail" : "warn",
            message: `Volume ${namespace}/${name} uses ${Math.floor(share * 100)} % ${what}`,
          },
          involvedObject: { ...object, apiVersion: "v1" },
          cause: `volume-full/${namespace}/${name}`,
          explanation: "When the volume is full, writes to it fail; databases stop then.",
          nextStep:
            command`kubectl edit pvc -n ${namespace} ${name}: enlarge it where its StorageClass allows, or delete what is not needed`,
          ...affectedBy([object]),
          evidence: [{ path }],
        };
      }
    }
  }
}
