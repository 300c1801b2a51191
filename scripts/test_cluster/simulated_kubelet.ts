/** What kwok shall play: nodes that become ready, and pods that start, crash-loop, fail to pull, end, or restart. It reads
 * YAML documents, and JSON is YAML.
 * @param logFile what every container's log is, in the format of a container runtime
 * @param ownLogs other such files, by the name of the container
 * @param workDir where an exec runs its command, on this machine
 * @see https://kwok.sigs.k8s.io/docs/user/stages-configuration/ */
export function kwokConfig(logFile: string, workDir: string, ownLogs: Readonly<Record<string, string>> = {}): string {
  const documents = [...STAGES, logs(logFile, ownLogs), execs(workDir)];
  return documents.map((document) => JSON.stringify(document)).join("\n---\n") + "\n";
}

/** Label of a pod that shall not start: its container waits, `crash` after seven restarts, `pull` for its image. */
export const SIMULATE_LABEL = "simulate";

/** Begins the images of pods that shall do something: `simulate.example/succeed`. A pod does what its first container's
 * image says. */
export const SIMULATE_IMAGE = "simulate.example/";

/** What an image may say: `succeed` and `fail` end at once; `crash`, `pull` and `creating` wait, as the label has it or
 * while the container is created; `restart` has ended once and runs again. Any other image runs for ever. */
const SIMULATED = ["succeed", "fail", "crash", "pull", "creating", "restart"] as const;

/** What the containers of these names print, before and after a restart. Of all others there is no log before a restart. */
export const OWN_LOGS: Readonly<Record<string, readonly string[]>> = {
  dns: [
    "=== /etc/resolv.conf",
    "search default.svc.cluster.local svc.cluster.local cluster.local",
    "nameserver 10.0.0.10",
    "=== dig kubernetes",
    "10.0.0.1",
    "=== dig *",
    ";; connection timed out; no servers could be reached",
    "=== end",
  ],
  restarts: ["done"],
  sysctl: ["/proc/sys/net/ipv4/ip_forward = 1", "/proc/sys/vm/swappiness = 60"],
};

/** Lines in the format of a container runtime. */
export function runtimeLog(lines: readonly string[]): string {
  return lines.map((line) => `2026-01-01T00:00:00.000000000Z stdout F ${line}\n`).join("");
}

const RESOURCES = { cpu: "8", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "110" };
const BROKEN = `(or (eq $simulate "crash") (eq $simulate "pull") (eq $simulate "creating"))`;
const IMAGE_SAYS = SIMULATED.map((what) =>
  `{{ if eq (index .spec.containers 0).image "${SIMULATE_IMAGE}${what}" }}{{ $simulate = "${what}" }}{{ end }}`
).join("\n");

const NODE_STATUS = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
addresses:
- { type: InternalIP, address: {{ NodeIP | Quote }} }
- { type: Hostname, address: {{ NodeName | Quote }} }
daemonEndpoints: { kubeletEndpoint: { Port: {{ NodePort }} } }
capacity: ${JSON.stringify(RESOURCES)}
allocatable: ${JSON.stringify(RESOURCES)}
nodeInfo:
  architecture: amd64
  bootID: ""
  machineID: ""
  systemUUID: ""
  operatingSystem: linux
  osImage: Simulated Linux
  kernelVersion: 6.8.0
  containerRuntimeVersion: containerd://2.1.0
  kubeletVersion: v1.36.0
  kubeProxyVersion: v1.36.0
