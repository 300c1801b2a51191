import { type AgentOptions, explainFindings } from "../agents/explain.ts";
import type { Finding } from "../analyze/analyzer.ts";
import { runRedactor, type RunRedactorOptions } from "../pipeline/run_redactor.ts";
import type { CliContext } from "./cli_context.ts";
import { readSecret } from "./read_secret.ts";
import { colorsFor } from "./render/color.ts";
import { explanationRecords, renderExplanations } from "./render/explanations.ts";

export interface PrintedExplanations {
  /** For a person; empty when there was nothing to explain. */
  text: string;
  /** For JSON output. */
  json: ReturnType<typeof explanationRecords>;
}

/** Has the findings of a command explained, for as long as Ctrl-C is not pressed. Warnings go to standard error.
 * @param redaction what the command hides beside the built-in rules: findings pass it before they leave this machine */
export async function explainRun(
  cli: CliContext,
  findings: readonly Finding[],
  agents: AgentOptions,
  redaction: RunRedactorOptions,
): Promise<PrintedExplanations> {
  const others = agents.agents.filter((name) => name !== "local");
  if (others.length > 0 && cli.stderr.isTerminal) await cli.stderr.write(`Asking ${others.join(" and ")} …\n`);
  const explained = await explainFindings(findings, {
    ...agents,
    secret: readSecret(cli),
    clock: cli.clock,
    signal: cli.signal,
    redactor: others.length > 0 ? runRedactor(redaction) : undefined,
  });
  const { yellow } = colorsFor(cli.stderr, cli.env);
  for (const warning of explained.warnings) await cli.stderr.write(`${yellow("Warning:")} ${warning}\n`);
  return { text: renderExplanations(explained, cli), json: explanationRecords(explained) };
}
