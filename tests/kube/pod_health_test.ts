import { deepStrictEqual } from "node:assert/strict";
import { isPodUnhealthy, podStatusReason } from "../../src/kube/pod_health.ts";

const ready = { name: "a", ready: true, state: { running: {} } };
const starting = { name: "a", ready: false, state: { running: {} } };
const crashing = { name: "a", ready: false, state: { waiting: { reason: "CrashLoopBackOff" } } };
const done = { name: "a", ready: false, state: { terminated: { reason: "Completed", exitCode: 0 } } };
const broken = { name: "a", ready: false, state: { terminated: { reason: "Error", exitCode: 1 } } };
const init = (state: unknown, more = {}) => ({ name: "i", state, ...more });
const initDone = init({ terminated: { exitCode: 0, reason: "Completed" } });
const sidecar = { initContainers: [{ name: "i", restartPolicy: "Always" }] };
const running = { phase: "Running" };
const pending = { phase: "Pending" };
const succeeded = { phase: "Succeeded" };
const isReady = { conditions: [{ type: "Ready", status: "True" }] };

const behaviour: [
  name: string,
  status: object,
  reason: string,
  unhealthy: boolean,
  more?: { spec?: object; deleted?: boolean },
][] = [
  ["a ready pod is Running", { ...running, containerStatuses: [ready] }, "Running", false],
  [
    "a container that is not ready makes it unhealthy",
    { ...running, containerStatuses: [ready, starting] },
    "Running",
    true,
  ],
  ["a crash loop shows", { ...running, containerStatuses: [crashing] }, "CrashLoopBackOff", true],
  [
    "the first container's reason wins",
    { ...running, containerStatuses: [crashing, broken] },
    "CrashLoopBackOff",
    true,
  ],
  ["a failed container shows", { ...running, containerStatuses: [broken, ready] }, "Error", true],
  [
    "an exit without a reason shows its code",
    { ...running, containerStatuses: [{ name: "a", state: { terminated: { exitCode: 7 } } }] },
    "ExitCode:7",
    true,
  ],
  [
    "a signal without a reason shows",
    { ...running, containerStatuses: [{ name: "a", state: { terminated: { signal: 9 } } }] },
    "Signal:9",
    true,
  ],
  ["a completed pod is well", { ...succeeded, containerStatuses: [done] }, "Completed", false],
  [
    "a completed container beside a running one, pod ready",
    { ...running, ...isReady, containerStatuses: [done, ready] },
    "Running",
    true,
  ],
  [
    "a completed container beside a running one, pod not ready",
    { ...running, containerStatuses: [done, ready] },
    "NotReady",
    true,
  ],
  ["a pending pod is unhealthy", pending, "Pending", true],
  ["a failed pod shows its reason", { phase: "Failed", reason: "Evicted" }, "Evicted", true],
  ["an unknown phase is unhealthy", { phase: "Unknown" }, "Unknown", true],
  ["a pod without a status is unhealthy", {}, "Unknown", true],
  [
    "an image that cannot be pulled shows",
    { ...pending, containerStatuses: [{ name: "a", state: { waiting: { reason: "ImagePullBackOff" } } }] },
    "ImagePullBackOff",
    true,
  ],
  ["init progress counts", { ...pending, initContainerStatuses: [initDone, init({ running: {} })] }, "Init:1/2", true, {
    spec: { initContainers: [{ name: "h" }, { name: "i" }] },
  }],
  [
    "PodInitializing is progress",
    { ...pending, initContainerStatuses: [init({ waiting: { reason: "PodInitializing" } })] },
    "Init:0/1",
    true,
  ],
  [
    "a waiting init container shows its reason",
    { ...pending, initContainerStatuses: [init({ waiting: { reason: "ErrImagePull" } })] },
    "Init:ErrImagePull",
    true,
  ],
  [
    "a failed init container shows its reason",
    { ...pending, initContainerStatuses: [init({ terminated: { exitCode: 1, reason: "Error" } })] },
    "Init:Error",
    true,
  ],
  [
    "a failed init container shows its code",
    { ...pending, initContainerStatuses: [init({ terminated: { exitCode: 3 } })] },
    "Init:ExitCode:3",
    true,
  ],
  [
    "a killed init container shows its signal",
    { ...pending, initContainerStatuses: [init({ terminated: { exitCode: 137, signal: 9 } })] },
    "Init:Signal:9",
    true,
  ],
  [
    "finished init containers are passed over",
    { ...running, initContainerStatuses: [initDone], containerStatuses: [ready] },
    "Running",
    false,
  ],
  [
    "a started sidecar is passed over",
    {
      ...running,
      initContainerStatuses: [init({ running: {} }, { started: true, ready: true })],
      containerStatuses: [ready],
    },
    "Running",
    false,
    { spec: sidecar },
  ],
  [
    "a sidecar that has not started is waited for",
    { ...pending, initContainerStatuses: [init({ running: {} }, { started: false })] },
    "Init:0/1",
    true,
    { spec: sidecar },
  ],
  ["a deleted pod is Terminating", { ...running, containerStatuses: [ready] }, "Terminating", true, { deleted: true }],
  [
    "a deleted pod on a lost node is Unknown",
    { ...running, reason: "NodeLost", containerStatuses: [ready] },
    "Unknown",
    true,
    { deleted: true },
  ],
  [
    "a deleted pod that has completed stays Completed",
    { ...succeeded, containerStatuses: [done] },
    "Completed",
    false,
    { deleted: true },
  ],
];
for (const [name, status, reason, unhealthy, more = {}] of behaviour) {
  Deno.test(`podStatusReason(), isPodUnhealthy() ${name}`, () => {
    const metadata = { name: "p", ...(more.deleted ? { deletionTimestamp: "2026-03-02T00:00:00Z" } : {}) };
    const pod = { metadata, spec: more.spec, status };
    deepStrictEqual([podStatusReason(pod), isPodUnhealthy(pod)], [reason, unhealthy]);
  });
}
