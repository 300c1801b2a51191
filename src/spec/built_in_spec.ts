/** What `--auto` brings to every run: the state of the machine. What it collects from the cluster, auto-discovery decides;
 * what it looks for there, the built-in insight.
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
`;
