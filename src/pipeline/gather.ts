import { anySignal } from "../core/any_signal.ts";
import { jsonEntry, missing, type MissingReason } from "../bundle/entry.ts";
import type { CollectorRecord } from "../bundle/manifest.ts";
import type { CollectContext } from "../collect/collector.ts";
import type { Clock } from "../core/clock.ts";
import { describeError } from "../core/errors.ts";
import { formatSize } from "../core/size.ts";
import { KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";
import type { CollectorEntry, LoadedSpec } from "../spec/load_spec.ts";
import { BUNDLE_PATHS } from "./bundle_files.ts";
import type { BundleWriter } from "./bundle_writer.ts";
import { probeAgain, probeCluster, reviewAccess } from "./cluster_access.ts";
import { type CollectorRun, runCollector } from "./run_collector.ts";

export interface GatherOptions {
  spec: LoadedSpec;
  writer: BundleWriter;
  kube: KubeClient;
  clock: Clock;
  /** Aborted when gathering shall end: a deadline (`TimeoutError`) or Ctrl-C. */
  signal: AbortSignal;
  collectorDeadlineMs: number;
  namespace?: string;
  since?: Date;
  env: Readonly<Record<string, string>>;
  /** Ends the run before it begins when a permission is missing. */
  requirePermissions: boolean;
  progress(subject: string, message: string, done: number, total: number): void;
}

export interface Gathered {
  collectors: CollectorRecord[];
  /** Why nothing of the cluster is in the bundle, or not all: it could not be reached, or not until the end. */
  clusterError?: unknown;
}

/** Collectors of the cluster that run side by side, and beside them as many of the host. */
const CONCURRENCY = 4;
const NAME = "support-bundle";

/** Runs all collectors of a spec. Of the cluster: its resources first, files copied out of pods last, so that pods which
 * collectors start are in no list. Whatever fails is recorded, and the rest goes on. */
export async function gather(options: GatherOptions): Promise<Gathered> {
  const { spec, writer, clock } = options;
  const result: Gathered = { collectors: [] };
  const skipped: { collector: string; reason: string; errors: string[] | null; timestamp: string }[] = [];
  const timestamp = () => clock.now().toISOString();

  for (const { kind, place } of spec.unsupported) {
    await writer.add(missing(kind, "not-supported", `${place}: this version cannot run "${kind}"`), kind);
  }
  const included = (entries: CollectorEntry[]) =>
    entries.filter((entry) => {
      if (entry.config.exclude !== true) return true;
      const title = entry.unit.title(entry.config);
      result.collectors.push({ ...blank(entry, title), status: "skipped", message: "excluded by the spec" });
      writer.missing.push({ path: title, collector: title, reason: "excluded", message: "excluded by the spec" });
      if (entry.unit.where === "cluster") {
        skipped.push({ collector: title, reason: "excluded", errors: null, timestamp: timestamp() });
      }
      return false;
    });
  for (const { title, kind, where, reason, errors } of spec.leftOut ?? []) {
    const message = errors.join("; ");
    result.collectors.push({ title, kind, where, status: "skipped", message, durationMs: 0, files: 0, bytes: 0 });
    writer.missing.push({ path: title, collector: title, reason, message });
    const why = reason === "forbidden" ? "insufficient RBAC permissions" : reason;
    skipped.push({ collector: title, reason: why, errors, timestamp: timestamp() });
  }
  const host = included(spec.hostCollectors);
  const cluster = mergeEntries(included(spec.collectors));

  const total = host.length + cluster.length;
  let done = 0;
  let denials: Promise<ReadonlyMap<CollectorEntry, string[]>> | undefined;
  let unreachable = false;
  const errorPaths = new Set<string>();

  const notRun = async (entry: CollectorEntry, reason: MissingReason, message: string) => {
    const title = entry.unit.title(entry.config);
    result.collectors.push({ ...blank(entry, title), status: "failed", message });
    await writer.add(missing(title, reason, message), title);
    done++;
  };
  const runOne = async (entry: CollectorEntry) => {
    const title = entry.unit.title(entry.config);
    const hindrance = whyNotStarted(options);
    if (hindrance !== undefined) return await notRun(entry, ...hindrance);
    options.progress(title, "started", done, total);
    const context: Omit<CollectContext, "signal" | "clock"> = {
      kube: options.kube,
      namespace: options.namespace,
      since: options.since,
      env: options.env,
      progress: (message) => options.progress(title, message, done, total),
    };
    const run = await runCollector(entry, {
      writer,
      context,
      clock,
      signal: options.signal,
      deadlineMs: options.collectorDeadlineMs,
    });
    done++;
    result.collectors.push(run.record);
    options.progress(title, describeRun(run), done, total);
    if (entry.unit.where === "cluster") unreachable ||= run.timedOut || run.error instanceof KubeUnreachableError;
    if (run.forbidden && entry.unit.where === "cluster" && entry.unit.kind !== "clusterResources") {
      const errors = (await denials)?.get(entry) ?? [run.record.message ?? "forbidden"];
      skipped.push({ collector: title, reason: "insufficient RBAC permissions", errors, timestamp: timestamp() });
    } else if (run.error !== undefined) {
      const path = errorPath(entry, title, errorPaths);
      const body = { collector: title, error: describeError(run.error), timestamp: timestamp() };
      await writer.add(jsonEntry(path, body, { indent: 0 }), NAME);
    }
  };
  const runAll = async (entries: CollectorEntry[], limiter: Limiter) =>
    void await Promise.all(entries.map((entry) => limiter.run(() => runOne(entry))));

  const { kube, signal, namespace, requirePermissions } = options;
  const over = new AbortController();
  const reach = async (): Promise<boolean> => {
    if (cluster.length === 0) return false;
    result.clusterError = await probeCluster(kube, signal);
    if (result.clusterError !== undefined) {
      const message = describeError(result.clusterError);
      for (const entry of cluster) await notRun(entry, signal.aborted ? "timed-out" : "failed", message);
      return false;
    }
    const failed = (message: string) => {
      if (!over.signal.aborted) options.progress("permissions", `could not be checked: ${message}`, done, total);
    };
    const reviewing = anySignal(signal, over.signal);
    denials = reviewAccess(cluster, { kube, signal: reviewing, namespace, requirePermissions, failed });
    // What is denied is tried anyway: unless it ends the run, nobody has to wait for the answers.
    if (requirePermissions) await denials;
    return true;
  };
  const runCluster = async () => {
    const ofKind = (...kinds: string[]) => cluster.filter(({ unit }) => kinds.includes(unit.kind));
    const early = ofKind("clusterInfo", "clusterResources");
    const late = ofKind("copy");
    const limiter = new Limiter(CONCURRENCY);
    await runAll(early, limiter);
    await runAll(cluster.filter((entry) => !early.includes(entry) && !late.includes(entry)), limiter);
    await runAll(late, limiter);
    // Nobody needs the answers any more.
    over.abort();
    await denials;
    if (unreachable && !signal.aborted) result.clusterError = await probeAgain(kube, signal);
  };

  const reached = reach();
  // A cluster that does not answer keeps nobody waiting, unless the run may end before it begins.
  if (requirePermissions) await reached;
  await Promise.all([
    runAll(host, new Limiter(CONCURRENCY)),
    reached.then((there) => there ? runCluster() : undefined),
  ]);
  if (skipped.length > 0) await writer.add(jsonEntry(BUNDLE_PATHS.skippedCollectors, skipped, { indent: 0 }), NAME);
  return result;
}

/** Why no further collector begins. */
function whyNotStarted({ signal, writer }: GatherOptions): [MissingReason, string] | undefined {
  if (signal.aborted) {
    return signal.reason?.name === "TimeoutError"
      ? ["timed-out", "not started: the deadline of the run had passed"]
      : ["interrupted", "not started: the run was interrupted"];
  }
  const { budget } = writer;
  return budget.reached ? ["too-large", `not started: the bundle had reached ${budget}`] : undefined;
}

function mergeEntries(entries: CollectorEntry[]): CollectorEntry[] {
  const merged: CollectorEntry[] = [];
  for (const entry of entries) {
    const same = entry.unit.merge === undefined ? undefined : merged.find(({ unit }) => unit === entry.unit);
    if (same === undefined) merged.push(entry);
    else same.config = entry.unit.merge!([same.config, entry.config])[0];
  }
  return merged;
}

function errorPath(entry: CollectorEntry, title: string, taken: Set<string>): string {
  const folder = entry.unit.where === "host" ? "host-collectors/errors" : "collector-errors";
  const name = title.replaceAll("..", "_");
  for (let n = 1;; n++) {
    const path = `${folder}/${name}-error${n === 1 ? "" : `-${n}`}.json`;
    if (taken.has(path)) continue;
    taken.add(path);
    return path;
  }
}

function blank(entry: CollectorEntry, title: string): CollectorRecord {
  return { title, kind: entry.unit.kind, where: entry.unit.where, status: "ok", durationMs: 0, files: 0, bytes: 0 };
}

function describeRun({ record }: CollectorRun): string {
  const { requests, receivedBytes = 0 } = record;
  const seconds = (record.durationMs / 1000).toFixed(1);
  const cost = requests ? `, ${requests} ${requests === 1 ? "request" : "requests"}, ${formatSize(receivedBytes)}` : "";
  const had = `${record.files} ${record.files === 1 ? "file" : "files"} in ${seconds} s${cost}`;
  return record.status === "ok" ? had : `${record.status}, ${had}: ${record.message}`;
}
