import type { AnalyzerResult } from "../analyze/analyzer.ts";

export type Affected = NonNullable<AnalyzerResult["affected"]>[number];

/** Objects that a result names. */
export const MAX_AFFECTED = 20;

/** The fields of a result for the objects that it is about. */
export function affectedBy(objects: readonly Affected[]): Pick<AnalyzerResult, "affected" | "affectedCount"> {
  return {
    affected: objects.slice(0, MAX_AFFECTED).map(({ kind, namespace, name }) => ({
      kind,
      ...(namespace ? { namespace } : {}),
      name,
    })),
    affectedCount: objects.length,
  };
}
