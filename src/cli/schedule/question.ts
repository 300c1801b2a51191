import { UsageError } from "../../core/errors.ts";
import type { CliContext } from "../cli_context.ts";

/** Asks before something is lost. Only `y` and `yes` agree.
 * @param question without the choice at its end
 * @throws {UsageError} when nobody can be asked */
export async function confirm(cli: CliContext, question: string): Promise<boolean> {
  if (!cli.stdin.isTerminal || !cli.stderr.isTerminal) {
    throw new UsageError("Nobody can be asked: this is not a terminal. Nothing was changed", "Say so with --yes");
  }
  await cli.stderr.write(`${question} [y/N] `);
  return /^y(es)?$/i.test((await cli.stdin.readLine() ?? "").trim());
}
