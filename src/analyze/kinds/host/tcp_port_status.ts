import { defineNetworkStatus } from "../../network_status.ts";

export const tcpPortStatus = defineNetworkStatus({
  kind: "tcpPortStatus",
  summary: "Whether a TCP port of this host is free and can be reached",
  title: "TCP Port Status",
  folder: "tcpPortStatus",
});
