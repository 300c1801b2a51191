import { secretVariables } from "../credentials/secret_variables.ts";
import type { CliContext } from "./cli_context.ts";

/** The environment for what a run starts: commands of the host, plug-ins of a kubeconfig. What references of the run name is
 * not in it, and no child inherits it from this process either.
 * @param record of the run, with all its references */
export function childEnvironment(cli: CliContext, record: unknown): Record<string, string> {
  const secret = secretVariables(record);
  cli.withholdVariables?.(secret);
  return Object.fromEntries(Object.entries(cli.env).filter(([name]) => !secret.has(name)));
}
