import { deepStrictEqual } from "node:assert/strict";
import { containerConfig } from "../../../src/insight/checks/container_config.ts";
import { crashLoops } from "../../../src/insight/checks/crash_loops.ts";
import { imagePulls } from "../../../src/insight/checks/image_pulls.ts";
import { oomKills } from "../../../src/insight/checks/oom_kills.ts";
import { pendingPods } from "../../../src/insight/checks/pending_pods.ts";
import { probes } from "../../../src/insight/checks/probes.ts";
import { stuckPods } from "../../../src/insight/checks/stuck_pods.ts";
import { unreadyPods } from "../../../src/insight/checks/unready_pods.ts";
import type { Insight } from "../../../src/insight/insight.ts";
import {
  ago,
  type Any,
  bundleOf,
  causesOf,
  container,
  crashing,
  ended,
  event,
  made,
  node,
  pod,
  waiting,
  YOUNG,
} from "../cluster_fixture.ts";

type Row = [name: string, pods: Any[], events: Any[], expected: string[]];
const WEB = "shop/Deployment/web/main";
const UNREADY = { ready: false, statuses: [container({ ready: false })] };
const unscheduled = (message: string, more: Any = {}) =>
  pod({
    node: null,
    phase: "Pending",
    statuses: [],
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
    ...more,
  });
const CPU =
  "0/3 nodes are available: 1 node(s) had untolerated taint {a: b}, 2 Insufficient cpu. preemption: 0/3 nodes";

