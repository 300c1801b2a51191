import { goStruct, type GoTypes } from "./go_struct.ts";
import type { Pod } from "./pod_message.ts";
import type { Struct } from "./template/values.ts";

const TYPES: GoTypes = {
  Pod: "kind apiVersion metadata:ObjectMeta spec:PodSpec status:PodStatus",
  PodSpec: "volumes#list initContainers:[]Container containers:[]Container ephemeralContainers#list restartPolicy " +
    "terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector#map serviceAccountName " +
    "automountServiceAccountToken#false nodeName hostNetwork#false hostPID#false hostIPC#false shareProcessNamespace " +
    "securityContext imagePullSecrets#list hostname subdomain affinity schedulerName tolerations#list " +
    "hostAliases#list priorityClassName priority dnsConfig readinessGates#list runtimeClassName enableServiceLinks " +
    "preemptionPolicy overhead#map topologySpreadConstraints#list setHostnameAsFQDN os hostUsers schedulingGates#list " +
    "resourceClaims#list resources",
  PodStatus:
    "observedGeneration#0 phase conditions:[]PodCondition message reason nominatedNodeName hostIP hostIPs#list " +
    "podIP podIPs#list startTime initContainerStatuses:[]ContainerStatus containerStatuses:[]ContainerStatus qosClass " +
    "ephemeralContainerStatuses:[]ContainerStatus resize resourceClaimStatuses#list",
  PodCondition: "type observedGeneration#0 status lastProbeTime lastTransitionTime reason message",
  ContainerStatus:
    "name state:ContainerState lastState|LastTerminationState:ContainerState ready#false restartCount#0 image imageID " +
    "containerID started#false allocatedResources#map resources volumeMounts#list user",
  ContainerState: "waiting:?Waiting running:?Running terminated:?Terminated",
  Waiting: "reason message",
  Running: "startedAt",
  Terminated: "exitCode#0 signal#0 reason message startedAt finishedAt containerID",
  Container:
    "name image command#list args#list workingDir ports#list envFrom#list env#list resources resizePolicy#list " +
    "restartPolicy volumeMounts#list volumeDevices#list livenessProbe readinessProbe startupProbe lifecycle " +
    "terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin#false stdinOnce#false tty#false",
};

/** The data of templates about a pod: Go's field names (`.Status.PodIP`), metadata also at the top (`.Namespace`).
 * A field that Go's type does not have is an error when it is asked for. */
export function podTemplateData(pod: Pod): Struct {
  return goStruct(TYPES, "Pod", pod);
}
