import { defineCollector } from "../../collector.ts";
import { timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { isPlainHost, parseHostPort } from "./host_port.ts";
import { networkEntry, type NetworkResult } from "./network_status.ts";
import { portField } from "./port_field.ts";
import { reachOverTcp } from "./tcp_reach.ts";

const TIMEOUT_MS = 3_600_000;

export const tcpLoadBalancer = defineCollector({
  kind: "tcpLoadBalancer",
  where: "host",
  summary: "Whether a TCP load balancer leads to a port of this machine",
  title: ({ collectorName }) => collectorName || "TCP Load Balancer",
  fields: () => ({
    address: textField().describe("host:port of the load balancer"),
    port: portField().describe("Port of this machine that it should lead to; it has to be free"),
    timeout: textField().optional().describe("Longest time, such as 5m; without it 60m, or the run's own limit"),
  }),
  async *collect({ address, port, timeout, collectorName }, context) {
    const target = parseHostPort(address);
    const result: NetworkResult = target === undefined || !isPlainHost(target.hostname)
      ? { status: "invalid-address", message: `"${address}" is not of the form host:port` }
      : await reachOverTcp(
        { hostname: "0.0.0.0", port },
        target,
        timeoutMs(timeout) ?? TIMEOUT_MS,
        context,
      );
    yield networkEntry("tcpLoadBalancer", collectorName || "tcpLoadBalancer", result, address);
  },
});