const checks: [Insight, Row[]][] = [
  [crashLoops, [
    ["says nothing of a healthy pod", [pod()], [], []],
    ["tells of a crash loop", [pod({ statuses: [crashing()] })], [], [`fail crash-loop/${WEB}`]],
    [
      "makes one finding of the pods of a workload, whatever their ReplicaSet",
      [
        pod({ statuses: [crashing()] }),
        pod({
          name: "web-2",
          statuses: [crashing()],
          owner: "ReplicaSet/web-def",
          labels: { "pod-template-hash": "def" },
        }),
      ],
      [],
      [`fail crash-loop/${WEB}`],
    ],
    [
      "keeps containers apart",
      [pod({ statuses: [container(), crashing({ name: "sidecar" })] }), pod({ name: "web-2", statuses: [crashing()] })],
      [],
      ["fail crash-loop/shop/Deployment/web/sidecar", `fail crash-loop/${WEB}`],
    ],
    ["looks at init containers", [pod({ init: [crashing({ name: "setup" })] })], [], [
      "fail crash-loop/shop/Deployment/web/setup",
    ]],
    ["tells of a crash loop of a young pod, too", [pod({ created: YOUNG, statuses: [crashing()] })], [], [
      `fail crash-loop/${WEB}`,
    ]],
    [
      "warns of a container that runs again but restarted often, the last time lately",
      [
        pod({ statuses: [container({ restartCount: 5, lastState: ended(1, "Error", ago(59)) })] }),
      ],
      [],
      [`warn crash-loop/${WEB}`],
    ],
    [
      "says nothing of restarts that are over",
      [
        pod({ statuses: [container({ restartCount: 50, lastState: ended(1, "Error", ago(61)) })] }),
      ],
      [],
      [],
    ],
    [
      "says nothing of a few restarts",
      [pod({ statuses: [container({ restartCount: 4, lastState: ended(1) })] })],
      [],
      [],
    ],
    [
      "says nothing of a Job's pod that completed",
      [
        pod({
          owner: "Job/x",
          phase: "Succeeded",
          ready: false,
          statuses: [container({ ready: false, state: ended(0) })],
        }),
      ],
      [],
      [],
    ],
    [
      "says nothing of one that completed in the end",
      [
        pod({ owner: "Job/x", phase: "Succeeded", statuses: [container({ restartCount: 6, lastState: ended(1) })] }),
      ],
      [],
      [],
    ],
    [
      "says nothing of a pod that is being deleted",
      [
        pod({ statuses: [crashing()], metadata: { deletionTimestamp: ago(1) } }),
      ],
      [],
      [],
    ],
    [
      "leaves what was killed for memory to that check",
      [
        pod({ statuses: [crashing({ lastState: ended(137, "OOMKilled") })] }),
      ],
      [],
      [],
    ],
  ]],
  [oomKills, [
    ["says nothing of a healthy pod", [pod()], [], []],
    [
      "tells of a crash loop that memory causes",
      [pod({ statuses: [crashing({ lastState: ended(137, "OOMKilled") })] })],
      [],
      [
        `fail oom/${WEB}`,
      ],
    ],
    [
      "warns of one kill within a day",
      [
        pod({ statuses: [container({ restartCount: 1, lastState: ended(137, "OOMKilled", ago(23 * 60)) })] }),
      ],
      [],
      [`warn oom/${WEB}`],
    ],
    [
      "says nothing of one before that",
      [
        pod({ statuses: [container({ restartCount: 1, lastState: ended(137, "OOMKilled", ago(25 * 60)) })] }),
      ],
      [],
      [],
    ],
  ]],
  [imagePulls, [
    ["says nothing of a healthy pod", [pod()], [], []],
    ...["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull"].map((reason): Row => [
      `tells of ${reason}`,
      [pod({ phase: "Pending", statuses: [waiting(reason)] })],
      [],
      ["fail image-pull/registry.example.com/web:1"],
    ]),
    [
      "makes one finding of an image, in whatever namespace",
      [
        pod({ statuses: [waiting("ImagePullBackOff")] }),
        pod({ name: "x", namespace: "ops", owner: "DaemonSet/x", statuses: [waiting("ErrImagePull")] }),
      ],
      [],
      ["fail image-pull/registry.example.com/web:1"],
    ],
    [
      "waits with the first error of a young pod",
      [pod({ created: YOUNG, statuses: [waiting("ErrImagePull")] })],
      [],
      [],
    ],
    [
      "does not wait when the node gave up for now",
      [
        pod({ created: YOUNG, statuses: [waiting("ImagePullBackOff")] }),
      ],
      [],
      ["fail image-pull/registry.example.com/web:1"],
    ],
    [
      "says nothing of a pod that is being deleted",
      [
        pod({ statuses: [waiting("ImagePullBackOff")], metadata: { deletionTimestamp: ago(1) } }),
      ],
      [],
      [],
    ],
  ]],
  [containerConfig, [
    ["says nothing of a healthy pod", [pod()], [], []],
    [
      "makes one finding of a Secret that is not there",
      [
        pod({ statuses: [waiting("CreateContainerConfigError", 'secret "db" not found')] }),
        pod({ name: "y", owner: "Job/y", statuses: [waiting("CreateContainerConfigError", 'secret "db" not found')] }),
      ],
      [],
      ['fail container-config/shop/secret "db" not found'],
    ],
    [
      "tells of a command that cannot be run",
      [
        pod({ statuses: [waiting("RunContainerError", 'exec: "serve": not found')] }),
      ],
      [],
      ['fail container-config/shop/exec: "serve": not found'],
    ],
  ]],
  [pendingPods, [
    ["says nothing of a healthy pod", [pod()], [], []],
    [
      "makes one finding of a reason, whatever the numbers",
      [
        unscheduled(CPU),
        unscheduled(CPU.replace("2 Insufficient", "1 Insufficient"), { name: "z", namespace: "ops", owner: "Job/z" }),
      ],
      [],
      ["fail pending/Insufficient cpu, node(s) had untolerated taint {a: b}"],
    ],
    ["says nothing of a young pod", [unscheduled(CPU, { created: YOUNG })], [], []],
    [
      "says nothing of a pod with scheduling gates",
      [
        pod({
          node: null,
          phase: "Pending",
          statuses: [],
          conditions: [{ type: "PodScheduled", status: "False", reason: "SchedulingGated" }],
        }),
      ],
      [],
      [],
    ],
    [
      "gives the claim as the cause where it waits for a volume",
      [
        unscheduled("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.", {
          spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] },
        }),
      ],
      [],
      ["fail volume-claim/shop/data"],
    ],
  ]],
  [stuckPods, [
    ["says nothing of a healthy pod", [pod()], [], []],
    [
      "tells of a mount that fails",
      [
        pod({ phase: "Pending", ready: false, statuses: [waiting("ContainerCreating")] }),
      ],
      [event("Pod/shop/web-1", "FailedMount", 'secret "tls" not found')],
      ['fail stuck/shop/secret "tls" not found'],
    ],
    [
      "gives the claim as the cause where its volume is",
      [
        pod({
          phase: "Pending",
          ready: false,
          statuses: [waiting("ContainerCreating")],
          spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] },
        }),
      ],
      [event("Pod/shop/web-1", "FailedAttachVolume", 'volume "data" is used elsewhere')],
      ["fail volume-claim/shop/data"],
    ],
    [
      "tells of one that takes very long, without a reason",
      [
        pod({ created: ago(11), phase: "Pending", ready: false, statuses: [waiting("ContainerCreating")] }),
      ],
      [],
      ["fail stuck/shop/Deployment/web"],
    ],
    [
      "gives others their time",
      [
        pod({ created: ago(9), phase: "Pending", ready: false, statuses: [waiting("ContainerCreating")] }),
      ],
      [],
      [],
    ],
    [
      "says nothing of a young pod, whatever its first warnings",
      [
        pod({ created: YOUNG, phase: "Pending", ready: false, statuses: [waiting("ContainerCreating")] }),
      ],
      [event("Pod/shop/web-1", "FailedMount", "x")],
      [],
    ],
  ]],
  [probes, [
    ["says nothing of a healthy pod, whatever its old warnings", [pod()], [
      event("Pod/shop/web-1", "Unhealthy", "Readiness probe failed: HTTP 500"),
    ], []],
    ["tells of a readiness probe", [pod(UNREADY)], [
      event("Pod/shop/web-1", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500"),
    ], [`fail probe/${WEB}`]],
    ["tells of restarts that a liveness probe causes", [pod({ statuses: [crashing()] })], [
      event("Pod/shop/web-1", "Unhealthy", "Liveness probe failed: timeout"),
    ], [`fail probe/${WEB}`]],
    [
      "gives a pod a minute to become ready",
      [
        pod({ ...UNREADY, conditions: [{ type: "Ready", status: "False", lastTransitionTime: YOUNG }] }),
      ],
      [event("Pod/shop/web-1", "Unhealthy", "Readiness probe failed: x")],
      [],
    ],
  ]],
  [unreadyPods, [
    ["says nothing of a healthy pod", [pod()], [], []],
    ["tells of one that is not ready for no known reason", [pod(UNREADY)], [], [`fail not-ready/${WEB}`]],
    [
      "says nothing of one of whose containers one has completed",
      [
        pod({ owner: "Job/x", ready: false, statuses: [container(), container({ ready: false, state: ended(0) })] }),
      ],
      [],
      [],
    ],
    [
      "warns of a pod of nobody that failed",
      [
        pod({ owner: "Pod", phase: "Failed", ready: false, statuses: [container({ ready: false, state: ended(3) })] }),
      ],
      [],
      ["warn failed/shop/Pod/web-1"],
    ],
    [
      "says nothing of failed pods that were replaced, and of those of Jobs",
      [
        pod({ phase: "Failed", status: { reason: "NodeShutdown" } }),
        pod({ name: "j", owner: "Job/j", phase: "Failed" }),
      ],
      [],
      [],
    ],
    [
      "makes one finding of what a node evicted",
      [
        pod({ phase: "Failed", status: { reason: "Evicted" } }),
        pod({ name: "web-2", phase: "Failed", status: { reason: "Evicted" } }),
      ],
      [],
      ["warn evicted/node-a"],
    ],
    [
      "says nothing of daemons on a cordoned node",
      [
        pod({ ...UNREADY, owner: "DaemonSet/agent", node: "cordoned" }),
      ],
      [],
      [],
    ],
  ]],
];

