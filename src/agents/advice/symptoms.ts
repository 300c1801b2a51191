import type { Advice } from "./advice.ts";

/** Words with which Kubernetes and systems name a failure, the most telling first. They say more than the kind of the analyzer
 * that came across them. */
export const symptoms: readonly { pattern: RegExp; advice: Advice }[] = [
  {
    pattern: /\bOOMKilled\b|\bout of memory\b|\boom[- ]?kill/i,
    advice: {
      text: "The kernel ended a process because it used more memory than its limit, or than the node had left.",
      action: "Compare the container's memory limit with what it uses, then raise the limit or find the leak",
      command: "kubectl -n {namespace} describe pod {name}",
      documentation: "https://kubernetes.io/docs/tasks/configure-pod-container/assign-memory-resource/",
    },
  },
  {
    pattern: /\b(?:ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull)\b/i,
    advice: {
      text:
        "A node cannot pull an image: the name or tag is wrong, the registry cannot be reached, or it wants credentials.",
      action:
        "Read the pod's events for the registry's answer, then check image, pull secret and the way to the registry",
      command: "kubectl -n {namespace} describe pod {name}",
      documentation: "https://kubernetes.io/docs/concepts/containers/images/",
    },
  },
  {
    pattern: /\bCreateContainerConfigError\b|\bCreateContainerError\b/i,
    advice: {
      text: "A container cannot be made: usually a ConfigMap, a Secret or a key of one that it names does not exist.",
      action: "Read the pod's events: they name what is missing",
      command: "kubectl -n {namespace} describe pod {name}",
    },
  },
  {
    pattern: /\bFailedMount\b|\bFailedAttachVolume\b|\bMulti-Attach\b/i,
    advice: {
      text: "A volume cannot be attached or mounted, so the pod waits.",
      action: "Read the events of the pod and of its claim, and check that no other node still holds the volume",
      command: "kubectl -n {namespace} get events --sort-by=.lastTimestamp",
    },
  },
  {
    pattern: /\bCrashLoopBackOff\b|\bBackOff\b/i,
    advice: {
      text: "A container starts, ends soon after, and is started again with growing pauses.",
      action: "Read the log of the container's run before: why it ended is at its end",
      command: "kubectl -n {namespace} logs {name} --all-containers --previous",
      documentation: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/",
    },
  },
  {
    pattern: /\b(?:Unschedulable|FailedScheduling)\b|\bInsufficient (?:cpu|memory|ephemeral-storage|pods)\b/i,
    advice: {
      text: "No node takes the pod: requests, taints, affinity or volumes exclude every one.",
      action: "Read the pod's events: they count the nodes by reason. Then add capacity or lower the requests",
      command: "kubectl -n {namespace} describe pod {name}",
      documentation: "https://kubernetes.io/docs/concepts/scheduling-eviction/",
    },
  },
  {
    pattern: /\bno space left on device\b|\bDiskPressure\b|\bdisk (?:is )?(?:nearly )?full\b/i,
    advice: {
      text: "A file system is full, or so nearly full that the node evicts pods.",
      action: "Find what fills it: images, logs or volumes; free space or enlarge the disk",
      command: "kubectl describe nodes",
    },
  },
  {
    pattern: /\bEvicted\b|\b(?:Memory|PID)Pressure\b/i,
    advice: {
      text: "A node ran short of a resource and ended pods to save itself.",
      action: "Look at the node's conditions, and at pods without requests or limits",
      command: "kubectl describe nodes",
      documentation: "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/",
    },
  },
  {
    pattern: /\b(?:Liveness|Readiness|Startup) probe (?:failed|errored)\b/i,
    advice: {
      text: "A probe fails: the container is slow or does not answer, and is restarted or gets no traffic.",
      action: "Compare the probe's path, port and timeout with what the program does at its start and under load",
      command: "kubectl -n {namespace} describe pod {name}",
    },
  },
  {
    pattern: /\bcertificate has expired\b|\bcertificate (?:is )?expired\b/i,
    advice: {
      text: "A certificate is past its end, so connections that verify it fail.",
      action: "Find out who renews it, and renew it; check the clock of the machine that complains, too",
    },
  },
  {
    pattern: /\bx509:|\bunknown authority\b|\bself[- ]signed certificate\b/i,
    advice: {
      text: "A certificate is not trusted: its authority is unknown to the client, or the name in it is another.",
      action: "Compare the certificate's names and issuer with the address and the authorities of the client",
    },
  },
  {
    pattern: /\bno such host\b|\bNXDOMAIN\b|\bname resolution\b/i,
    advice: {
      text: "A name cannot be resolved: it is wrong, or the DNS of the cluster does not answer.",
      action: "Check the name, then the pods of the cluster's DNS and what they log",
      command: "kubectl -n kube-system get pods -l k8s-app=kube-dns",
      documentation: "https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/",
    },
  },
  {
    pattern: /\bconnection refused\b|\bno route to host\b/i,
    advice: {
      text: "The other side is there and nothing listens on the port, or no way leads to it.",
      action: "Check that the Service has endpoints, its port, and network policies and firewalls on the way",
      command: "kubectl -n {namespace} get endpointslices",
      documentation: "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    },
  },
  {
    pattern: /\bi\/o timeout\b|\bcontext deadline exceeded\b|\bconnection timed out\b/i,
    advice: {
      text: "No answer came in time: the other side is overloaded or stuck, or packets are dropped on the way.",
      action: "Look at the load and the log of the other side, and at network policies and firewalls between them",
    },
  },
  {
    pattern: /\btoo many open files\b/i,
    advice: {
      text: "A process, or the whole system, has reached its limit of open files or of watched ones.",
      action: "Compare the limits (ulimit -n, fs.file-max, fs.inotify.max_user_instances) with what is in use",
      command: "sysctl fs.file-nr fs.inotify.max_user_instances fs.inotify.max_user_watches",
    },
  },
  {
    pattern: /\bpermission denied\b|\bforbidden\b|\bunauthorized\b/i,
    advice: {
      text: "An account is not allowed to do what it tries, or its credentials are not accepted.",
      action: "Find out which account it is, and compare its roles or file modes with what it needs",
    },
  },
];
