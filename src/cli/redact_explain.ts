import type { RedactorSpec } from "../redact/redactor.ts";
import type { CliContext } from "./cli_context.ts";

export async function explainFiles(
  _cli: CliContext,
  _files: string[],
  _options: { redactors: RedactorSpec[]; output: string | undefined },
): Promise<void> {}
