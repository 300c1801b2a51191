import { defineNetworkStatus } from "../../network_status.ts";

export const httpLoadBalancer = defineNetworkStatus({
  kind: "httpLoadBalancer",
  summary: "Whether this host can be reached through an HTTP load balancer",
  title: "HTTP Load Balancer",
  folder: "httpLoadBalancer",
});
