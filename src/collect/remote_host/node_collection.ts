import { type Entry, missing, type MissingReason, textEntry } from "../../bundle/entry.ts";
import { anySignal } from "../../core/any_signal.ts";
import { describeError, errorCode } from "../../core/errors.ts";
import { KubeUnreachableError } from "../../kube/errors.ts";
import type { ExecResult, KubeObject } from "../../kube/kube_client.ts";
import type { CollectContext } from "../collector.ts";
import { startDeadline } from "../deadline.ts";
import { nodeOf } from "../kinds/cluster/daemon_pods.ts";
import { missingReason } from "../kinds/cluster/kube_failure.ts";
import { MAX_OUTPUT_BYTES } from "../kinds/cluster/pod_command.ts";
import { COLLECT_COMMAND, CONTAINER } from "./host_daemon_set.ts";
import { NodeErrors } from "./node_errors.ts";
import { readNodeOutput } from "./node_output.ts";

/** What one collector may take on one node, and never more than half of the time that is left. */
const COLLECTOR_MS = 120_000;
/** A node that left so many collectors without an answer gets no more of them. */
const MAX_SILENT = 2;
const MAX_STDERR = 4_000;

/** A host collector as nodes get it. */
export interface RemoteCollector {
  title: string;
  /** `{ kind: fields }`, as the spec has it. */
  raw: Record<string, unknown>;
}

export interface NodeCollectionOptions {
  context: Pick<CollectContext, "kube" | "clock" | "signal">;
  /** Aborted when the pods are not there any more. */
  lifetime: AbortSignal;
  endsAt: Date;
  /** Told after each collector. */
  done(node: string, title: string): void;
}

/** Runs collectors on the node of a pod, one after the other. What fails is in the bundle, and the others go on.
 * @param unwanted aborted when nobody reads any more
 * @throws what aborted the collector's own signal */
export async function* collectOnNode(
  pod: KubeObject,
  collectors: readonly RemoteCollector[],
  { context, lifetime, endsAt, done }: NodeCollectionOptions,
  unwanted: AbortSignal,
): AsyncGenerator<Entry> {
  const { clock, signal } = context;
  const node = nodeOf(pod);
  const errors = new NodeErrors(node, () => clock.now());
  let silent = 0;
  for (const { title, raw } of collectors) {
    if (silent >= MAX_SILENT) {
      yield* errors.of(title, "timed-out", `Not run: the node gave no answer to ${silent} collectors before`);
      continue;
    }
    const leftMs = endsAt.getTime() - clock.now().getTime();
    if (lifetime.aborted || leftMs <= 0) {
      yield* errors.of(title, "timed-out", "Not run: the time for collectors on nodes was over");
      continue;
    }
    const limitMs = Math.min(COLLECTOR_MS, leftMs / 2);
    using either = anySignal(lifetime, unwanted);
    using deadline = startDeadline(clock, limitMs, either);
    try {
      yield* filesOf(await run(pod, raw, context, deadline.signal), title, errors);
    } catch (error) {
      signal.throwIfAborted();
      unwanted.throwIfAborted();
      const noAnswer = deadline.expired || lifetime.aborted || error instanceof KubeUnreachableError;
      if (noAnswer) silent++;
      const why = deadline.expired ? `No answer within ${Math.round(limitMs / 1000)} s` : describeError(error);
      yield* errors.of(title, noAnswer ? "timed-out" : reasonOf(error), why);
    }
    done(node, title);
  }
}

function run(
  { metadata }: KubeObject,
  raw: Record<string, unknown>,
  { kube }: Pick<CollectContext, "kube">,
  signal: AbortSignal,
): Promise<ExecResult> {
  const document = {
    apiVersion: "troubleshoot.sh/v1beta2",
    kind: "HostCollector",
    metadata: { name: "remoteHostCollector" },
    spec: { collectors: [raw] },
  };
  const target = { namespace: metadata.namespace!, pod: metadata.name, container: CONTAINER, command: COLLECT_COMMAND };
  const stdin = new TextEncoder().encode(JSON.stringify(document));
  return kube.exec(target, { signal, stdin, maxBytes: MAX_OUTPUT_BYTES });
}

async function* filesOf(
  { stdout, stderr, failure, truncated }: ExecResult,
  title: string,
  errors: NodeErrors,
): AsyncGenerator<Entry> {
  const said = new TextDecoder().decode(stderr.subarray(0, MAX_STDERR)).trim();
  if (truncated && stdout.length >= MAX_OUTPUT_BYTES) {
    const why = `It printed more than ${MAX_OUTPUT_BYTES} bytes, and a part of it cannot be read`;
    return yield* errors.of(title, "too-large", why);
  }
  let output;
  try {
    output = readNodeOutput(errors.node, stdout);
  } catch (error) {
    const why = failure === undefined ? describeError(error) : failure.message;
    return yield* errors.of(title, "failed", why, said);
  }
  const source = `exec ${errors.node} ${COLLECT_COMMAND.join(" ")} (${title})`;
  for (const { path, text } of output.files) yield textEntry(path, text, source);
  for (const why of output.refused) yield missing(errors.path(title), "failed", why);
  if (failure !== undefined) yield* errors.of(title, "failed", failure.message, said);
  else if (output.files.length === 0 && said !== "") yield* errors.of(title, "failed", "It gave no file", said);
}

function reasonOf(error: unknown): MissingReason {
  return errorCode(error) === "NOT_SUPPORTED" ? "not-supported" : missingReason(error);
}
