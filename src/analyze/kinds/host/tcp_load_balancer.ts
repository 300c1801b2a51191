import { defineNetworkStatus } from "../../network_status.ts";

export const tcpLoadBalancer = defineNetworkStatus({
  kind: "tcpLoadBalancer",
  summary: "Whether this host can be reached through a TCP load balancer",
  title: "TCP Load Balancer",
  folder: "tcpLoadBalancer",
});
