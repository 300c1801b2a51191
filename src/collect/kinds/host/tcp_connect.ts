import { SupportBundleError } from "../../../core/errors.ts";
import { type CollectContext, defineCollector } from "../../collector.ts";
import { timeoutMs } from "../../deadline.ts";
import { textField } from "../../text_field.ts";
import { dial } from "./dial.ts";
import { parseHostPort } from "./host_port.ts";
import { checkFailed, CONNECTED, connectFailure, networkEntry, type NetworkResult } from "./network_status.ts";
import { ownTimeMs } from "./own_time.ts";

const TIMEOUT_MS = 10_000;

export const tcpConnect = defineCollector({
  kind: "tcpConnect",
  where: "host",
  summary: "Whether this machine can open a TCP connection",
  title: ({ collectorName }) => collectorName || "TCP Connection Attempt",
  fields: () => ({
    address: textField().describe("host:port"),
    timeout: textField().optional().describe("Longest time, such as 30s; without it 10s"),
  }),
  async *collect({ address, timeout, collectorName }, context) {
    const target = parseHostPort(address);
    if (target === undefined) {
      throw new SupportBundleError(`Cannot connect to "${address}": it is not of the form host:port`, {
        code: "SPEC_VALUE",
        hint: "Write an address such as db.example.com:5432",
      });
    }
    const result = await connect(target, ownTimeMs(timeoutMs(timeout) ?? TIMEOUT_MS, context), context);
    yield networkEntry("connect", collectorName || "connect", result, address);
    if (result !== CONNECTED) throw checkFailed(`Cannot connect to ${address}`, result);
  },
});

async function connect(
  target: { hostname: string; port: number },
  ms: number,
  context: CollectContext,
): Promise<NetworkResult> {
  try {
    (await dial(target, ms, context)).close();
    return CONNECTED;
  } catch (error) {
    context.signal.throwIfAborted();
    return connectFailure(error);
  }
}
