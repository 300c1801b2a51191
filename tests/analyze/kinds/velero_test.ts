import { deepStrictEqual } from "node:assert/strict";
import { velero } from "../../../src/analyze/kinds/cluster/velero.ts";
import { imageVersion } from "../../../src/analyze/velero_objects.ts";
import { pass, resultsOf, verdictsOf } from "../judge_kind.ts";

const deployment = (image: unknown = "velero/velero:v1.12.3", namespace = "velero", container = "velero") => ({
  [`cluster-resources/deployments/${namespace}.json`]: {
    items: [{
      spec: { template: { spec: { containers: [{ name: "side", image: "x" }, { name: container, image }] } } },
    }],
  },
});
const objects = (plural: string, ...phases: (string | undefined)[]) => ({
  [`cluster-resources/custom-resources/${plural}.velero.io/velero.json`]: phases.map((phase, i) => ({
    metadata: { name: `o${i + 1}` },
    status: { phase },
  })),
});
const logs = { "velero/logs/velero-1/velero.log": "level=info msg=fine\n" };
const base = {
  ...deployment(),
  ...logs,
  ...objects("backuprepositories", "Ready"),
  ...objects("backupstoragelocations", "Available"),
};
const REPOSITORIES = "pass: Found 1 backup repositories configured and 1 Ready";
const LOGS = "pass: Found 1 log files";
const LOCATIONS = "pass: Found 1 backup storage locations configured and 1 Available";
const WELL = "pass: Velero setup is healthy";
const ILL = "fail: Velero setup is not entirely healthy";
const NO_LOGS = "skipped/file-missing: The bundle does not have velero/logs/velero*/*.log, or it is empty";

