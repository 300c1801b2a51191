import { Command, CommanderError, InvalidArgumentError } from "commander";
import { UsageError } from "../core/errors.ts";
import type { CliContext } from "./cli_context.ts";

/** A commander command that writes through the context and throws instead of printing: a wrong flag becomes a
 * {@linkcode UsageError}; help and version, printed already, leave as commander's own error with its exit code. */
export function newCommand(cli: CliContext, name: string): Command {
  const command: Command = new BooleanAwareCommand(name);
  return command
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void cli.stdout.write(text),
      writeErr: (text) => void cli.stderr.write(text),
      outputError: () => {}, // thrown below, printed by run_cli.ts
      getOutHelpWidth: () => helpWidth(cli.stdout.columns),
      getErrHelpWidth: () => helpWidth(cli.stderr.columns),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride((error) => {
      if (isPrinted(error)) throw error;
      throw usageError(error, command);
    });
}

/** True for the errors with which commander ends a command after it has printed help or a version. */
export function isPrinted(error: unknown): error is CommanderError {
  return error instanceof CommanderError && /^commander\.(help|version)/.test(error.code);
}

/** Parser of a flag that may stand alone or take a value: `--redact`, `--redact=false`, `--redact false`. Declare the
 * flag as `--redact [bool]`. */
export function parseBoolean(text: string): boolean {
  const value = BOOLEANS[text.toLowerCase()];
  if (value === undefined) throw new InvalidArgumentError("Write true or false.");
  return value;
}

/** Parser of a repeatable flag; give it no default. An empty value stands for an empty list. */
export function collect(value: string, before: string[] | undefined): string[] {
  return value === "" ? [] : [...before ?? [], value];
}

/** Parser of a repeatable flag that takes `k=v,k2=v2`. A value may hold `=`; a comma in a value cannot be written, but the flag can be given again. */
export function parsePairs(flag: string): (text: string, before?: Record<string, string>) => Record<string, string> {
  return (text, before) => {
    const pairs: Record<string, string> = { ...before };
    for (const part of text.split(",").map((part) => part.trim()).filter((part) => part !== "")) {
      const at = part.indexOf("=");
      if (at < 1) {
        throw new UsageError(`${flag}: "${part}" is not key=value`, `Write them as ${flag} key=value,other=value`);
      }
      pairs[part.slice(0, at).trim()] = part.slice(at + 1).trim();
    }
    return pairs;
  };
}

const BOOLEANS: Record<string, boolean> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  on: true,
  "1": true,
  false: false,
  f: false,
  no: false,
  n: false,
  off: false,
  "0": false,
};

/** Commander lets an optional value swallow the argument behind it (`--redact nightly`); here only a boolean is taken. */
class BooleanAwareCommand extends Command {
  override parseOptions(argv: string[]): ReturnType<Command["parseOptions"]> {
    const flags = this.options.filter((option) => option.parseArg === (parseBoolean as typeof option.parseArg));
    if (flags.length === 0) return super.parseOptions(argv);
    const args: string[] = [];
    for (let i = 0; i < argv.length; i++) {
      const arg = argv[i]!;
      // What is behind a subcommand is the subcommand's to read.
      if (arg === "--" || this.commands.some((it) => it.name() === arg || it.aliases().includes(arg))) {
        args.push(...argv.slice(i));
        break;
      }
      const flag = flags.find((option) => option.long === arg || option.short === arg);
      if (flag === undefined) {
        args.push(arg);
      } else {
        const next = argv[i + 1]?.toLowerCase();
        const taken = next === "true" || next === "false";
        args.push(`${flag.long}=${taken ? next : "true"}`);
        if (taken) i++;
      }
    }
    return super.parseOptions(args);
  }
}

function helpWidth(columns: number): number {
  return Number.isFinite(columns) ? Math.min(columns, 120) : 100;
}

function usageError(error: CommanderError, command: Command): UsageError {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /\(Did you mean (.+)\?\)/.exec(rest.join(" "))?.[1];
  const path: string[] = [];
  for (let c: Command | null = command; c !== null; c = c.parent) path.unshift(c.name());
  const help = `${path.join(" ")} --help shows what can be written`;
  const message = first.charAt(0).toUpperCase() + first.slice(1);
  return new UsageError(message, suggestion === undefined ? help : `Did you mean ${suggestion}?`, { cause: undefined });
}
