import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { interfaceIpv4, localIpv4 } from "./local_ipv4.ts";
import { checkFailed, CONNECTED, networkEntry } from "./network_status.ts";
import { portField } from "./port_field.ts";
import { reachOverTcp } from "./tcp_reach.ts";

const TIMEOUT_MS = 10_000;

export const tcpPortStatus = defineCollector({
  kind: "tcpPortStatus",
  where: "host",
  summary: "Whether a TCP port of this machine is free, and can be reached from the machine itself",
  title: ({ collectorName }) => collectorName || "TCP Port Status",
  fields: () => ({
    port: portField().describe("Port to listen on for a moment"),
    interface: textField().default("").describe("Network interface to listen on; without it all"),
  }),
  async *collect({ port, interface: name, collectorName }, context) {
    const own = name === "" ? undefined : interfaceIpv4(name);
    const listenAt = { hostname: own ?? "0.0.0.0", port };
    const dialTo = { hostname: own ?? localIpv4(), port };
    const result = await reachOverTcp(listenAt, dialTo, TIMEOUT_MS, context);
    yield networkEntry("tcpPortStatus", collectorName || "tcpPortStatus", result, `TCP port ${port}`);
    if (result !== CONNECTED) throw checkFailed(`TCP port ${port}`, result);
  },
});
