import type { CollectorRecord } from "../bundle/manifest.ts";

/** `execution-data/cost.json`: what a run asked of the API server, and of this machine. */
export interface CostReport {
  schemaVersion: 1;
  /** Of everything below. */
  requests: number;
  receivedBytes: number;
  /** From the first collector to the last; they run side by side. */
  durationMs: number;
  /** Whether there is a cluster, and what the account may do in it. */
  preparation: { requests: number; receivedBytes: number };
  /** Dearest first: by requests, then by time. */
  collectors: CollectorCost[];
}

export interface CollectorCost
  extends Pick<CollectorRecord, "title" | "kind" | "where" | "status" | "files" | "bytes" | "durationMs"> {
  requests: number;
  receivedBytes: number;
}

/** @param usage of the whole run, that of the collectors included */
export function costReport(
  collectors: readonly CollectorRecord[],
  usage: { requests: number; bytes: number },
  durationMs: number,
): CostReport {
  const costs = collectors.map((
    { title, kind, where, status, requests = 0, receivedBytes = 0, files, bytes, durationMs },
  ): CollectorCost => ({ title, kind, where, status, requests, receivedBytes, files, bytes, durationMs }));
  costs.sort((a, b) => b.requests - a.requests || b.durationMs - a.durationMs);
  const sum = (key: "requests" | "receivedBytes") => costs.reduce((total, cost) => total + cost[key], 0);
  return {
    schemaVersion: 1,
    requests: usage.requests,
    receivedBytes: usage.bytes,
    durationMs,
    preparation: {
      requests: usage.requests - sum("requests"),
      receivedBytes: usage.bytes - sum("receivedBytes"),
    },
    collectors: costs,
  };
}
