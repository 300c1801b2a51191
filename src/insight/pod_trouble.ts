import type { EventIndex, Trace } from "./event_index.ts";
import { below, condition, list, type Loose, number, text, time } from "./loose.ts";
import type { NodeFacts } from "./node_facts.ts";
import type { PodFacts } from "./pod_index.ts";

export const TROUBLES = [
  "image-pull",
  "crash-loop",
  "oom",
  "container-config",
  "pending",
  "stuck",
  "probe",
  "not-ready",
  "node",
  "evicted",
  "failed",
] as const;

/** Why a pod is not well, in the one word that leads to its cause. */
export interface Trouble {
  kind: (typeof TROUBLES)[number];
  /** The same for all pods that suffer from the same thing. */
  cause: string;
  /** Still going on, in a container that does not serve. */
  acute: boolean;
  /** Way to what says so, inside the pod. */
  keys: (string | number)[];
  container?: string;
  image?: string;
  reason: string;
  message: string;
  exitCode?: number;
  signal?: number;
  restarts?: number;
  /** Warnings about the pod. */
  events: readonly Trace[];
}

interface Context {
  now: number | undefined;
  nodes: ReadonlyMap<string, NodeFacts>;
  events: EventIndex;
}

const HOUR_MS = 3_600_000;
const IMAGE = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "RegistryUnavailable",
  "ImageInspectError",
  "SignatureValidationFailed",
]);
const CONFIG = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "StartError",
  "ContainerCannotRun",
  "PostStartHookError",
]);
/** A container that restarted this often, the last time within an hour, does so again. */
const MANY_RESTARTS = 5;
/** How long a container may be in the making without a word of what keeps it. */
const PATIENCE_MS = 10 * 60_000;
const READY_PATIENCE_MS = 60_000;

/** The trouble of a pod, undefined for one that is well, has completed, or is too young to be judged. */
export function troubleOf(pod: Loose, facts: PodFacts, context: Context): Trouble | undefined {
  if (facts.phase === "Succeeded") return undefined;
  const events = context.events.of("Pod", facts.namespace, facts.name);
  if (facts.phase === "Failed") return ofFailed(pod, facts, events);
  const node = context.nodes.get(facts.node);
  if (node !== undefined && node.ready !== "True") {
    return facts.owner.kind === "DaemonSet" && facts.ready ? undefined : {
      kind: "node",
      cause: `node-not-ready/${node.name}`,
      acute: !facts.ready,
      keys: ["status"],
      reason: "NodeNotReady",
      message: "",
      events,
    };
  }
  const more = { events };
  const container = ofContainers(pod, facts, events, context);
  if (container !== undefined && container.kind !== "not-ready") return container;
  if (facts.young || (node?.cordoned && facts.owner.kind === "DaemonSet")) return undefined;
  if (facts.node === "") return ofUnscheduled(pod, facts, more);
  return ofWaiting(pod, facts, events, context) ?? ofUnready(pod, facts, events, context);
}

function ofFailed(pod: Loose, facts: PodFacts, events: readonly Trace[]): Trouble | undefined {
  const reason = text(below(pod, "status", "reason"));
  const message = text(below(pod, "status", "message"));
  const base = { acute: false, keys: ["status"], reason, message, events };
  if (reason === "Evicted") return { ...base, kind: "evicted", cause: `evicted/${facts.node || facts.namespace}` };
  // Controllers replace their failed pods, and Jobs count them.
  if (facts.owner.kind !== "Pod") return undefined;
  const ended = list(below(pod, "status", "containerStatuses")).map(({ state }) => below(state, "terminated"))
    .find((each) => number(below(each, "exitCode")) !== 0 && each !== undefined);
  return {
    ...base,
    kind: "failed",
    cause: `failed/${facts.namespace}/Pod/${facts.name}`,
    container: facts.container,
    reason: reason || text(below(ended, "reason")),
    message: message || text(below(ended, "message")),
    exitCode: number(below(ended, "exitCode")),
  };
}

function ofUnscheduled(pod: Loose, facts: PodFacts, more: Pick<Trouble, "events">): Trouble | undefined {
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.value.status !== "False" || scheduled.value.reason === "SchedulingGated") return undefined;
  const message = text(scheduled.value.message) ||
    more.events.find(({ reason }) => reason === "FailedScheduling")?.message ||
    "";
  const claim = /persistentvolumeclaim/i.test(message)
    ? facts.claims.find((name) => message.includes(`"${name}"`)) ?? facts.claims[0]
    : undefined;
  return {
    ...more,
    kind: "pending",
    cause: claim === undefined
      ? `pending/${schedulingReasons(message) || facts.namespace}`
      : `volume-claim/${facts.namespace}/${claim}`,
    acute: true,
    keys: ["status", "conditions", scheduled.index],
    reason: text(scheduled.value.reason) || "Unschedulable",
    message,
  };
}

/** Why nodes do not take a pod, without the numbers, which change: `Insufficient cpu, node(s) had untolerated taint {a: b}`. */
export function schedulingReasons(message: string): string {
  const [, reasons = message] = /nodes are available: ([^]*)/.exec(message) ?? [];
  const first = reasons.split(/\. (?:preemption|no new claims)/i)[0]!.replace(/\.\s*$/, "");
  return first.split(/, (?=\d)/).map((part) => part.replace(/^\d+ /, "").trim()).filter(Boolean).sort().join(", ")
    .slice(0, 300);
}

const STATUSES = ["initContainerStatuses", "containerStatuses"] as const;

