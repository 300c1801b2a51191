import { describeError, SupportBundleError } from "../core/errors.ts";
import { EXIT } from "../core/exit_codes.ts";
import type { CliContext } from "./cli_context.ts";
import { isPrinted } from "./command.ts";
import { program } from "./program.ts";
import { colorsFor } from "./render/color.ts";

/** Runs a command line. The one place that prints an error and turns it into an exit code.
 * @param args without the name of the program
 * @returns the exit code, see docs/exit-codes.md */
export async function runCli(args: string[], cli: CliContext): Promise<number> {
  try {
    await program(cli).parseAsync(args, { from: "user" });
    return cli.exitCode;
  } catch (error) {
    if (isPrinted(error)) return error.exitCode;
    if (cli.signal.aborted && !(error instanceof SupportBundleError)) {
      await cli.stderr.write("Interrupted. Nothing was kept.\n");
      return EXIT.interrupted;
    }
    await cli.stderr.write(renderError(error, cli));
    return error instanceof SupportBundleError ? error.exitCode : EXIT.internal;
  }
}

function renderError(error: unknown, cli: CliContext): string {
  const { red } = colorsFor(cli.stderr, cli.env);
  if (error instanceof SupportBundleError) {
    const hint = error.hint === undefined ? "" : `  ${error.hint}\n`;
    return `${red("Error:")} ${error.message}\n${hint}`;
  }
  const trace = cli.env.TROUBLESHOOT_DEBUG && error instanceof Error ? `${error.stack}\n` : "";
  return `${red("Error:")} ${describeError(error)}\n` +
    `  This is a defect of support-bundle. TROUBLESHOOT_DEBUG=1 shows where it happened.\n${trace}`;
}
