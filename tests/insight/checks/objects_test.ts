import { deepStrictEqual } from "node:assert/strict";
import { cronJobs } from "../../../src/insight/checks/cron_jobs.ts";
import { deprecatedApis } from "../../../src/insight/checks/deprecated_apis.ts";
import { jobs } from "../../../src/insight/checks/jobs.ts";
import { nodes } from "../../../src/insight/checks/nodes.ts";
import { quotas } from "../../../src/insight/checks/quotas.ts";
import { volumes } from "../../../src/insight/checks/volumes.ts";
import type { Insight } from "../../../src/insight/insight.ts";
import { ago, type Any, bundleOf, causesOf, event, made, node, pod, YOUNG } from "../cluster_fixture.ts";

type Row = [name: string, lists: Record<string, Any[]>, expected: string[], more?: Record<string, unknown>];
const young = { creationTimestamp: YOUNG };
const leaving = { deletionTimestamp: ago(1) };
const claim = (status: Any, spec: Any = {}, metadata: Any = {}) =>
  made("PersistentVolumeClaim", "shop/data", { spec: { storageClassName: "fast", ...spec }, status }, metadata);
const storage = (
  mode = "Immediate",
) => [made("StorageClass", "fast", { provisioner: "p.example", volumeBindingMode: mode })];
const usage = (usedBytes: number, more: Any = {}) => ({
  "node-metrics/node-a.json": {
    pods: [{ volume: [{ usedBytes, capacityBytes: 100, pvcRef: { name: "data", namespace: "shop" }, ...more }] }],
  },
});
const quota = (hard: Any, used: Any) => made("ResourceQuota", "shop/q", { status: { hard, used } });
const refused = event(
  "ReplicaSet/shop/web-abc",
  "FailedCreate",
  'pods "x" is forbidden: exceeded quota: q, requested: pods=1',
);
const failedJob = (name: string, more: Any = {}, metadata: Any = {}) =>
  made("Job", `shop/${name}`, {
    spec: {},
    status: {
      failed: 3,
      conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded", lastTransitionTime: ago(60) }],
    },
    ...more,
  }, metadata);
const ofNightly = { ownerReferences: [{ kind: "CronJob", name: "nightly" }] };
const completeJob = (at: string) =>
  made("Job", "shop/nightly-9", {
    status: { completionTime: at, conditions: [{ type: "Complete", status: "True" }] },
  }, ofNightly);
const cron = (spec: Any, status: Any = {}, metadata: Any = {}) =>
  made("CronJob", "shop/nightly", { spec: { schedule: "*/10 * * * *", ...spec }, status }, metadata);
const cordoned = node("node-b", { Ready: "True" }, { spec: { unschedulable: true } });
const written = (kind: string, apiVersion: string, at = ago(60)) =>
  made(kind, "shop/web", {}, { managedFields: [{ manager: "helm", apiVersion, time: at }] });
const version = (minor: string) => ({ "cluster-info/cluster_version.json": { info: { minor } } });

