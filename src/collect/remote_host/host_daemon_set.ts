import { CONTROL_PLANE_TOO } from "../kinds/cluster/host_files.ts";

export const CONTAINER = "remote-collector";
const MOUNT = "/host";

/** Reads a `HostCollector` document from stdin, and prints a JSON object of paths and texts. */
export const COLLECT_COMMAND = ["/troubleshoot/collect", "-", "--chroot", MOUNT, "--format", "raw"];

/** A DaemonSet whose pods see all of their node, and wait for commands.
 * @param runId of those who create it: its name and its labels are of this run alone */
export function hostDaemonSet({ namespace, image, runId }: { namespace: string; image: string; runId: string }) {
  const name = `remote-host-collector-${runId.slice(0, 8)}`;
  const labels = { "troubleshoot.sh/remote-collector": "true", "ds-selector-label": name };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { "app.kubernetes.io/managed-by": "troubleshoot.sh", ...labels } },
        spec: {
          hostNetwork: true,
          hostPID: true,
          hostIPC: true,
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 0, // nothing in it has to be ended
          containers: [{
            name: CONTAINER,
            image,
            imagePullPolicy: "IfNotPresent",
            command: ["tail", "-f", "/dev/null"],
            securityContext: { privileged: true },
            volumeMounts: [{ name: "host-root", mountPath: MOUNT }],
          }],
          volumes: [{ name: "host-root", hostPath: { path: "/" } }],
          tolerations: CONTROL_PLANE_TOO,
        },
      },
    },
  };
}
