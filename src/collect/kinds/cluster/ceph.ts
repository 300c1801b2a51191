import { bundlePath } from "../../../bundle/bundle_path.ts";
import { type Entry, jsonEntry, missing, textEntry } from "../../../bundle/entry.ts";
import { describeError } from "../../../core/errors.ts";
import { defineCollector, titled } from "../../collector.ts";
import { timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { mapAhead } from "./map_ahead.ts";
import { describeTarget, execNeeds, findPod, outcomeReason, outputEntry, runInPod } from "./pod_command.ts";

const USUAL_NAMESPACE = "rook-ceph";
const TIMEOUT_MS = 30_000;
/** A sick cluster answers none of them before its timeout: they wait side by side. */
const CONCURRENCY = 4;

interface CephCommand {
  id: string;
  command: string[];
  format: "json" | "txt";
  timeoutMs: number;
}

const JSON_OUTPUT = ["-f", "json-pretty"];

export const CEPH_COMMANDS: CephCommand[] = [
  ...both("status", ["ceph", "status"]),
  ...both("fs", ["ceph", "fs", "status"]),
  json("fs-ls", ["ceph", "fs", "ls"]),
  json("osd-status", ["ceph", "osd", "status"]),
  json("osd-tree", ["ceph", "osd", "tree"]),
  json("osd-pool", ["ceph", "osd", "pool", "ls", "detail"]),
  json("health", ["ceph", "health", "detail"]),
  json("auth", ["ceph", "auth", "ls"]),
  {
    id: "rgw-stats",
    command: ["radosgw-admin", "bucket", "stats", "--rgw-cache-enabled=false"],
    format: "json",
    timeoutMs: TIMEOUT_MS,
  },
  { ...text("rbd-du-txt", ["rbd", "du", "--pool=replicapool"]), timeoutMs: 60_000 },
  ...both("df", ["ceph", "df"]),
  ...both("osd-df", ["ceph", "osd", "df"]),
];

function json(id: string, command: string[]): CephCommand {
  return { id, command: [...command, ...JSON_OUTPUT], format: "json", timeoutMs: TIMEOUT_MS };
}

function text(id: string, command: string[]): CephCommand {
  return { id, command, format: "txt", timeoutMs: TIMEOUT_MS };
}

function both(id: string, command: string[]): CephCommand[] {
  return [json(id, command), text(`${id}-txt`, command)];
}

const titleOf = titled("ceph");

export const ceph = defineCollector({
  kind: "ceph",
  where: "cluster",
  summary: "Status of a Ceph cluster that Rook runs: health, OSDs, pools, file systems, usage",
  title: titleOf,
  fields: () => ({
    namespace: textField().default("").describe("Namespace of Rook; empty: rook-ceph"),
    timeout: textField().optional().describe(
      "Longest time for each command, such as 1m; without it 30s, and 60s for rbd du",
    ),
  }),
  permissions: ({ namespace }) => execNeeds(namespace || USUAL_NAMESPACE),
  async *collect(config, context): AsyncGenerator<Entry> {
    const { kube, signal, progress } = context;
    const limit = timeoutMs(config.timeout);
    const namespace = config.namespace || USUAL_NAMESPACE;
    const pod = await findPod(kube, namespace, "app=rook-ceph-tools", signal) ??
      await findPod(kube, namespace, "app=rook-ceph-operator", signal);
    if (pod === undefined) {
      return yield missing(
        titleOf(config),
        "not-installed",
        `The namespace "${namespace}" has no pod of the Rook toolbox or operator`,
      );
    }
    const target = { namespace, pod: pod.metadata.name, container: pod.spec.containers[0].name as string };
    const file = (name: string) =>
      bundlePath(config.collectorName ?? "", namespace === USUAL_NAMESPACE ? "" : namespace, "ceph", name);

    const run = async (what: CephCommand, unwanted: AbortSignal) => ({
      what,
      outcome: await runInPod(context, { ...target, command: what.command }, {
        timeoutMs: limit ?? what.timeoutMs,
        unwanted,
      }),
    });
    let done = 0;
    for await (
      const { what: { id, command, format }, outcome } of mapAhead(CEPH_COMMANDS, CONCURRENCY, run, () => {})
    ) {
      progress(`${++done} of ${CEPH_COMMANDS.length} commands`);
      const source = `exec ${describeTarget(target)} ${command.join(" ")}`;
      const path = file(`${id}.${format}`);
      if ("error" in outcome) {
        const message = describeError(outcome.error);
        yield missing(path, outcomeReason(outcome.error), message);
        yield textEntry(`${path}-error`, message, source);
        continue;
      }
      const { stdout, stderr, failure, truncated } = outcome.result;
      if (stdout.length > 0) yield outputEntry(path, stdout, truncated, source);
      else if (failure) yield missing(path, "failed", failure.message);
      if (stderr.length > 0) yield outputEntry(file(`${id}-stderr.txt`), stderr, truncated, source);
      if (failure) yield jsonEntry(file(`${id}-errors.json`), [failure.message], { source });
    }
  },
});
