import { defineNetworkStatus } from "../../network_status.ts";

export const udpPortStatus = defineNetworkStatus({
  kind: "udpPortStatus",
  summary: "Whether a UDP port of this host is free",
  title: "UDP Port Status",
  folder: "udpPortStatus",
});
