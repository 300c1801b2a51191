import { jsonEntry, missing } from "../bundle/entry.ts";
import type { CollectorRecord } from "../bundle/manifest.ts";
import type { AccessNeed, CollectContext } from "../collect/collector.ts";
import type { Clock } from "../core/clock.ts";
import { describeError, isAbort, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import { withTimeLimit } from "../core/time_limit.ts";
import { checkAccess, deniedMessage } from "../kube/access.ts";
import { KubeForbiddenError, KubeUnreachableError } from "../kube/errors.ts";
import type { KubeClient } from "../kube/kube_client.ts";
import { Limiter } from "../kube/limiter.ts";
import type { CollectorEntry, LoadedSpec } from "../spec/load_spec.ts";
import { BUNDLE_PATHS } from "./bundle_files.ts";
import type { BundleWriter } from "./bundle_writer.ts";
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
  /** Why nothing of the cluster is in the bundle, when it could not be reached at all. */
  clusterError?: unknown;
}

/** Collectors that run side by side. */
const CONCURRENCY = 4;
/** What the questions before the run may take: an API server, or a webhook behind it, that hangs costs no more. */
const ANSWER_MS = 20_000;
const NAME = "support-bundle";

/** Runs all collectors of a spec: host and cluster resources first, files copied out of pods last, so that pods which
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
  const host = included(spec.hostCollectors);
  let cluster = mergeEntries(included(spec.collectors));

  const denials = new Map<CollectorEntry, string[]>();
  let reviewing: Promise<void> | undefined;
  if (cluster.length > 0) {
    result.clusterError = await probe(options);
    if (result.clusterError === undefined) {
      reviewing = review(cluster, options, denials);
      // What is denied is tried anyway: unless it ends the run, nobody has to wait for the answers.
      if (options.requirePermissions) await reviewing;
    } else {
      const message = describeError(result.clusterError);
      for (const entry of cluster) {
        const title = entry.unit.title(entry.config);
        result.collectors.push({ ...blank(entry, title), status: "failed", message });
        await writer.add(missing(title, "failed", message), title);
      }
      cluster = [];
    }
  }

  const ofKind = (...kinds: string[]) => cluster.filter(({ unit }) => kinds.includes(unit.kind));
  const early = ofKind("clusterInfo", "clusterResources");
  const late = ofKind("copy");
  const phases = [[...early, ...host], cluster.filter((e) => !early.includes(e) && !late.includes(e)), late];
  const total = phases.flat().length;
  let done = 0;
  const errorPaths = new Set<string>();
  const limiter = new Limiter(CONCURRENCY);

  for (const phase of phases) {
    await Promise.all(phase.map((entry) =>
      limiter.run(async () => {
        const title = entry.unit.title(entry.config);
        if (options.signal.aborted) {
          const reason = options.signal.reason?.name === "TimeoutError" ? "timed-out" : "interrupted";
          const message = reason === "timed-out"
            ? "not started: the deadline of the run had passed"
            : "not started: the run was interrupted";
          result.collectors.push({ ...blank(entry, title), status: "failed", message });
          return void await writer.add(missing(title, reason, message), title);
        }
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
        await reviewing;
        const denied = denials.get(entry);
        if (run.forbidden && entry.unit.where === "cluster" && entry.unit.kind !== "clusterResources") {
          const errors = denied ?? [run.record.message ?? "forbidden"];
          skipped.push({ collector: title, reason: "insufficient RBAC permissions", errors, timestamp: timestamp() });
        } else if (run.error !== undefined) {
          const path = errorPath(entry, title, errorPaths);
          const body = { collector: title, error: describeError(run.error), timestamp: timestamp() };
          await writer.add(jsonEntry(path, body, { indent: 0 }), NAME);
        }
      })
    ));
  }
  if (skipped.length > 0) await writer.add(jsonEntry(BUNDLE_PATHS.skippedCollectors, skipped, { indent: 0 }), NAME);
  return result;
}

/** One request, so that an absent cluster costs one deadline and gives one message. */
async function probe({ kube, signal }: GatherOptions): Promise<unknown> {
  try {
    await withTimeLimit(ANSWER_MS, signal, (signal) => kube.get("/version", { signal }));
    return undefined;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (isAbort(error)) return new KubeUnreachableError(`The API server did not answer within ${ANSWER_MS / 1000} s`);
    const refused = error instanceof KubeForbiddenError && error.status === 403;
    return refused ? undefined : error;
  }
}

/** Asks what is allowed. A denial is a note, not a verdict: webhook authorizers deny what they cannot review. */
async function review(
  cluster: CollectorEntry[],
  options: GatherOptions,
  denials: Map<CollectorEntry, string[]>,
): Promise<void> {
  const wanted = cluster.flatMap((entry) =>
    (entry.unit.needs?.(entry.config, { namespace: options.namespace }) ?? []).map((need: AccessNeed) => ({
      entry,
      need,
    }))
  );
  if (wanted.length === 0 || options.signal.aborted) return;
  try {
    const needs = wanted.map(({ need }) => need);
    const answers = await withTimeLimit(
      ANSWER_MS,
      options.signal,
      (signal) => checkAccess(options.kube, needs, signal),
    );
    answers.forEach(({ need, allowed }, i) => {
      if (allowed) return;
      const { entry } = wanted[i]!;
      const denial = deniedMessage(entry.unit.title(entry.config), need);
      denials.set(entry, [...denials.get(entry) ?? [], denial]);
    });
  } catch (error) {
    // What ends the run early ends the collectors, too; they say so themselves.
    options.progress("permissions", `could not be checked: ${describeError(error)}`, 0, cluster.length);
  }
  if (options.requirePermissions && denials.size > 0) {
    throw new SupportBundleError([...denials.values()].flat().join("; "), {
      code: "PERMISSIONS_MISSING",
      exitCode: EXIT.clusterAccess,
      hint: "Grant the account these permissions, or leave --collect-without-permissions at its default",
    });
  }
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
  const seconds = (record.durationMs / 1000).toFixed(1);
  const had = `${record.files} ${record.files === 1 ? "file" : "files"} in ${seconds} s`;
  return record.status === "ok" ? had : `${record.status}, ${had}: ${record.message}`;
}
