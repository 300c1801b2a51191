import { EXIT } from "../../core/exit_codes.ts";
import { formatSize } from "../../core/size.ts";
import type { Execution, ExecutionLog } from "../../schedule/execution.ts";
import { oneLine } from "../render/table.ts";
import { spanText, utcTime } from "../render/time.ts";

/** From the due time to the start of the last attempt: `+0.2 s`, `+3 h 5 min`; `-` when it has not started. */
export function latenessText(execution: Execution): string {
  if (execution.startTime === null) return "-";
  const ms = Date.parse(execution.startTime) - Date.parse(execution.scheduledAt);
  return `${ms < 0 ? "-" : "+"}${spanText(Math.abs(ms))}`;
}

export function durationText(execution: Execution): string {
  return execution.endTime === null || execution.startTime === null ? "-" : spanText(execution.duration * 1000);
}

/** `12 MB`, `12 MB pinned`, `12 MB removed`; `-` when there was no bundle. */
export function sizeText({ bundleSize, pinned, bundleRemoved }: Execution): string {
  const state = pinned ? "pinned" : bundleRemoved !== null ? "removed" : "";
  return bundleSize > 0 ? `${formatSize(bundleSize)} ${state}`.trimEnd() : state || "-";
}

/** Why a bundle was removed, for people. */
export const REMOVED_FOR: Readonly<Record<string, string>> = {
  age: "it was older than is kept",
  count: "newer ones are kept",
  size: "newer ones are kept",
  space: "to make room, after it was delivered",
  cleanup: "by `schedule cleanup`",
};

/** What became of a bundle that is not there any more; empty when nothing did. */
export function removedText({ bundleRemoved }: Execution): string {
  if (bundleRemoved === null) return "";
  const { at, why } = bundleRemoved;
  return `removed at ${utcTime(new Date(at))}: ${REMOVED_FOR[why] ?? why}`;
}

/** The most memory that the last attempt had. */
export function memoryText({ metrics: { resourceUsage } }: Execution): string {
  return resourceUsage?.peakMemoryMB === undefined ? "-" : formatSize(resourceUsage.peakMemoryMB * 1e6);
}

/** `95.5 MB memory, 1.2 s CPU, 12.3 MB disk, 1.2 MB sent, 34.0 MB received`: what is known; empty when nothing is. */
export function usageText({ metrics: { resourceUsage = {} } }: Execution): string {
  const { peakMemoryMB, cpuTimeMs, diskUsageMB, networkBytesTx, networkBytesRx } = resourceUsage;
  return [
    peakMemoryMB === undefined ? "" : `${formatSize(peakMemoryMB * 1e6)} memory`,
    cpuTimeMs === undefined ? "" : `${spanText(cpuTimeMs)} CPU`,
    diskUsageMB === undefined ? "" : `${formatSize(diskUsageMB * 1e6)} disk`,
    networkBytesTx === undefined ? "" : `${formatSize(networkBytesTx)} sent`,
    networkBytesRx === undefined ? "" : `${formatSize(networkBytesRx)} received`,
  ].filter((part) => part !== "").join(", ");
}

/** `2 fail, 1 warn`; `none` when the analyzers had nothing to say against, `-` when none ran. */
export function findingsText({ findings: { fail, warn, pass } }: Execution): string {
  const parts = [fail > 0 ? `${fail} fail` : "", warn > 0 ? `${warn} warn` : ""].filter((part) => part !== "");
  return parts.length > 0 ? parts.join(", ") : pass > 0 ? "none" : "-";
}

/** `CODE: what went wrong`, on one line; empty when nothing did. */
export function errorText(execution: Execution): string {
  if (execution.error === "") return "";
  return oneLine(execution.errorCode === "" ? execution.error : `${execution.errorCode}: ${execution.error}`);
}

export function logLine(log: ExecutionLog): string {
  return `${log.timestamp} ${log.level.toUpperCase().padEnd(5)} ${log.component}: ${oneLine(log.message)}\n`;
}

/** The exit code that stands for a final execution: its own, or what its status means. */
export function exitCodeOf(execution: Execution): number {
  if (execution.exitCode !== null && !(execution.exitCode === 0 && execution.status !== "completed")) {
    return execution.exitCode;
  }
  switch (execution.status) {
    case "completed":
      return EXIT.ok;
    case "partial":
      return EXIT.partial;
    case "quarantined":
      return EXIT.quarantined;
    case "cancelled":
      return EXIT.interrupted;
    default:
      return EXIT.failure;
  }
}