const checks: [Insight, Row[]][] = [
  [nodes, [
    ["says nothing of nodes that are well", { nodes: [node("a", { Ready: "True", MemoryPressure: "False" })] }, []],
    ["tells of one that is not ready", { nodes: [node("a", { Ready: "False" })] }, ["fail node-not-ready/a"]],
    ["tells of one that is silent, and not of what it said before", {
      nodes: [node("a", { Ready: "Unknown", DiskPressure: "True" })],
    }, ["fail node-not-ready/a"]],
    ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type): Row => [
      `warns of ${type}`,
      { nodes: [node("a", { Ready: "True", [type]: "True" })] },
      [`warn node-pressure/a/${type}`],
    ]),
    ["tells of one without a network", { nodes: [node("a", { Ready: "True", NetworkUnavailable: "True" })] }, [
      "fail node-pressure/a/NetworkUnavailable",
    ]],
    ["says nothing of pressure that nobody knows of", { nodes: [node("a", { MemoryPressure: "Unknown" })] }, []],
    ["says nothing of cordoned nodes", { nodes: [cordoned] }, []],
    [
      "gives a new node its time",
      { nodes: [node("a", { Ready: "False" }, { metadata: { name: "a", ...young } })] },
      [],
    ],
  ]],
  [volumes, [
    ["says nothing of a bound claim", { pvcs: [claim({ phase: "Bound" })], "storage-classes": storage() }, []],
    ["tells of a lost volume", { pvcs: [claim({ phase: "Lost" })] }, ["fail volume-claim/shop/data"]],
    ["warns of a claim that waits and that nobody uses", {
      pvcs: [claim({ phase: "Pending" })],
      "storage-classes": storage(),
    }, ["warn volume-claim/shop/data"]],
    ["calls it a failure when a pod uses it", {
      pvcs: [claim({ phase: "Pending" })],
      pods: [pod({ spec: { volumes: [{ persistentVolumeClaim: { claimName: "data" } }] } })],
    }, ["fail volume-claim/shop/data"]],
    ["gives a claim five minutes", { pvcs: [claim({ phase: "Pending" }, {}, { creationTimestamp: ago(4) })] }, []],
    ["says nothing of a claim that waits for its first pod", {
      pvcs: [claim({ phase: "Pending" })],
      "storage-classes": storage("WaitForFirstConsumer"),
    }, []],
    ["does, when the provisioner failed", {
      pvcs: [claim({ phase: "Pending" })],
      "storage-classes": storage("WaitForFirstConsumer"),
      events: [event("PersistentVolumeClaim/shop/data", "ProvisioningFailed", "no room")],
    }, ["warn volume-claim/shop/data"]],
    ["warns of a file system that waits to grow", {
      pvcs: [claim({ phase: "Bound", conditions: [{ type: "FileSystemResizePending", status: "True" }] })],
    }, ["warn volume-claim/shop/data"]],
    ["says nothing of a claim that is being deleted", { pvcs: [claim({ phase: "Lost" }, {}, leaving)] }, []],
    ["says nothing of a volume with room", {}, [], usage(84)],
    ["warns of one that is nearly full", {}, ["warn volume-full/shop/data"], usage(85)],
    ["tells of a full one", {}, ["fail volume-full/shop/data"], usage(95)],
    ["counts files, too", {}, ["fail volume-full/shop/data"], usage(1, { inodesUsed: 99, inodes: 100 })],
  ]],
  [quotas, [
    ["says nothing of a quota with room", { "resource-quota": [quota({ pods: "10" }, { pods: "9" })] }, []],
    ["warns of one that is used up", {
      "resource-quota": [quota({ "requests.cpu": "2" }, { "requests.cpu": "2000m" })],
    }, [
      "warn quota/shop/q",
    ]],
    ["tells of one that refuses", { "resource-quota": [quota({ pods: "10" }, { pods: "9" })], events: [refused] }, [
      "fail quota/shop/q",
    ]],
    ["says nothing of a refusal long ago", {
      "resource-quota": [quota({ pods: "10" }, { pods: "9" })],
      events: [{ ...refused, lastTimestamp: ago(61) }],
    }, []],
    ["says nothing of a quota of zero, which forbids on purpose", {
      "resource-quota": [quota({ "services.loadbalancers": "0" }, { "services.loadbalancers": "0" })],
    }, []],
    ["says nothing of numbers that are redacted away", {
      "resource-quota": [quota({ pods: "***HIDDEN***" }, { pods: "9" })],
    }, []],
  ]],
  [jobs, [
    ["says nothing of Jobs that run or completed", {
      jobs: [made("Job", "shop/a", { status: { active: 1, failed: 2 } }), completeJob(ago(5))],
    }, []],
    ["tells of a Job that failed", { jobs: [failedJob("migrate")] }, ["fail job/shop/migrate"]],
    ["makes one finding of the runs of a CronJob", {
      jobs: [failedJob("nightly-1", {}, ofNightly), failedJob("nightly-2", {}, ofNightly)],
    }, ["fail job/shop/nightly"]],
    ["says nothing when a later run succeeded", {
      jobs: [failedJob("nightly-1", {}, ofNightly), completeJob(ago(50))],
    }, []],
    ["does, when the run that succeeded was before", {
      jobs: [failedJob("nightly-1", {}, ofNightly), completeJob(ago(70))],
    }, ["fail job/shop/nightly"]],
    ["believes the CronJob when the run is gone", {
      jobs: [failedJob("nightly-1", {}, ofNightly)],
      cronjobs: [cron({}, { lastSuccessfulTime: ago(50) })],
    }, []],
    ["says nothing of suspended Jobs", { jobs: [failedJob("migrate", { spec: { suspend: true } })] }, []],
    ["says nothing of Jobs that are being deleted", { jobs: [failedJob("migrate", {}, leaving)] }, []],
  ]],
  [cronJobs, [
    ["says nothing of one that fires", { cronjobs: [cron({}, { lastScheduleTime: ago(10) })] }, []],
    ["tells of one that missed two due times", { cronjobs: [cron({}, { lastScheduleTime: ago(30) })] }, [
      "fail cron-job/shop/nightly",
    ]],
    ["tells of one that never fired", { cronjobs: [cron({})] }, ["fail cron-job/shop/nightly"]],
    ["says nothing of a suspended one", { cronjobs: [cron({ suspend: true })] }, []],
    ["says nothing of one that is not due yet", { cronjobs: [cron({ schedule: "0 2 1 1 *" })] }, []],
    ["says nothing of a new one", { cronjobs: [cron({}, {}, young)] }, []],
    ["says nothing of one that was suspended until now", {
      cronjobs: [cron({}, { lastScheduleTime: ago(600) }, { managedFields: [{ manager: "kubectl", time: ago(5) }] })],
    }, []],
    ["does not take the controller's notes for a change", {
      cronjobs: [
        cron({}, { lastScheduleTime: ago(600) }, { managedFields: [{ subresource: "status", time: ago(5) }] }),
      ],
    }, ["fail cron-job/shop/nightly"]],
    ["warns where a run that goes on keeps it", {
      cronjobs: [cron({ concurrencyPolicy: "Forbid" }, { lastScheduleTime: ago(60), active: [{ name: "nightly-1" }] })],
    }, ["warn cron-job/shop/nightly"]],
    ["follows its time zone", {
      cronjobs: [
        cron({ schedule: "30 13 * * *", timeZone: "Europe/Berlin" }, { lastScheduleTime: ago(2 * 24 * 60 + 30) }, {
          creationTimestamp: ago(9 * 24 * 60),
        }),
      ],
    }, ["fail cron-job/shop/nightly"]],
    ["knows when that is not due yet", {
      cronjobs: [cron({ schedule: "30 14 * * *", timeZone: "Europe/Berlin" }, { lastScheduleTime: ago(24 * 60 - 30) })],
    }, []],
    ["says nothing of schedules and zones that cannot be read", {
      cronjobs: [cron({ schedule: "now and then" }), cron({ timeZone: "Mars/Olympus" })],
    }, []],
  ]],
  [deprecatedApis, [
    ["says nothing of APIs that stay", { deployments: [written("Deployment", "apps/v1")] }, []],
    [
      "warns of one that was removed, by writer",
      {
        deployments: [written("Deployment", "apps/v1beta1")],
        ingress: [written("Ingress", "extensions/v1beta1")],
      },
      ["warn deprecated-api/apps/v1beta1/Deployment/helm", "warn deprecated-api/extensions/v1beta1/Ingress/helm"],
      version("31+"),
    ],
    ["warns of one that a manifest names", {
      cronjobs: [made("CronJob", "shop/x", {}, {
        annotations: {
          "kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"batch/v1beta1","kind":"CronJob"}',
        },
      })],
    }, ["warn deprecated-api/batch/v1beta1/CronJob/kubectl apply"]],
    ["says nothing of who has not written for more than a year", {
      deployments: [written("Deployment", "apps/v1beta1", ago(366 * 24 * 60))],
    }, []],
    ["warns of stored versions that are not served", {
      "custom-resource-definitions": [made("CustomResourceDefinition", "widgets.example.com", {
        spec: { versions: [{ name: "v1", served: true }, { name: "v1alpha1", served: false }] },
        status: { storedVersions: ["v1alpha1", "v1"] },
      })],
    }, ["warn stored-version/widgets.example.com"]],
  ]],
];

for (const [insight, rows] of checks) {
  for (const [name, lists, expected, more] of rows) {
    Deno.test(`${insight.id}: ${name}`, async () => {
      deepStrictEqual(await causesOf(insight, bundleOf(lists, more)), expected);
    });
  }
}
