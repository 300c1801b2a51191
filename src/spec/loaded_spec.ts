import type { Analyzer } from "../analyze/analyzer.ts";
import type { Collector } from "../collect/collector.ts";
import type { PersonalData } from "../redact/personal_data.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import type { SpecEntry, UnsupportedEntry } from "./spec_entries.ts";

export type CollectorEntry = SpecEntry<Collector>;
export type AnalyzerEntry = SpecEntry<Analyzer>;

/** What documents ask for. */
export interface SpecParts {
  collectors: CollectorEntry[];
  hostCollectors: CollectorEntry[];
  analyzers: AnalyzerEntry[];
  hostAnalyzers: AnalyzerEntry[];
  redactors: RedactorSpec[];
  /** Classes of personal data that Redactor documents want hidden. */
  hide: PersonalData[];
  /** Asked for, and not in this version. */
  unsupported: UnsupportedEntry[];
  /** As written; this version runs none of it. */
  afterCollection: unknown[];
  runHostCollectorsInPod: boolean;
}

/** Everything that the sources of a run ask for, merged in load order. */
export interface LoadedSpec extends SpecParts {
  /** What was ignored or could not be had, with its place. */
  warnings: string[];
  /** What is worth knowing: the specs that were found in the cluster. */
  notes: string[];
  /** True when the cluster did not hand out something that is read again later (`LoadOptions.clusterLater`). */
  incomplete?: boolean;
  /** What would belong to the run and is known to be out of reach. */
  leftOut?: LeftOutCollector[];
}

/** A collector that is not run, for the bundle to say so. */
export interface LeftOutCollector {
  title: string;
  kind: string;
  where: "cluster" | "host";
  reason: "forbidden" | "excluded";
  /** One sentence for each denied permission. */
  errors: string[];
}

export function emptyParts(): SpecParts {
  return {
    collectors: [],
    hostCollectors: [],
    analyzers: [],
    hostAnalyzers: [],
    redactors: [],
    hide: [],
    unsupported: [],
    afterCollection: [],
    runHostCollectorsInPod: false,
  };
}
