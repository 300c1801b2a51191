import type { AnalyzerResult } from "../../src/analyze/analyzer.ts";
import { ClusterFiles } from "../../src/insight/cluster_files.ts";
import type { Insight } from "../../src/insight/insight.ts";
import { MemoryBundle } from "../analyze/memory_bundle.ts";

/** When all bundles of these tests were collected. */
export const NOW = new Date("2026-06-01T12:00:00Z");
/** RFC 3339, so many minutes before. */
export const ago = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000).toISOString();
export const OLD = ago(24 * 60);
export const YOUNG = ago(0.5);

// deno-lint-ignore no-explicit-any -- objects of clusters have every shape
export type Any = any;

/** Files of a bundle: objects of each list, by the namespace they name; lists of cluster scope are one file. */
export function bundleOf(lists: Record<string, Any[]>, more: Record<string, unknown> = {}): Record<string, unknown> {
  const files: Record<string, unknown> = {};
  for (const [list, objects] of Object.entries(lists)) {
    for (const object of objects) {
      const namespace = object?.metadata?.namespace;
      const path = `cluster-resources/${list}${namespace === undefined ? "" : `/${namespace}`}.json`;
      ((files[path] ??= { kind: "List", items: [] }) as Any).items.push(object);
    }
  }
  return { ...pretty(files), ...more };
}

/** As bundles have them: each value on a line of its own. */
function pretty(files: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, value]) => [path, JSON.stringify(value, null, 2)]));
}

export async function inspect(insight: Insight, files: Record<string, unknown>): Promise<AnalyzerResult[]> {
  const results: AnalyzerResult[] = [];
  for await (const result of insight.inspect(ClusterFiles.of(new MemoryBundle(files), NOW))) results.push(result);
  return results;
}

/** The verdicts in short: `fail crash-loop/billing/Deployment/ledger/main`. */
export async function causesOf(insight: Insight, files: Record<string, unknown>): Promise<string[]> {
  return (await inspect(insight, files)).map(({ outcome, cause }) => `${outcome.status} ${cause}`);
}

interface PodOptions {
  name?: string;
  namespace?: string;
  created?: string;
  node?: string | null;
  labels?: Record<string, string>;
  owner?: string;
  phase?: string;
  ready?: boolean;
  conditions?: Any[];
  status?: Any;
  statuses?: Any[];
  init?: Any[];
  spec?: Any;
  metadata?: Any;
}

/** A healthy pod of the Deployment shop/web, in all that is not said otherwise. */
export function pod(options: PodOptions = {}): Any {
  const { name = "web-1", namespace = "shop", created = OLD, owner = "ReplicaSet/web-abc", ready = true } = options;
  const [kind, ownerName] = owner.split("/");
  return {
    kind: "Pod",
    apiVersion: "v1",
    metadata: {
      name,
      namespace,
      creationTimestamp: created,
      labels: { app: "web", "pod-template-hash": "abc", ...options.labels },
      ...kind === "Pod" ? {} : { ownerReferences: [{ kind, name: ownerName, controller: true }] },
      ...options.metadata,
    },
    spec: {
      ...options.node === null ? {} : { nodeName: options.node ?? "node-a" },
      containers: [{ name: "main", image: "registry.example.com/web:1" }],
      ...options.spec,
    },
    status: {
      phase: options.phase ?? "Running",
      startTime: created,
      conditions: options.conditions ??
        [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime: created }],
      ...options.init === undefined ? {} : { initContainerStatuses: options.init },
      containerStatuses: options.statuses ?? [container({ ready })],
      ...options.status,
    },
  };
}

export function container(more: Any = {}): Any {
  return { name: "main", ready: true, restartCount: 0, state: { running: { startedAt: OLD } }, ...more };
}

export const waiting = (reason: string, message = "", more: Any = {}): Any =>
  container({ ready: false, state: { waiting: { reason, message } }, ...more });

export const ended = (exitCode: number, reason = "Error", finishedAt = ago(2)): Any => ({
  terminated: { exitCode, reason, finishedAt },
});

export const crashing = (more: Any = {}): Any =>
  waiting("CrashLoopBackOff", "back-off 5m0s", { restartCount: 7, lastState: ended(1), ...more });

export function event(about: string, reason: string, message: string, lastTimestamp = ago(3)): Any {
  const [kind, namespace, name] = about.split("/");
  return {
    kind: "Event",
    type: "Warning",
    metadata: { name: `${name}.${reason}`, namespace },
    involvedObject: { kind, namespace, name },
    reason,
    message,
    lastTimestamp,
  };
}

/** An object of any kind, a day old. */
export function made(kind: string, name: string, rest: Any = {}, metadata: Any = {}): Any {
  const [namespace, own] = name.includes("/") ? name.split("/") : [undefined, name];
  return {
    kind,
    metadata: { name: own, ...namespace === undefined ? {} : { namespace }, creationTimestamp: OLD, ...metadata },
    ...rest,
  };
}

export function node(name: string, conditions: Record<string, string> = { Ready: "True" }, more: Any = {}): Any {
  return made("Node", name, {
    status: {
      conditions: Object.entries(conditions).map(([type, status]) => ({
        type,
        status,
        message: `${type} is ${status}`,
      })),
    },
    ...more,
  });
}

/** What lists may hold in bundles from elsewhere: no check may break on any of it. */
export const HOSTILE: readonly unknown[] = [
  null,
  7,
  "text",
  [],
  {},
  { metadata: null },
  { metadata: { name: 5 } },
  { metadata: { name: "a" }, spec: null, status: null, webhooks: null },
  {
    metadata: { name: "b", labels: 3, ownerReferences: "x", managedFields: {}, creationTimestamp: {} },
    spec: 1,
    status: "x",
  },
  {
    metadata: { name: "c", labels: { a: null }, ownerReferences: [null, {}], managedFields: [null, 4] },
    spec: { selector: [], containers: {}, volumes: [null], replicas: "3", schedule: 7, template: 4, versions: [null] },
    status: {
      conditions: {},
      containerStatuses: "no",
      initContainerStatuses: [null, 3],
      phase: 4,
      hard: [],
      used: null,
    },
    webhooks: [null, 3, { clientConfig: 4 }, { clientConfig: { service: 3, caBundle: 9 }, rules: "x" }],
    type: "Warning",
  },
  {
    metadata: { name: "d" },
    spec: { schedule: "***HIDDEN***", replicas: "***HIDDEN***" },
    status: {
      phase: "Pending",
      conditions: [null, { type: "Ready" }, { type: "Failed", status: "True" }, {
        type: "PodScheduled",
        status: "False",
      }],
      containerStatuses: [{
        state: { waiting: { reason: "CrashLoopBackOff", message: 3 } },
        restartCount: "***HIDDEN***",
      }],
      hard: { pods: "***HIDDEN***" },
      notAfter: "***HIDDEN***",
    },
    webhooks: [{ clientConfig: { caBundle: "***HIDDEN***", service: { name: null } } }],
  },
];
