/** What kwok shall play: nodes that become ready, and pods that start, crash-loop, fail to pull, or succeed. It reads
 * YAML documents, and JSON is YAML.
 * @param logFile what every container's log is, in the format of a container runtime
 * @param workDir where an exec runs its command, on this machine
 * @see https://kwok.sigs.k8s.io/docs/user/stages-configuration/ */
export function kwokConfig(logFile: string, workDir: string): string {
  return [...STAGES, logs(logFile), execs(workDir)].map((document) => JSON.stringify(document)).join("\n---\n") + "\n";
}

/** Label of a pod that shall not start: its container waits, `crash` after seven restarts, `pull` for its image. */
export const SIMULATE_LABEL = "simulate";

const RESOURCES = { cpu: "8", memory: "32Gi", "ephemeral-storage": "100Gi", pods: "110" };
const BROKEN = `(or (eq $simulate "crash") (eq $simulate "pull"))`;

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
{{ $ready := "True" }}
{{ if ${BROKEN} }}{{ $ready = "False" }}{{ end }}
phase: {{ if eq $simulate "pull" }}Pending{{ else }}Running{{ end }}
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
  restartCount: {{ if eq $simulate "crash" }}7{{ else }}0{{ end }}
{{ if eq $simulate "crash" }}
  state: { waiting: { reason: CrashLoopBackOff, message: back-off 5m0s restarting failed container } }
  lastState: { terminated: { exitCode: 1, reason: Error, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ else if eq $simulate "pull" }}
  state: { waiting: { reason: ImagePullBackOff, message: Back-off pulling image } }
{{ else }}
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
{{ end }}
`;

const POD_SUCCEEDED = `
{{ $now := Now }}
phase: Succeeded
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}
`;

const ALIVE = { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" };

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
      { key: ".status.phase", operator: "In", values: ["Running"] },
      { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] },
    ],
    next: { statusTemplate: POD_SUCCEEDED },
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

function logs(logFile: string) {
  return {
    apiVersion: "kwok.x-k8s.io/v1alpha1",
    kind: "ClusterLogs",
    metadata: { name: "all" },
    spec: { logs: [{ logsFile: logFile, follow: false }] },
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
