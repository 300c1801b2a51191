import type { Finding } from "./analyzer.ts";
import { severityOf } from "./severity.ts";

/** A result as `analyze --output json` prints it. Keys are in the order in which they are written. */
export interface ResultRecord {
  IsPass: boolean;
  IsFail: boolean;
  IsWarn: boolean;
  Strict: boolean;
  Title: string;
  Message: string;
  URI: string;
  IconKey: string;
  IconURI: string;
  InvolvedObject: { kind: string; namespace?: string; name: string; apiVersion: string } | null;
}

/** Findings in the form of `analyze`. What the spec excludes is left out; what could not be evaluated is a warning, or
 * a failure where the analyzer is strict. */
export function toAnalyzerResults(findings: readonly Finding[]): ResultRecord[] {
  return findings
    .filter(({ outcome }) => !(outcome.status === "skipped" && outcome.reason === "excluded"))
    .map(({ title, outcome, strict, uri, icon, involvedObject }) => {
      const { severity, detail } = severityOf(outcome, strict);
      return {
        IsPass: severity === "debug",
        IsFail: severity === "error",
        IsWarn: severity === "warn",
        Strict: strict,
        Title: title,
        Message: detail,
        URI: uri ?? "",
        IconKey: icon?.key ?? "",
        IconURI: icon?.uri ?? "",
        InvolvedObject: involvedObject ?? null,
      };
    });
}

/** The same with the keys of the YAML form: lower case, and every field of an object reference. */
export function toYamlResults(findings: readonly Finding[]): Record<string, unknown>[] {
  return toAnalyzerResults(findings).map(({ InvolvedObject: object, ...rest }) => ({
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key.toLowerCase(), value])),
    involvedobject: object && {
      kind: object.kind,
      namespace: object.namespace ?? "",
      name: object.name,
      uid: "",
      apiversion: object.apiVersion,
      resourceversion: "",
      fieldpath: "",
    },
  }));
}
