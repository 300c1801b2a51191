import { deepStrictEqual } from "node:assert/strict";
import { type ContainerStatus, type Pod, podMessage } from "../../src/analyze/pod_message.ts";
import { isPodUnhealthy, podStatusReason } from "../../src/kube/pod_health.ts";

const running: ContainerStatus = { name: "c", ready: true, state: { running: {} } };
const notReady: ContainerStatus = { name: "c", ready: false, state: { running: {} } };
const waiting = (reason: string, last?: object): ContainerStatus => ({
  ready: false,
  state: { waiting: { reason } },
  lastState: last === undefined ? undefined : { terminated: last },
});
const ended = (terminated: object, last?: object): ContainerStatus => ({
  ready: false,
  state: { terminated },
  lastState: last === undefined ? undefined : { terminated: last },
});
const completed = ended({ reason: "Completed", exitCode: 0 });
const ready = { type: "Ready", status: "True" };

const metadata = { name: "p" };
const pod = (phase: string, containers: ContainerStatus[] = [], more: Pod["status"] = {}): Pod => ({
  metadata,
  status: { phase, containerStatuses: containers, ...more },
});
const init = (statuses: ContainerStatus[], total = statuses.length, restartPolicy?: string): Pod => ({
  metadata,
  spec: { initContainers: Array.from({ length: total }, () => ({ name: "i", restartPolicy })) },
  status: {
    phase: "Pending",
    initContainerStatuses: statuses.map((status) => ({ name: "i", ...status })),
    containerStatuses: [waiting("PodInitializing")],
  },
});

const behaviour: [name: string, pod: Pod, reason: string, message: string, unhealthy: boolean][] = [
  ["a running pod", pod("Running", [running]), "Running", "", false],
  ["a pod with a container that is not ready", pod("Running", [running, notReady]), "Running", "", true],
  ["a pod without status", { metadata }, "Unknown", "", true],
  ["a pending pod", pod("Pending"), "Pending", "", true],
  ["a pod that succeeded", pod("Succeeded", [completed]), "Completed", "ExitCode:0", false],
  [
    "a crash loop",
    pod("Running", [waiting("CrashLoopBackOff", { exitCode: 1 })]),
    "CrashLoopBackOff",
    "ExitCode:1",
    true,
  ],
  [
    "a crash loop that says why",
    pod("Running", [waiting("CrashLoopBackOff", { exitCode: 1, message: "no config" })]),
    "CrashLoopBackOff",
    "no config",
    true,
  ],
  ["an image that cannot be had", pod("Pending", [waiting("ImagePullBackOff")]), "ImagePullBackOff", "", true],
  ["the first container's reason", pod("Running", [waiting("A"), waiting("B")]), "A", "", true],
  [
    "a killed container",
    pod("Failed", [ended({ reason: "OOMKilled", exitCode: 137 })]),
    "OOMKilled",
    "ExitCode:137",
    true,
  ],
  ["an exit without reason", pod("Failed", [ended({ exitCode: 3 })]), "ExitCode:3", "", true],
  ["a signal without reason", pod("Failed", [ended({ exitCode: 137, signal: 9 })]), "Signal:9", "", true],
  [
    "one completed of two, ready",
    pod("Running", [completed, running], { conditions: [ready] }),
    "Running",
    "ExitCode:0",
    true,
  ],
  ["one completed of two, not ready", pod("Running", [completed, running]), "NotReady", "ExitCode:0", true],
  ["an evicted pod", pod("Failed", [], { reason: "Evicted", message: "low on disk" }), "Evicted", "low on disk", true],
  [
    "a pod that no node takes",
    pod("Pending", [], { conditions: [{ type: "PodScheduled", status: "False", message: "0/3 nodes" }] }),
    "Pending",
    "0/3 nodes",
    true,
  ],
  [
    "a pod on its way out",
    { ...pod("Running", [running]), metadata: { name: "p", deletionTimestamp: "2026-01-01T00:00:00Z" } },
    "Terminating",
    "",
    true,
  ],
  [
    "a pod on a lost node",
    {
      ...pod("Running", [running], { reason: "NodeLost" }),
      metadata: { name: "p", deletionTimestamp: "2026-01-01T00:00:00Z" },
    },
    "Unknown",
    "",
    true,
  ],
  [
    "an init container that waits its turn",
    init([ended({ exitCode: 0 }), waiting("PodInitializing")]),
    "Init:1/2",
    "",
    true,
  ],
  ["an init container that runs", init([{ state: { running: {} } }], 3), "Init:0/3", "", true],
  ["an init container that cannot start", init([waiting("CrashLoopBackOff")]), "Init:CrashLoopBackOff", "", true],
  [
    "a failed init container",
    init([ended({ exitCode: 2, reason: "Error" }, { message: "why" })]),
    "Init:Error",
    "why",
    true,
  ],
  ["a failed init container without reason", init([ended({ exitCode: 2 })]), "Init:ExitCode:2", "", true],
  ["a killed init container", init([ended({ exitCode: 137, signal: 9 })]), "Init:Signal:9", "", true],
  ["a sidecar that runs", init([{ started: true, state: { running: {} } }], 1, "Always"), "PodInitializing", "", true],
  ["a sidecar that waits", init([waiting("CrashLoopBackOff")], 1, "Always"), "Init:CrashLoopBackOff", "", true],
];

for (const [name, pod, reason, message, unhealthy] of behaviour) {
  Deno.test(`podMessage() agrees with the reason and the health of ${name}`, () =>
    deepStrictEqual([podStatusReason(pod), podMessage(pod), isPodUnhealthy(pod)], [reason, message, unhealthy]));
}
