import type { Finding } from "../../analyze/analyzer.ts";
import type { PrintedExplanations } from "../explain_run.ts";
import type { Counts } from "./verdict.ts";

/** What the forms of output are made of. */
export interface Analysis {
  /** The bundle as it was named; of an address, without user, password and query. */
  source: string;
  /** Its top folder. */
  root: string;
  /** How many there are in it. */
  files: number;
  /** Of an archive that was downloaded, in lower-case hex. */
  sha256?: string;
  /** How many analyzers there were. */
  analyzers: number;
  /** Titles of those that had nothing to say. */
  silent: readonly string[];
  /** Of all findings. */
  counts: Counts;
  /** Those that shall be shown. */
  findings: readonly Finding[];
  /** Of agents that were asked for. */
  explanations?: PrintedExplanations["json"];
}