`;

const POD_STARTED = `
{{ $now := Now }}
{{ $simulate := "" }}
{{ with .metadata.labels }}{{ with .${SIMULATE_LABEL} }}{{ $simulate = . }}{{ end }}{{ end }}
${IMAGE_SAYS}
{{ $ready := "True" }}
{{ if ${BROKEN} }}{{ $ready = "False" }}{{ end }}
phase: {{ if or (eq $simulate "pull") (eq $simulate "creating") }}Pending{{ else }}Running{{ end }}
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") | Quote }}
conditions:
- { type: PodScheduled, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
- { type: ContainersReady, status: {{ $ready | Quote }}, lastTransitionTime: {{ $now | Quote }} }
- { type: Ready, status: {{ $ready | Quote }}, lastTransitionTime: {{ $now | Quote }} }
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: {{ if ${BROKEN} }}false{{ else }}true{{ end }}
  started: {{ if ${BROKEN} }}false{{ else }}true{{ end }}
  restartCount: {{ if eq $simulate "crash" }}7{{ else if eq $simulate "restart" }}1{{ else }}0{{ end }}
{{ if eq $simulate "crash" }}
  state: { waiting: { reason: CrashLoopBackOff, message: back-off 5m0s restarting failed container } }
  lastState: { terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ else if eq $simulate "pull" }}
  state: { waiting: { reason: ImagePullBackOff, message: Back-off pulling image } }
{{ else if eq $simulate "creating" }}
  state: { waiting: { reason: ContainerCreating } }
{{ else if eq $simulate "restart" }}
  state: { running: { startedAt: {{ $now | Quote }} } }
  lastState: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ else }}
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
{{ end }}
`;

const podEnded = (phase: string, exitCode: number, reason: string) => `
{{ $now := Now }}
phase: ${phase}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  restartCount: 0
  state: { terminated: { exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}
`;

const ALIVE = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };
const RUNNING = { key: ".status.phase", operator: "In", values: ["Running"] };
const firstImage = (what: (typeof SIMULATED)[number]) => ({
  key: ".spec.containers.[0].image",
  operator: "In",
  values: [`${SIMULATE_IMAGE}${what}`],
});

const STAGES = [
  stage("node-ready", "Node", {
    when: [{
      key: '.status.conditions.[] | select(.type == "Ready") | .status',
      operator: "NotIn",
      values: ["True"],
    }],
    next: { statusTemplate: NODE_STATUS },
  }),
  stage("pod-started", "Pod", {
    when: [
      ALIVE,
      { key: ".spec.nodeName", operator: "Exists" },
      { key: ".status.phase", operator: "In", values: ["Pending"] },
      { key: ".status.startTime", operator: "DoesNotExist" },
    ],
    next: { statusTemplate: POD_STARTED },
  }),
  stage("job-pod-succeeded", "Pod", {
    when: [
      ALIVE,
      RUNNING,
      { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] },
    ],
    next: { statusTemplate: podEnded("Succeeded", 0, "Completed") },
  }),
  stage("pod-succeeded", "Pod", {
    when: [ALIVE, RUNNING, firstImage("succeed")],
    next: { statusTemplate: podEnded("Succeeded", 0, "Completed") },
  }),
  stage("pod-failed", "Pod", {
    when: [ALIVE, RUNNING, firstImage("fail")],
    next: { statusTemplate: podEnded("Failed", 3, "Error") },
  }),
  stage("pod-deleted", "Pod", {
    when: [{ key: ".metadata.deletionTimestamp", operator: "Exists" }],
    next: { finalizers: { empty: true }, delete: true },
  }),
];

function stage(name: string, kind: "Node" | "Pod", options: { when: unknown[]; next: Record<string, unknown> }) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "Stage",
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: "v1", kind },
      selector: { matchExpressions: options.when },
      next: options.next,
    },
  };
}

function logs(logFile: string, ownLogs: Readonly<Record<string, string>>) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "all" },
    spec: {
      logs: [
        ...Object.entries(ownLogs).map(([name, logsFile]) => ({
          containers: [name],
          logsFile,
          previousLogsFile: logsFile,
          follow: false,
        })),
        { logsFile: logFile, follow: false },
      ],
    },
  };
}

function execs(workDir: string) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterExec",
    metadata: { name: "all" },
    spec: { execs: [{ local: { workDir, envs: [{ name: "SIMULATED_POD", value: "true" }] } }] },
  };
}
