import type { Finding } from "../analyze/analyzer.ts";
import type { Redactor } from "../redact/redactor.ts";
import { RedactionError } from "../redact/redaction_error.ts";

/** Hides in findings what would be hidden in a file: their texts are those of the spec, and go where the bundle does not, to
 * terminals, records and notifications. What cannot be redacted for certain loses its text. */
export function hideInFindings(findings: readonly Finding[], redactor: Redactor): Finding[] {
  return findings.map((finding) => hidden(finding, redactor) ?? withoutText(finding));
}

function hidden(finding: Finding, redactor: Redactor): Finding | undefined {
  try {
    const result = redactor.redactBytes("finding.json", new TextEncoder().encode(JSON.stringify(finding)));
    if (result === undefined) return undefined;
    return result.redactions.length === 0 ? finding : JSON.parse(new TextDecoder().decode(result.bytes));
  } catch (error) {
    if (error instanceof RedactionError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withoutText({ kind, where, strict, outcome }: Finding): Finding {
  const message = "left out: it could not be redacted";
  return { title: kind, kind, where, strict, outcome: { ...outcome, message } };
}
