import { icon } from "../../icons.ts";
import { replicaStatus } from "../../replica_status.ts";

export const statefulsetStatus = replicaStatus({
  kind: "statefulsetStatus",
  noun: "statefulset",
  label: "Statefulset",
  folder: "cluster-resources/statefulsets",
  icon: icon("kubernetes_statefulset_status", "statefulset-status.svg?w=23&h=14"),
  readiness: "readyReplicas",
});
