/** What `--auto` brings to every run: the state of the machine, and the checks that hold for every cluster. What it
 * collects from the cluster, auto-discovery decides.
 *
 * Embedded as text, so that it takes the same way as everybody's specs. */
export const BUILT_IN_SPEC = `
apiVersion: troubleshoot.sh/v1beta2
kind: SupportBundle
metadata:
  name: built-in
spec:
  hostCollectors:
    - cpu: {}
    - memory: {}
    - hostOS: {}
    - diskUsage: {collectorName: root, path: /}
  hostAnalyzers:
    - diskUsage:
        checkName: Room on the root disk of this machine
        collectorName: root
        outcomes:
          - fail: {when: "used/total > 95%", message: The root disk is more than 95 % full}
          - warn: {when: "used/total > 85%", message: The root disk is more than 85 % full}
          - pass: {message: The root disk has room}
  analyzers:
    - clusterPodStatuses:
        checkName: "Pod {{ .Namespace }}/{{ .Name }}"
        outcomes:
          - fail:
              when: "!= Healthy"
              message: "{{ .Namespace }}/{{ .Name }} is {{ .Status.Reason }}: {{ .Status.Message }}"
    - deploymentStatus: {}
    - nodeResources:
        checkName: Nodes are ready
        outcomes:
          - fail:
              when: "nodeCondition(Ready) == False"
              message: At least one node is not ready
          - warn:
              when: "nodeCondition(Ready) == Unknown"
              message: At least one node does not report its state
          - pass:
              message: All nodes are ready
`;
