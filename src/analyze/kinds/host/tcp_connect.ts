import { defineNetworkStatus } from "../../network_status.ts";

export const tcpConnect = defineNetworkStatus({
  kind: "tcpConnect",
  summary: "Whether a TCP address can be reached from this host",
  title: "TCP Connection Attempt",
  folder: "connect",
});
