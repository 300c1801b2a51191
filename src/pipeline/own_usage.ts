import process from "node:process";
import { traffic } from "../core/traffic.ts";
import type { PipelineReport } from "./report.ts";

/** What this process has used so far, beside memory.
 * @param diskBytes work folder and archive, when they were largest */
export function ownUsage(diskBytes?: number): NonNullable<PipelineReport["usage"]> {
  const { user, system } = process.cpuUsage();
  return {
    cpuTimeMs: Math.round((user + system) / 1000),
    diskUsageMB: diskBytes === undefined ? undefined : diskBytes / 1e6,
    networkBytesTx: traffic.sentBytes,
    networkBytesRx: traffic.receivedBytes,
  };
}
