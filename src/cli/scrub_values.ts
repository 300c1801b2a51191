import type { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { readValueLists, valueListReference } from "../pipeline/value_lists.ts";
import type { CliContext } from "./cli_context.ts";
import { collect } from "./command.ts";
import { colorsFor } from "./render/color.ts";

/** Adds `--scrub-values`: lists of values that are hidden wherever they are. */
export function addScrubValuesFlag(command: Command): Command {
  return command.option(
    "--scrub-values <list>",
    "hide these values, too: a file, env:NAME or -, one a line (repeatable)",
    collect,
  );
}

/** Where the lists are, for {@linkcode readScrubValues}.
 * @param specs sources of specs beside them: standard input can be read once
 * @throws {UsageError} */
export function scrubLists(cli: CliContext, specs: readonly string[], lists: readonly string[] = []): string[] {
  if (specs.includes("-") && lists.includes("-")) {
    throw new UsageError("Both a spec and --scrub-values are -: standard input can be read once", "Save one to a file");
  }
  return lists.map((text) => valueListReference(text, cli.cwd));
}

/** Reads the lists. Warnings go to standard error.
 * @throws {ValueListError} */
export async function readScrubValues(cli: CliContext, lists: readonly string[]): Promise<string[]> {
  const { values, warnings } = await readValueLists(lists, { env: cli.env, stdin: () => cli.stdin.readAll() });
  const { yellow } = colorsFor(cli.stderr, cli.env);
  for (const warning of warnings) await cli.stderr.write(`${yellow("Warning:")} ${warning}\n`);
  return values;
}