const behaviour: [name: string, files: Record<string, unknown>, expected: string[]][] = [
  ["passes", base, [REPOSITORIES, LOGS, LOCATIONS, WELL]],
  ["counts what there is", {
    ...base,
    ...objects("backups", "Completed", "InProgress"),
    ...objects("podvolumebackups", "Completed"),
    ...objects("podvolumerestores", "Completed"),
    ...objects("restores", "Completed", "Completed"),
    ...objects("schedules", "Enabled"),
    ...objects("volumesnapshotlocations", "Available"),
  }, [
    REPOSITORIES,
    LOGS,
    "pass: Found 2 backups",
    LOCATIONS,
    "pass: Found 1 pod volume backups",
    "pass: Found 1 pod volume restores",
    "pass: Found 2 restores",
    "pass: Found 1 schedules",
    "pass: Found 1 volume snapshot locations",
    WELL,
  ]],
  ["fails without places for backups", { ...deployment(), ...logs }, [
    "fail: No backup repositories configured",
    LOGS,
    "fail: No backup storage locations configured",
    ILL,
  ]],
  ["warns of places that are not ready", {
    ...base,
    ...objects("backuprepositories", "NotReady", "Ready", "New"),
    ...objects("backupstoragelocations", "Unavailable"),
  }, [
    "warn: Backup Repository [o1] is in phase NotReady",
    "warn: Backup Repository [o3] is in phase New",
    "pass: Found 3 backup repositories configured and 1 Ready",
    LOGS,
    "warn: Backup Storage Location [o1] is in phase Unavailable",
    "warn: Found 1 configured backup storage locations, but none are available",
    WELL,
  ]],
  ["fails for backups that failed", {
    ...base,
    ...objects(
      "backups",
      "Failed",
      "PartiallyFailed",
      "FailedValidation",
      "Completed",
      "FinalizingPartiallyFailed",
      "WaitingForPluginOperationsPartiallyFailed",
    ),
  }, [
    REPOSITORIES,
    LOGS,
    "fail: Backup o1 phase is Failed",
    "fail: Backup o2 phase is PartiallyFailed",
    "fail: Backup o3 phase is FailedValidation",
    "fail: Backup o5 phase is FinalizingPartiallyFailed",
    "fail: Backup o6 phase is WaitingForPluginOperationsPartiallyFailed",
    "pass: Found 6 backups",
    LOCATIONS,
    ILL,
  ]],
  ["fails for everything that failed", {
    ...base,
    ...objects("podvolumebackups", "Failed", "Completed"),
    ...objects("podvolumerestores", "Failed"),
    ...objects("restores", "Failed", "PartiallyFailed", "FailedValidation"),
    ...objects("schedules", "FailedValidation"),
    ...objects("volumesnapshotlocations", "Unavailable"),
  }, [
    REPOSITORIES,
    LOGS,
    LOCATIONS,
    "fail: Pod Volume Backup o1 phase is Failed",
    "fail: Pod Volume Restore o1 phase is Failed",
    "fail: Restore o1 phase is Failed",
    "fail: Restore o2 phase is PartiallyFailed",
    "fail: Restore o3 phase is FailedValidation",
    "fail: Schedule o1 phase is FailedValidation",
    "fail: Volume Snapshot Location o1 phase is Unavailable",
    ILL,
  ]],
  ["warns of deletions under way", {
    ...base,
    ...objects("deletebackuprequests", "InProgress", "Processed", "InProgress"),
  }, [
    REPOSITORIES,
    LOGS,
    LOCATIONS,
    "warn: Found 2 delete backup requests in progress",
    WELL,
  ]],
  ["reads logs", {
    ...base,
    "velero/logs/node-agent-a/node-agent.log": "level=error\nopen /x: permission denied\n",
    "velero/logs/node-agent-b/node-agent.log": "fine\n",
    "velero/logs/velero-1/velero.log": "fine\nlevel=error msg=x\n",
    "velero/logs/velero-2/velero.log": "panic: x\n",
    "velero/logs/velero-3/velero.log": "level=fatal\n",
  }, [
    REPOSITORIES,
    "warn: Found 'permission denied' in node-agent* pod log file(s)",
    "pass: Found 2 log files",
    "warn: Found error|panic|fatal in velero* pod log file(s)",
    "warn: Found error|panic|fatal in velero* pod log file(s)",
    "warn: Found error|panic|fatal in velero* pod log file(s)",
    "pass: Found 3 log files",
    LOCATIONS,
    WELL,
  ]],
  ["knows the repositories of older versions", {
    ...base,
    ...deployment("velero/velero:v1.9.7"),
    ...objects("resticrepositories", "Ready", "NotReady"),
    "velero/logs/restic-a/restic.log": "fine\n",
  }, [
    "warn: Restic Repository [o2] is in phase NotReady",
    "pass: Found 2 restic repositories configured and 1 Ready",
    LOGS,
    LOGS,
    LOCATIONS,
    WELL,
  ]],
  ["needs no version", { ...base, ...deployment("registry:5000/velero@sha256:ab") }, [
    REPOSITORIES,
    LOGS,
    LOCATIONS,
    WELL,
  ]],
  ["needs no image", { ...base, ...deployment(null) }, [REPOSITORIES, LOGS, LOCATIONS, WELL]],
  ["tells an older version by its repositories", {
    ...deployment("velero"),
    ...logs,
    ...objects("resticrepositories", "Ready"),
    ...objects("backupstoragelocations", "Available"),
  }, ["pass: Found 1 restic repositories configured and 1 Ready", LOGS, LOCATIONS, WELL]],
  ["finds Velero in another namespace", {
    "cluster-resources/deployments/aaa.json": "no JSON",
    ...deployment("velero:v1.15.0", "backup"),
    ...objects("backuprepositories", "Ready"),
    ...objects("backupstoragelocations", "Available"),
  }, [REPOSITORIES, NO_LOGS, LOCATIONS, WELL]],
  ["does not take what was not collected for what is not there", {
    ...deployment(),
    ...logs,
    ...objects("backupstoragelocations", "Available"),
    "cluster-resources/custom-resources/custom-resources-errors.json": {
      "backuprepositories.velero.io": "forbidden",
      "backups.velero.io/shop": "timeout",
      "backupsx.velero.io": "other",
    },
  }, [
    "error: Not all backup repositories were collected: backuprepositories.velero.io: forbidden",
    LOGS,
    "error: Not all backups were collected: backups.velero.io/shop: timeout",
    LOCATIONS,
    "error: Not everything of Velero could be judged",
  ]],
  ["tells that a phase is hidden", { ...base, ...objects("backups", "***HIDDEN***") }, [
    REPOSITORIES,
    LOGS,
    "error: The value in cluster-resources/custom-resources/backups.velero.io/velero.json cannot be judged: redaction has hidden it",
    "pass: Found 1 backups",
    LOCATIONS,
    "error: Not everything of Velero could be judged",
  ]],
  ["goes on after a file that it cannot read", {
    ...base,
    "cluster-resources/custom-resources/backups.velero.io/a.json": [null],
    "cluster-resources/custom-resources/restores.velero.io/a.json": [{ metadata: null, status: 1 }],
  }, [
    REPOSITORIES,
    LOGS,
    "error: cluster-resources/custom-resources/backups.velero.io/a.json of the bundle is not a list of Kubernetes objects",
    LOCATIONS,
    "pass: Found 1 restores",
    "error: Not everything of Velero could be judged",
  ]],
  ["says which file is missing", {}, [
    "skipped/file-missing: The bundle does not have cluster-resources/deployments/velero.json, or it is empty",
  ]],
  ["says that there is no Velero", deployment("x", "shop", "web"), [
    "throws: No Deployment in the bundle has a container velero",
  ]],
  ["says which Deployments it could not read", { "cluster-resources/deployments/velero.json": "x" }, [
    "throws: Cannot read cluster-resources/deployments/velero.json of the bundle as JSON",
  ]],
];
for (const [name, files, expected] of behaviour) {
  Deno.test(`velero ${name}`, async () =>
    deepStrictEqual(await verdictsOf(velero, { outcomes: [pass("x")] }, files), expected));
}

