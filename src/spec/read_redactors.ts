import { describeError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { type PersonalData, readPersonalData } from "../redact/personal_data.ts";
import type { RedactorSpec } from "../redact/redactor.ts";
import { redactorListSchema, validateRedactorSpec } from "../redact/redactor_spec.ts";
import { describeIssue } from "./describe_issue.ts";
import type { SpecDocument } from "./spec_document.ts";
import { SpecError } from "./spec_error.ts";
import { findUnknownKeys } from "./unknown_keys.ts";

/** Reads `spec.redactors`.
 * @throws {SpecError} for everything that is not understood: a rule that is not read hides nothing */
export function readRedactors(document: SpecDocument): RedactorSpec[] {
  const value = (document.data.spec as { redactors?: unknown } | undefined)?.redactors ?? [];
  for (const { path, known } of findUnknownKeys(redactorListSchema, value)) {
    const likely = nearest(String(path.at(-1)), known);
    throw new SpecError(
      document.place(["spec", "redactors", ...path], "key"),
      `A redactor has no field "${path.slice(1).join(".")}"`,
      likely ? `Did you mean ${likely}?` : `It has ${known.join(", ")}`,
    );
  }
  const parsed = redactorListSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const path = ["spec", "redactors", ...issue.path as (string | number)[]];
    const { problem, hint } = describeIssue(issue);
    throw new SpecError(document.place(path), `${path.slice(1).join(".")} ${problem}`, hint);
  }
  parsed.data.forEach((redactor, index) => {
    try {
      validateRedactorSpec(redactor);
    } catch (cause) {
      const hint = cause instanceof Error && "hint" in cause ? cause.hint as string | undefined : undefined;
      throw new SpecError(document.place(["spec", "redactors", index]), describeError(cause), hint, { cause });
    }
  });
  return parsed.data;
}

/** Reads `spec.hide`: classes of personal data, as a list or as text with commas.
 * @throws {SpecError} for a class that there is not: it would not be hidden */
export function readHide(document: SpecDocument): PersonalData[] {
  const value = (document.data.spec as { hide?: unknown } | undefined)?.hide ?? [];
  const words = typeof value === "string" ? value.split(",") : value;
  if (!Array.isArray(words) || !words.every((word) => typeof word === "string")) {
    throw new SpecError(document.place(["spec", "hide"]), "hide is no list of words", "Write hide: [email, ip]");
  }
  try {
    return readPersonalData(words, "hide");
  } catch (cause) {
    const hint = cause instanceof Error && "hint" in cause ? cause.hint as string | undefined : undefined;
    throw new SpecError(document.place(["spec", "hide"]), describeError(cause), hint, { cause });
  }
}
