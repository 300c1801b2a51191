import type { Code } from "./rules.ts";

/** `error`: the spec does not do what it says; `warning`: it may not, or not everywhere; `info`: worth knowing. */
export type Level = "error" | "warning" | "info";

/** Something that a spec should not have. Lines and columns count from 1. */
export interface Finding {
  code: Code;
  level: Level;
  line: number;
  column: number;
  /** No value is quoted that may be a secret. */
  message: string;
  /** `spec.analyzers[0].textAnalyze`, or what the finding is about; may be empty. */
  field: string;
  /** What to do, as a sentence in the imperative. */
  suggestion?: string;
  /** Repairs it: all of them together, or none. */
  edits?: Edit[];
}

/** Replaces the characters from `start` to `end` (excluded) of the text that was checked. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** A finding that was repaired. */
export interface Repair extends Finding {
  /** What was taken out and what was put in; absent where that is a value, or scattered. */
  change?: { removed: string; added: string };
}
