import type { Code } from "../../src/lint/rules.ts";

/** A mistake, where it is found, and what is left of it once it is repaired. */
export interface Row {
  code: Code;
  name: string;
  text: string;
  /** `line:column` */
  at: string;
  message: RegExp;
  /** The whole text after `--fix`; absent: nothing repairs it. */
  fixed?: string;
  values?: Record<string, unknown>;
}

export const HEAD = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata:\n  name: a\n";

/** A SupportBundle; its list starts in line 6, its entries in line 7. */
export const bundle = (entries: string, list = "collectors") => `${HEAD}spec:\n  ${list}:\n${entries}`;
/** One with a collector, so that only the analyzers are to be found fault with; they start in line 9. */
export const judged = (entries: string, collector = "data: {name: d, collectorName: c, data: x}") =>
  `${HEAD}spec:\n  collectors:\n    - ${collector}\n  analyzers:\n${entries}`;

export const OK = "    - clusterInfo: {}\n";
export const preflight = (text: string) =>
  `apiVersion: troubleshoot.sh/v1beta3\nkind: Preflight\nmetadata: {name: p}\n${text}`;
