import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BundleDifference, compareBundles, DEFAULT_COMPARE_OPTIONS } from "../../src/diff/compare_bundles.ts";
import type { CompareOptions } from "../../src/diff/compare_bundles.ts";
import { tarOf } from "../bundle/tar_bytes.ts";

/** Files of a bundle by path; what is no text is written as JSON. */
export type Files = Record<string, unknown>;

// deno-lint-ignore no-explicit-any -- objects of the cluster have any shape
export type Made = any;

export const ROOT = "support-bundle-2026-01-31T08_00_00";

export function list(kind: string, ...items: unknown[]): unknown {
  return { kind: `${kind}List`, apiVersion: "v1", metadata: { resourceVersion: "7" }, items };
}

/** An object with the noise that real ones have. */
export function object(kind: string, name: string, rest: Made = {}, apiVersion = "v1"): Made {
  const { metadata = {}, ...parts } = rest;
  return {
    kind,
    apiVersion,
    metadata: {
      name,
      namespace: ["Node", "Namespace"].includes(kind) ? undefined : "shop",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [{ manager: "kubectl", time: "2026-01-01T00:00:00Z" }],
      ...metadata,
    },
    ...parts,
  };
}

export function pod(
  name: string,
  options: { restarts?: number; waiting?: string; image?: string; owner?: string; uid?: string } = {},
) {
  const { restarts = 0, waiting, image = "nginx:1.25", owner, uid = `uid-${name}` } = options;
  const [ownerKind = "", ownerName = ""] = (owner ?? "").split("/");
  return object("Pod", name, {
    metadata: { uid, ownerReferences: owner && [{ kind: ownerKind, name: ownerName, controller: true, uid: "x" }] },
    spec: { containers: [{ name: "web", image }], nodeName: "worker-1" },
    status: {
      phase: "Running",
      startTime: "2026-01-01T00:00:00Z",
      containerStatuses: [{
        name: "web",
        ready: waiting === undefined,
        restartCount: restarts,
        containerID: `containerd://${name}-${restarts}`,
        state: waiting === undefined
          ? { running: { startedAt: "2026-01-01T00:00:00Z" } }
          : { waiting: { reason: waiting } },
      }],
    },
  });
}

export function deployment(
  name: string,
  options: { image?: string; ready?: number; replicas?: number; revision?: string } = {},
) {
  const { image = "nginx:1.25", replicas = 2, ready = replicas, revision = "1" } = options;
  return object("Deployment", name, {
    metadata: { annotations: { "deployment.kubernetes.io/revision": revision }, generation: Number(revision) },
    spec: { replicas, template: { spec: { containers: [{ name: "web", image, env: [{ name: "A", value: "1" }] }] } } },
    status: { replicas, readyReplicas: ready, observedGeneration: Number(revision) },
  }, "apps/v1");
}

export function node(
  name: string,
  options: { ready?: string; pressure?: string; version?: string; beat?: string } = {},
) {
  const { ready = "True", pressure, version = "v1.30.1", beat = "2026-01-01T00:00:00Z" } = options;
  return object("Node", name, {
    status: {
      conditions: [
        { type: "Ready", status: ready, lastHeartbeatTime: beat, reason: "KubeletReady", message: `at ${beat}` },
        { type: "MemoryPressure", status: pressure === "MemoryPressure" ? "True" : "False", lastHeartbeatTime: beat },
      ],
      nodeInfo: { kubeletVersion: version },
      images: [{ names: [beat] }],
    },
  });
}

export function event(reason: string, name: string, options: { type?: string; count?: number; message?: string } = {}) {
  const { type = "Warning", count = 1, message = `${reason} happened` } = options;
  return object("Event", `${name}.${crypto.randomUUID()}`, {
    type,
    reason,
    count,
    message,
    lastTimestamp: "2026-01-01T00:00:00Z",
    involvedObject: { kind: "Pod", namespace: "shop", name },
  });
}

export function finding(title: string, severity: "error" | "warn" | "debug", detail = "because"): unknown {
  return { name: title.toLowerCase(), insight: { primary: title, detail, severity }, severity };
}

/** The files that every bundle has. */
export function files(more: Files = {}): Files {
  return {
    "version.yaml": "apiVersion: troubleshoot.sh/v1beta2\n",
    "analysis.json": [],
    "cluster-resources/namespaces.json": list(
      "Namespace",
      object("Namespace", "shop", { status: { phase: "Active" } }),
    ),
    "cluster-resources/events/shop.json": list("Event"),
    ...more,
  };
}

/** Where two made bundles lie. */
export class BundlePair implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(): Promise<BundlePair> {
    return new BundlePair(await Deno.makeTempDir({ prefix: "diff-" }));
  }

  /** @returns its path */
  async write(name: string, content: Files, root = ROOT): Promise<string> {
    const members = Object.entries(content).filter(([, body]) => body !== undefined).map(([path, body]) => {
      const text = typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body, null, 2);
      return [{ name: root === "" ? path : `${root}/${path}` }, text] as [{ name: string }, string | Uint8Array];
    });
    const path = join(this.folder, name);
    await Deno.writeFile(path, gzipSync(await tarOf(...members)));
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

export const NOW = new Date("2026-02-01T00:00:00Z");

/** The difference of two bundles with these files. */
export async function differenceOf(
  old: Files,
  current: Files,
  options: Partial<CompareOptions> & { oldRoot?: string; newRoot?: string } = {},
): Promise<BundleDifference> {
  await using pair = await BundlePair.create();
  const { oldRoot, newRoot, ...rest } = options;
  const [a, b] = [await pair.write("a.tar.gz", old, oldRoot), await pair.write("b.tar.gz", current, newRoot)];
  return await compareBundles(a, b, NOW, { ...DEFAULT_COMPARE_OPTIONS, ...rest });
}

/** What is said of the objects, a line each: `+ Pod web`, `~ Node a: Ready, was NotReady; spec.x 1 → 2`. */
export function objectLines({ objects }: BundleDifference): string[] {
  const quiet = (it: { quiet?: true }) => it.quiet ? " (quiet)" : "";
  return [
    ...objects.added.map((it) => `+ ${it.kind} ${it.name}${quiet(it)}`),
    ...objects.removed.map((it) => `- ${it.kind} ${it.name}${quiet(it)}`),
    ...objects.changed.map((it) => {
      const parts = [
        ...(it.recreated ? ["recreated"] : []),
        ...(it.before === undefined ? [] : [`${it.before.text} → ${it.health?.text}`]),
        ...(it.restarts === undefined ? [] : [`restarts ${it.restarts.before} → ${it.restarts.after}`]),
        ...it.fields.filter(({ category }) => category !== "status")
          .map(({ path, before, after }) => `${path} ${before} → ${after}`),
      ];
      return `~ ${it.kind} ${it.name}${quiet(it)}: ${parts.join("; ")}`;
    }),
  ];
}
