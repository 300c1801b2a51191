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
  /** Reading the Secrets whose values are hidden; absent when none were to be. */
  secretValues?: { requests: number; receivedBytes: number };
  /** Dearest first: by requests, then by time. */
  collectors: CollectorCost[];
}

export interface CollectorCost
  extends Pick<CollectorRecord, "title" | "kind" | "where" | "status" | "files" | "bytes" | "durationMs"> {
  requests: number;
  receivedBytes: number;
}

interface Usage {
  requests: number;
  bytes: number;
}

/** @param usage of the whole run, and of what in it belongs to no collector */
export function costReport(
  collectors: readonly CollectorRecord[],
  { whole, secretValues }: { whole: Usage; secretValues?: Usage },
  durationMs: number,
): CostReport {
  const costs = collectors.map((
    { title, kind, where, status, requests = 0, receivedBytes = 0, files, bytes, durationMs },
  ): CollectorCost => ({ title, kind, where, status, requests, receivedBytes, files, bytes, durationMs }));
  costs.sort((a, b) => b.requests - a.requests || b.durationMs - a.durationMs);
  const sum = (key: "requests" | "receivedBytes") => costs.reduce((total, cost) => total + cost[key], 0);
  return {
    schemaVersion: 1,
    requests: whole.requests,
    receivedBytes: whole.bytes,
    durationMs,
    preparation: {
      requests: whole.requests - sum("requests") - (secretValues?.requests ?? 0),
      receivedBytes: whole.bytes - sum("receivedBytes") - (secretValues?.bytes ?? 0),
    },
    ...secretValues && { secretValues: { requests: secretValues.requests, receivedBytes: secretValues.bytes } },
    collectors: costs,
  };
}
