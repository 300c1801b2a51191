import { SupportBundleError } from "../core/errors.ts";

/** An agent that could not be asked, or whose answer cannot be used. It costs its explanations, never the run. */
export class AgentError extends SupportBundleError {
  constructor(message: string, hint: string, options: ErrorOptions = {}) {
    super(message, { ...options, code: "AGENT", hint });
  }
}
