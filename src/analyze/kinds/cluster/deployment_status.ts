import { icon } from "../../icons.ts";
import { replicaStatus } from "../../replica_status.ts";

export const deploymentStatus = replicaStatus({
  kind: "deploymentStatus",
  noun: "deployment",
  label: "Deployment",
  folder: "cluster-resources/deployments",
  icon: icon("kubernetes_deployment_status", "deployment-status.svg?w=17&h=17"),
  readiness: "availableReplicas",
});
