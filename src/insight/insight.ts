import type { AnalyzerResult } from "../analyze/analyzer.ts";
import type { ClusterFiles } from "./cluster_files.ts";

/** A check of the built-in insight: looks for one sort of trouble in any bundle, without being told where.
 *
 * A file in `checks/` defines one; a line in `registry.ts` makes it known. `docs/insight.md` is made of what it says of
 * itself. */
export interface Insight {
  id: string;
  /** What it looks for, in a few words. */
  title: string;
  /** Lists below `cluster-resources/`; a bundle that has none of one is not judged, and the results say so. */
  reads: readonly string[];
  /** When it speaks, and when it knows to be silent. */
  when: string;
  /** What its findings say. */
  says: string;
  /** What its findings advise. */
  nextStep: string;
  /** Yields one result per cause. Results with the `cause` of another check's tell what follows from that. */
  inspect(cluster: ClusterFiles): AsyncIterable<AnalyzerResult>;
}