const nodes = [node("node-a"), node("cordoned", { Ready: "True" }, { spec: { unschedulable: true } })];
for (const [insight, rows] of checks) {
  for (const [name, pods, events, expected] of rows) {
    Deno.test(`${insight.id}: ${name}`, async () => {
      deepStrictEqual(await causesOf(insight, bundleOf({ pods, events, nodes })), expected);
    });
  }
}

for (const [insight] of checks) {
  Deno.test(`${insight.id}: says nothing of pods in a namespace that is being deleted`, async () => {
    const namespaces = [made("Namespace", "shop", { status: { phase: "Terminating" } })];
    const pods = checks.flatMap(([, rows]) => rows.flatMap(([, pods]) => pods));
    const own = pods.filter(({ metadata }) => metadata.namespace === "shop");
    deepStrictEqual(await causesOf(insight, bundleOf({ pods: own, nodes, namespaces })), []);
  });
  Deno.test(`${insight.id}: leaves pods of a node that is down to the finding about the node`, async () => {
    const pods = checks.flatMap(([, rows]) => rows.flatMap(([, pods]) => pods))
      .filter(({ spec, status }) => spec.nodeName !== undefined && status.phase !== "Failed");
    const down = [node("node-a", { Ready: "Unknown" }), node("cordoned", { Ready: "Unknown" })];
    deepStrictEqual(await causesOf(insight, bundleOf({ pods, nodes: down })), []);
  });
}
