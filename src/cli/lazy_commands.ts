import type { Command } from "commander";
import type { CliContext } from "./cli_context.ts";
import { newCommand } from "./command.ts";

/** A subcommand whose arguments, flags and action are loaded when it is called: the program's start costs the same,
 * however much its commands need. */
export interface LazyCommand {
  name: string;
  aliases?: string[];
  /** What the parent does without a subcommand. */
  isDefault?: boolean;
  /** One line, for the parent's `--help`. */
  summary: string;
  /** Loads the module that completes the command. */
  load(): Promise<DefineCommand>;
}

/** Gives a command its description, arguments, flags and action. */
export type DefineCommand = (command: Command, cli: CliContext) => void;

/** Adds subcommands to `parent`. */
export function addLazyCommands(parent: Command, cli: CliContext, commands: readonly LazyCommand[]): Command {
  const missing = new Map<Command, LazyCommand>();
  for (const lazy of commands) {
    const command = newCommand(cli, lazy.name).aliases(lazy.aliases ?? []).summary(lazy.summary);
    missing.set(command, lazy);
    parent.addCommand(command, { isDefault: lazy.isDefault });
  }
  return parent.hook("preSubcommand", async (_, command) => {
    const lazy = missing.get(command);
    if (lazy === undefined) return;
    missing.delete(command);
    (await lazy.load())(command, cli);
  });
}