function ofContainers(
  pod: Loose,
  facts: PodFacts,
  events: readonly Trace[],
  { now }: Context,
): Trouble | undefined {
  for (const field of STATUSES) {
    for (const [index, status] of list(below(pod, "status", field)).entries()) {
      const found = ofContainer(status, ["status", field, index], facts, events, now, imageOf(pod, field, status));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function imageOf(pod: Loose, field: (typeof STATUSES)[number], status: Loose): string {
  const specs = list(below(pod, "spec", field === "containerStatuses" ? "containers" : "initContainers"));
  return text(specs.find(({ name }) => name === status.name)?.image) || text(status.image);
}

function ofContainer(
  status: Loose,
  keys: (string | number)[],
  facts: PodFacts,
  events: readonly Trace[],
  now: number | undefined,
  image: string,
): Trouble | undefined {
  const container = text(status.name);
  const waiting = below(status, "state", "waiting");
  const reason = text(below(waiting, "reason"));
  const last = below(status, "lastState", "terminated");
  const current = below(status, "state", "terminated");
  const ended = current ?? last;
  const restarts = number(status.restartCount) ?? 0;
  const base = {
    acute: status.ready !== true,
    keys,
    container,
    image,
    reason,
    message: text(below(waiting, "message")) || text(below(ended, "message")),
    exitCode: number(below(ended, "exitCode")),
    signal: number(below(ended, "signal")),
    restarts,
    events,
  };
  const where = `${facts.namespace}/${facts.owner.kind}/${facts.owner.name}/${container}`;
  if (IMAGE.has(reason) && !(facts.young && reason === "ErrImagePull")) {
    return { ...base, kind: "image-pull", cause: `image-pull/${image}` };
  }
  if (CONFIG.has(reason)) {
    return {
      ...base,
      kind: "container-config",
      cause: `container-config/${facts.namespace}/${plain(base.message) || where}`,
    };
  }
  const since = time(below(ended, "finishedAt"));
  const recent = (ms: number) => now === undefined || since === undefined || now - since < ms;
  const oom = text(below(ended, "reason")) === "OOMKilled";
  const looping = reason === "CrashLoopBackOff" ||
    (current !== undefined && number(below(current, "exitCode")) !== 0 && restarts > 2) ||
    (restarts >= MANY_RESTARTS && last !== undefined && recent(HOUR_MS));
  if (oom && (looping || recent(24 * HOUR_MS))) {
    return { ...base, kind: "oom", cause: `oom/${where}`, reason: "OOMKilled" };
  }
  if (!looping) return undefined;
  const probed = events.some(({ reason, message }) =>
    reason === "Unhealthy" && /^(?:Liveness|Startup) probe/.test(message)
  );
  return {
    ...base,
    reason: reason || text(below(ended, "reason")),
    // What a container says last is worth more than how long the kubelet waits.
    message: text(below(ended, "message")),
    kind: probed ? "probe" : "crash-loop",
    cause: `${probed ? "probe" : "crash-loop"}/${where}`,
  };
}

/** Created, but kept from starting: by a volume, by the network. */
function ofWaiting(pod: Loose, facts: PodFacts, events: readonly Trace[], { now }: Context): Trouble | undefined {
  if (facts.phase !== "Pending") return undefined;
  const failure = events.find(({ reason }) => reason.startsWith("Failed"));
  const since = time(below(pod, "status", "startTime"));
  if (failure === undefined && (now === undefined || since === undefined || now - since < PATIENCE_MS)) {
    return undefined;
  }
  const claim = failure !== undefined && /^Failed(?:Mount|AttachVolume|MapVolume)$/.test(failure.reason)
    ? facts.claims.find((name) => failure.message.includes(name))
    : undefined;
  return {
    kind: "stuck",
    cause: claim === undefined
      ? `stuck/${facts.namespace}/${plain(failure?.message ?? "") || `${facts.owner.kind}/${facts.owner.name}`}`
      : `volume-claim/${facts.namespace}/${claim}`,
    acute: true,
    keys: ["status"],
    reason: failure?.reason ?? "ContainerCreating",
    message: failure?.message ?? "",
    events,
  };
}

function ofUnready(pod: Loose, facts: PodFacts, events: readonly Trace[], { now }: Context): Trouble | undefined {
  const ready = condition(pod, "Ready");
  if (facts.phase !== "Running" || ready?.value.status !== "False") return undefined;
  const since = time(ready.value.lastTransitionTime);
  if (now !== undefined && since !== undefined && now - since < READY_PATIENCE_MS) return undefined;
  const statuses = list(below(pod, "status", "containerStatuses"));
  const index = statuses.findIndex((status) => status.ready !== true);
  const status = statuses[index];
  // One that ended well beside others that still run is no trouble: a pod of a Job is like that for a while.
  if (status !== undefined && number(below(status, "state", "terminated", "exitCode")) === 0) return undefined;
  const failed = events.find(({ reason }) => reason === "Unhealthy");
  const kind = failed === undefined ? "not-ready" : "probe";
  const container = text(status?.name);
  return {
    kind,
    cause: `${kind}/${facts.namespace}/${facts.owner.kind}/${facts.owner.name}/${container}`,
    acute: true,
    keys: status === undefined ? ["status", "conditions", ready.index] : ["status", "containerStatuses", index],
    container,
    reason: text(ready.value.reason) || "NotReady",
    message: failed?.message ?? text(ready.value.message),
    restarts: number(status?.restartCount),
    events,
  };
}

/** A message without what differs from pod to pod: ids and quoted times. */
function plain(message: string): string {
  return message.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "#").replace(/\b[0-9a-f]{32,}\b/g, "#")
    .replace(/\bpod(?:=| )"?[\w.\/-]+"?/g, "pod #").replace(/_[\w.-]+\(#\)/g, "").replace(/\s+/g, " ").trim().slice(
      0,
      200,
    );
}
