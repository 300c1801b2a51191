import { EXIT } from "../core/exit_codes.ts";
import { SupportBundleError } from "../core/errors.ts";

/** A spec that cannot be used, with its place: `backup.yaml:12:7: …`. Nothing was collected. */
export class SpecError extends SupportBundleError {
  constructor(place: string, problem: string, hint?: string, options: ErrorOptions = {}) {
    super(place === "" ? problem : `${place}: ${problem}`, { ...options, code: "SPEC", exitCode: EXIT.spec, hint });
  }
}
