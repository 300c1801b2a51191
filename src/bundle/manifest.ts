import type { MissingReason, Truncation } from "./entry.ts";

/** `MANIFEST.json`: explains each file of the bundle, and each file that is not there. */
export interface Manifest {
  schemaVersion: 1;
  tool: { name: "support-bundle"; version: string };
  /** RFC 3339, UTC. */
  startedAt: string;
  endedAt: string;
  /** Why gathering ended before everything was had. */
  endedEarly?: "interrupted" | "deadline";
  execution?: { id: string; job: string; scheduledAt: string; attempt: number };
  stages: StageOutcome[];
  collectors: CollectorRecord[];
  files: FileRecord[];
  /** Set when tokens stand in place of hidden values. */
  tokens?: {
    /** In the map that leads back to the values, too. */
    bundleId: string;
    /** Those of the maps of tokens that were in it already when it was redacted again, oldest first. */
    earlier?: string[];
  };
  links: { path: string; target: string }[];
  missing: MissingRecord[];
}

/** How a stage of the pipeline ended. The status of an execution follows from these. */
export interface StageOutcome {
  stage: "collect" | "redact" | "analyze" | "archive" | "leak-gate" | "sign" | "upload" | "notify";
  status: "ok" | "partial" | "failed" | "skipped";
  code?: string;
  message?: string;
  durationMs: number;
}

export interface CollectorRecord {
  title: string;
  kind: string;
  where: "cluster" | "host";
  status: "ok" | "partial" | "failed" | "skipped";
  message?: string;
  durationMs: number;
  files: number;
  /** Of its files, after redaction. */
  bytes: number;
  /** Sent to the API server; absent for collectors of the host. */
  requests?: number;
  /** Received from the API server, without headers. */
  receivedBytes?: number;
}

export interface FileRecord {
  path: string;
  /** Title of the collector, or `support-bundle` for what the tool itself adds. */
  collector: string;
  source?: string;
  /** After redaction. */
  bytes: number;
  sha256: string;
  truncated?: Truncation;
  /** How often each rule hid something, by rule id; absent when nothing was hidden. */
  redactions?: Record<string, number>;
  /** From asking for it until it lay in the work folder. */
  durationMs: number;
}

export interface MissingRecord {
  path: string;
  collector: string;
  reason: MissingReason;
  message: string;
}
