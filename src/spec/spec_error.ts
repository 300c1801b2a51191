import { EXIT } from "../core/exit_codes.ts";
import { SupportBundleError } from "../core/errors.ts";

export interface SpecErrorOptions extends ErrorOptions {
  /** True where the same source may be readable a little later: the daemon then tries again. */
  transient?: boolean;
}

/** A spec that cannot be used, with its place: `backup.yaml:12:7: …`. Nothing was collected. */
export class SpecError extends SupportBundleError {
  readonly transient: boolean;

  constructor(place: string, problem: string, hint?: string, { transient = false, cause }: SpecErrorOptions = {}) {
    const message = place === "" ? problem : `${place}: ${problem}`;
    super(message, { ...(cause === undefined ? {} : { cause }), code: "SPEC", exitCode: EXIT.spec, hint });
    this.transient = transient;
  }
}
