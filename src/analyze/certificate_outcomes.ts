import { SupportBundleError } from "../core/errors.ts";
import type { AnalyzerResult, Outcomes } from "./analyzer.ts";
import { badWhen } from "./condition_error.ts";
import { hiddenValue, isHidden } from "./hidden.ts";
import { type ReadOutcome, readOutcomes, toResult } from "./outcome_engine.ts";
import { isRecord, textIn } from "./stored_objects.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const HINT = "Write it as notAfter < Today + 30 days";

export interface CertificateOutcome extends ReadOutcome<unknown> {
  /** Of a warning. */
  withinDays?: number;
}

/** Reads the outcomes for certificates: `pass` is for the valid, `fail` for the others, whatever their `when`; `warn`,
 * with `when: notAfter < Today + <N> days`, for the valid that soon are no more. A warning without days is for none.
 * @throws {SpecConditionError} */
export function readCertificateOutcomes(outcomes: Outcomes | undefined): CertificateOutcome[] {
  return readOutcomes(outcomes, () => () => true).map((outcome) => {
    if (outcome.status !== "warn") return outcome;
    const match = /notAfter\s*<\s*Today(?:\s*\+\s*(\d{1,6})\s*days?\b|\s*$)/i.exec(outcome.when);
    if (match === null && outcome.when !== "") throw badWhen(outcome.when, "it does not say when to warn", HINT);
    const days = match?.[1];
    return days === undefined ? outcome : { ...outcome, withinDays: Number(days) };
  });
}

/** Judges one certificate of a chain: `{"certificate": "tls.crt", "isValid": true, "notAfter": "2027-01-01T00:00:00Z"}`.
 * A warning takes the place of a pass.
 * @param name what messages begin with; may be empty
 * @param from where it was obtained
 * @returns nothing when no outcome is for it
 * @throws {SupportBundleError} when it does not say how long it is valid */
export function judgeCertificate(
  outcomes: readonly CertificateOutcome[],
  certificate: unknown,
  { now, name, from, path }: { now: Date; name: string; from: string; path: string },
): AnalyzerResult[] {
  const valid = isRecord(certificate) ? certificate.isValid : undefined;
  if (typeof valid !== "boolean") throw unusable(`${path} does not say whether ${name || "a certificate"} is valid`);
  const says = ({ message }: CertificateOutcome, rest: string) => `${name} ${message}${rest}, ${from}`.trim();
  const results = (chosen: CertificateOutcome[], rest: (outcome: CertificateOutcome) => string = () => "") =>
    chosen.map((outcome) => toResult({ ...outcome, message: says(outcome, rest(outcome)) }, { evidence: [{ path }] }));
  if (!valid) return results(outcomes.filter(({ status }) => status === "fail"));
  const warnings = outcomes.filter(({ withinDays }) => withinDays !== undefined);
  if (warnings.length > 0) {
    const notAfter = endOf(certificate, path);
    const soon = warnings.filter(({ withinDays }) => now.getTime() + withinDays! * DAY_MS > notAfter);
    if (soon.length > 0) return results(soon, ({ withinDays }) => ` in ${withinDays} days`);
  }
  return results(outcomes.filter(({ status }) => status === "pass"));
}

function endOf(certificate: unknown, path: string): number {
  const text = textIn(certificate, "notAfter");
  const end = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(end)) return end;
  throw unusable(isHidden(text) ? hiddenValue(path) : `${path} has no time at which a certificate ends`);
}

function unusable(message: string): SupportBundleError {
  return new SupportBundleError(message, { code: "ANALYZER_INPUT" });
}
