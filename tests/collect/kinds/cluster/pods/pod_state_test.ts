import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  describePodState,
  describeWarnings,
  hasStarted,
  podState,
  type PodStateOptions,
  restartedSince,
} from "../../../../../src/collect/kinds/cluster/pods/pod_state.ts";
import type { KubeObject } from "../../../../../src/kube/kube_client.ts";

const pod = (status?: Record<string, unknown>): KubeObject => ({ metadata: { name: "p" }, status });
const waits = (reason: string, message?: string, name = "main") => ({
  name,
  image: "example.com/x:1",
  state: { waiting: { reason, message } },
});
const ended = (exitCode = 0, name = "main") => ({ name, state: { terminated: { exitCode, reason: "Error" } } });
const runs = (name = "main") => ({ name, state: { running: {} } });
const again = (name = "main") => ({
  ...runs(name),
  restartCount: 1,
  lastState: { terminated: { exitCode: 0 } },
});
const sandbox = [{ metadata: { name: "e" }, type: "Warning", reason: "FailedCreatePodSandBox", message: "no network" }];
const pulled = 'the image "example.com/x:1" of container "main" cannot be had';

const behaviour: [string, Record<string, unknown> | undefined, PodStateOptions, unknown][] = [
  ["waits for a pod without a status", undefined, {}, { state: "pending" }],
  ["waits while pending", { phase: "Pending" }, {}, { state: "pending" }],
  ["sees it run", { phase: "Running", containerStatuses: [runs()] }, {}, { state: "running" }],
  ["sees success", { phase: "Succeeded" }, {}, { state: "ended" }],
  ["sees failure", { phase: "Failed" }, {}, { state: "ended" }],
  ["waits for all containers that count", { phase: "Running", containerStatuses: [ended(0, "a"), runs("b")] }, {
    containers: ["a", "b"],
  }, { state: "running" }],
  ["does not wait for injected containers", { phase: "Running", containerStatuses: [ended(), runs("proxy")] }, {
    containers: ["main"],
  }, { state: "ended" }],
  [
    "takes a restarted container as ended",
    { phase: "Running", containerStatuses: [again()] },
    { containers: ["main"] },
    {
      state: "ended",
    },
  ],
  ["waits for a container without a status", { phase: "Pending" }, { containers: ["main"] }, { state: "pending" }],
  [
    "gives up an image that backs off",
    { phase: "Pending", containerStatuses: [waits("ImagePullBackOff", "no such")] },
    {},
    {
      state: "stuck",
      why: `${pulled}: ImagePullBackOff: no such`,
    },
  ],
  ["gives up an init container's image", { phase: "Pending", initContainerStatuses: [waits("ImagePullBackOff")] }, {}, {
    state: "stuck",
    why: `${pulled}: ImagePullBackOff`,
  }],
  ["waits for an image that may come", { phase: "Pending", containerStatuses: [waits("ImagePullBackOff")] }, {
    allowImagePullRetries: true,
  }, { state: "pending" }],
  [
    "gives up an image that has no name, retries or not",
    {
      phase: "Pending",
      containerStatuses: [waits("InvalidImageName")],
    },
    { allowImagePullRetries: true },
    { state: "stuck", why: `${pulled}: InvalidImageName` },
  ],
  [
    "waits for the first failed pull to be repeated",
    { phase: "Pending", containerStatuses: [waits("ErrImagePull")] },
    {},
    {
      state: "pending",
    },
  ],
  ["gives up without a sandbox", { phase: "Pending", containerStatuses: [waits("ContainerCreating")] }, {
    events: sandbox,
  }, { state: "stuck", why: "its sandbox cannot be created: FailedCreatePodSandBox: no network" }],
  ["minds no sandbox that came about", { phase: "Running", containerStatuses: [runs()] }, { events: sandbox }, {
    state: "running",
  }],
  ["waits for a container that is created", { phase: "Pending", containerStatuses: [waits("ContainerCreating")] }, {}, {
    state: "pending",
  }],
];
for (const [name, status, options, expected] of behaviour) {
  Deno.test(`podState() ${name}`, () => deepStrictEqual(podState(pod(status), options), expected));
}

const words: [string, Record<string, unknown>, string][] = [
  ["names the phase", { phase: "Running" }, "Running"],
  [
    "names the reason of an eviction",
    { phase: "Failed", reason: "Evicted", message: "low on memory" },
    "Failed, Evicted; low on memory",
  ],
  ["says why it is not scheduled", {
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes" }],
  }, "Pending; Unschedulable: 0/3 nodes"],
  ["says what a container waits for", {
    phase: "Pending",
    containerStatuses: [waits("CreateContainerConfigError", "no secret")],
  }, 'Pending; container "main" waits: CreateContainerConfigError: no secret'],
  [
    "says how a container ended",
    { phase: "Failed", containerStatuses: [ended(3)] },
    'Failed; container "main" ended with 3: Error',
  ],
  ["is silent about what went well", { phase: "Succeeded", containerStatuses: [ended(0)] }, "Succeeded"],
];
for (const [name, status, expected] of words) {
  Deno.test(`describePodState() ${name}`, () => strictEqual(describePodState(pod(status)), expected));
}

Deno.test("describeWarnings() takes the last three warnings, in their order", () => {
  const event = (reason: string, lastTimestamp: string, more = {}): KubeObject => ({
    metadata: { name: reason },
    type: "Warning",
    reason,
    message: "m",
    lastTimestamp,
    ...more,
  });
  strictEqual(
    describeWarnings([
      event("C", "2026-01-01T00:00:03Z", { count: 4 }),
      event("Old", "2026-01-01T00:00:00Z"),
      event("B", "2026-01-01T00:00:02Z"),
      event("Fine", "2026-01-01T00:00:09Z", { type: "Normal" }),
      event("A", "2026-01-01T00:00:01Z"),
    ]),
    "A: m; B: m; C: m (4 times)",
  );
});

const containers: [string, Record<string, unknown>, [started: boolean, restarted: boolean]][] = [
  ["that waits", waits("ContainerCreating"), [false, false]],
  ["that runs", runs(), [true, false]],
  ["that has ended", ended(), [true, false]],
  ["that runs again", again(), [true, true]],
  ["that has ended again", { ...ended(), restartCount: 2 }, [true, false]],
  ["that waits for its next start", { ...waits("CrashLoopBackOff"), restartCount: 1 }, [true, true]],
];
for (const [name, container, expected] of containers) {
  Deno.test(`hasStarted() and restartedSince() of a container ${name}`, () => {
    const object = pod({ phase: "Running", containerStatuses: [container] });
    deepStrictEqual([hasStarted(object, "main"), restartedSince(object, "main")], expected);
  });
}
