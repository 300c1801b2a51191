import { defineCollector } from "../../collector.ts";
import { textField } from "../../text_field.ts";
import { interfaceIpv4 } from "./local_ipv4.ts";
import { bindFailure, checkFailed, CONNECTED, networkEntry, type NetworkResult } from "./network_status.ts";
import { portField } from "./port_field.ts";
import { inTurn } from "./port_turns.ts";

export const udpPortStatus = defineCollector({
  kind: "udpPortStatus",
  where: "host",
  summary: "Whether a UDP port of this machine is free",
  title: ({ collectorName }) => collectorName || "UDP Port Status",
  fields: () => ({
    port: portField().describe("Port to bind for a moment"),
    interface: textField().default("").describe("Network interface to bind it on; without it all"),
  }),
  async *collect({ port, interface: name, collectorName }, { signal }) {
    const hostname = name === "" ? "0.0.0.0" : interfaceIpv4(name);
    // deno-lint-ignore require-await -- what is taken in turns is asynchronous elsewhere
    const result = await inTurn("udp", port, signal, async () => bindOnce(hostname, port));
    yield networkEntry("udpPortStatus", collectorName || "udpPortStatus", result, `UDP port ${port}`);
    if (result !== CONNECTED) throw checkFailed(`UDP port ${port}`, result);
  },
});

function bindOnce(hostname: string, port: number): NetworkResult {
  try {
    Deno.listenDatagram({ transport: "udp", hostname, port }).close();
    return CONNECTED;
  } catch (error) {
    return bindFailure(error);
  }
}
