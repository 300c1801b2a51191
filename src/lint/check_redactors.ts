import { redactorListSchema } from "../redact/redactor_spec.ts";
import { findUnknownKeys } from "../spec/unknown_keys.ts";
import type { LintDocument } from "./lint_document.ts";
import { nearMiss } from "./near_miss.ts";

/** Finds the fields of redactors that there are not: a rule that is not read hides nothing. What else a redactor must be,
 * the loader says. */
export function checkRedactors(document: LintDocument): void {
  const path = ["spec", "redactors"];
  for (const { path: inside, known } of findUnknownKeys(redactorListSchema, document.value(path))) {
    const key = String(inside.at(-1));
    const place = [...path, ...inside];
    const { likely, alone } = nearMiss(key, known);
    const free = likely !== undefined && !Object.hasOwn(document.value(place.slice(0, -1)) as object, likely);
    document.report("SB208", place, `Unknown field '${inside.slice(1).join(".")}' for a redactor`, {
      which: "key",
      suggestion: likely === undefined ? `It has ${known.join(", ")}` : `Did you mean ${likely}?`,
      edits: alone && free ? document.rewrite(place, "key", likely) : undefined,
    });
  }
}