const images: [image: string, version: number[] | undefined][] = [
  ["velero/velero:v1.9.7", [1, 9]],
  ["velero:1.12.0-rc.1", [1, 12]],
  ["registry:5000/velero/velero:v1.13.0@sha256:0123", [1, 13]],
  ["registry:5000/velero/velero", undefined],
  ["velero@sha256:0123", undefined],
  ["velero:latest", undefined],
  ["velero:***HIDDEN***", undefined],
  ["", undefined],
];
for (const [image, version] of images) {
  Deno.test(`imageVersion("${image}") is ${version}`, () => deepStrictEqual(imageVersion(image), version));
}

const ill = { ...base, ...objects("backups", "Failed"), ...objects("deletebackuprequests", "InProgress") };
const titles: [config: Record<string, unknown>, titles: (string | undefined)[]][] = [
  [{}, [
    "At least 1 Backup Repository configured",
    "Velero logs for pod [velero/logs/velero-1/velero.log]",
    "Velero Logs analysis for kind [velero*]",
    "Backup o1",
    "Velero Backups",
    "At least 1 Backup Storage Location configured",
    "Delete Backup Requests summary",
    undefined,
  ]],
  [{ checkName: "Backups" }, [...Array(7).fill("Backups"), undefined]],
];
for (const [config, expected] of titles) {
  Deno.test(`velero has the titles ${expected.join(", ")}`, async () => {
    const results = await resultsOf(velero, config, { ...ill, "velero/logs/velero-1/velero.log": "x\npanic\n" });
    deepStrictEqual(results.map(({ title }) => title), expected);
    deepStrictEqual(results[1]!.evidence, [{ path: "velero/logs/velero-1/velero.log", line: 2 }]);
  });
}

Deno.test("velero honours checkName for its status", () =>
  deepStrictEqual([{ checkName: "C" }, {}].map((c) => velero.title(velero.schema.parse(c))), ["C", "Velero Status"]));
